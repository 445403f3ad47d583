"""Write the licences of all packages that the program stands on into one file, for a bundle.

    .venv/bin/python installer/licences.py THIRD_PARTY_LICENCES.txt [PARTS.json]

PARTS.json names what is bundled and is no Python package (`bundled_parts.py`). About in the window shows the same. A
package that states no licence at all ends it with status 1, so that nobody ships what may not be shipped.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Write the file; 0 if each package states its licence."""
    from desktop_app.io.licences import bundled_parts, libraries_of, licence_report

    if len(arguments) not in (1, 2):
        print("Usage: python installer/licences.py FILE [PARTS]", file=sys.stderr)
        return 2
    libraries = libraries_of()
    others = [part for name in arguments[1:] for part in bundled_parts(Path(name))]
    Path(arguments[0]).write_text(licence_report([*libraries, *others]), encoding="utf-8")
    silent = [library.name for library in libraries if not library.licence and not library.texts]
    for name in silent:
        print(f"{name} states no licence.", file=sys.stderr)
    print(f"{len(libraries)} packages and {len(others)} other parts, written to {arguments[0]}")
    return 1 if silent or not libraries else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
