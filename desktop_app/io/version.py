"""The program's version, which stands in ``pyproject.toml`` alone."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from desktop_app.io.licences import PROGRAM


def own_version() -> str:
    """As installed; ``0`` where the program runs from a folder that was never installed."""
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "0"
