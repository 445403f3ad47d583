"""Write the licences of all packages that the program stands on into one file, for a bundle.

    .venv/bin/python installer/licences.py THIRD_PARTY_LICENCES.txt

About in the window shows the same. A package that states no licence at all ends it with status 1, so that nobody ships
what may not be shipped.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Write the file; 0 if each package states its licence."""
    from desktop_app.io.licences import libraries_of, licence_report

    if len(arguments) != 1:
        print("Usage: python installer/licences.py FILE", file=sys.stderr)
        return 2
    libraries = libraries_of()
    Path(arguments[0]).write_text(licence_report(libraries), encoding="utf-8")
    silent = [library.name for library in libraries if not library.licence and not library.texts]
    for name in silent:
        print(f"{name} states no licence.", file=sys.stderr)
    print(f"{len(libraries)} packages, written to {arguments[0]}")
    return 1 if silent or not libraries else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
