"""Where the files that come with the program lie: icons, manual, pictures, the catalogue of models."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """A file or folder under ``resources/``, beside the package or inside the built program."""
    base = getattr(sys, "_MEIPASS", None)
    root = Path(base) if base else Path(__file__).resolve().parents[2]
    return root.joinpath("resources", *parts)
