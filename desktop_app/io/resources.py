"""Where the files that come with the program lie: icons, manual, pictures, the catalogue of models."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """A file or folder under ``resources/``: inside the built program or an installed package, else beside it."""
    built = getattr(sys, "_MEIPASS", None)
    package = Path(__file__).resolve().parents[1]
    inside = Path(built) if built else package
    root = inside if (inside / "resources").is_dir() else package.parent
    return root.joinpath("resources", *parts)
