"""Set Voxelwright up and start it, or test it, from nothing but Python.

    python3 installer/bootstrap.py run  [-- ARGUMENTS]   open the window (without a display: the demo)
    python3 installer/bootstrap.py test [-- ARGUMENTS]   ruff, mypy, import-linter, then pytest
    python3 installer/bootstrap.py fuzz [-- ARGUMENTS]   tests that draw examples: many new ones, for longer
    python3 installer/bootstrap.py setup                 only install
    python3 installer/bootstrap.py check                 only ruff, mypy and import-linter

Standard library only. Everything is installed into the folder .venv beside this folder, and only there.
This file keeps to old syntax, so that an old Python can still say what is wrong.
"""

import shutil
import sys

SUPPORTED = ((3, 11), (3, 12), (3, 13))


def python_problem(version: "tuple[int | str, ...]") -> "str | None":
    """Say why this Python cannot be used, or return None."""
    if tuple(version[:2]) in SUPPORTED:
        return None
    problem = "Voxelwright needs Python 3.11, 3.12 or 3.13, and this is Python {}.{}.".format(*version[:2])
    for name in ("python3.13", "python3.12", "python3.11"):
        if shutil.which(name):
            return problem + " Start it with: " + name + " installer/bootstrap.py run"
    return problem + " Install one of them from python.org or your package manager."


def main(arguments: "list[str] | None" = None) -> int:
    """Run one of the commands and return its exit status."""
    problem = python_problem(sys.version_info)
    if problem:
        print("Error: " + problem, file=sys.stderr)
        return 2
    import commands

    return commands.run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
