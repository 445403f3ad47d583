"""The built program, and how it is started: away from this Python and from the user's own files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUT = Path(os.environ.get("VOXELWRIGHT_BUILT", ROOT / "build" / "installers"))
FOLDER = OUT / "Voxelwright"
NAME = "voxelwright.exe" if sys.platform == "win32" else "voxelwright"
PROGRAM = next(iter(FOLDER.glob(f"runtime-*/{NAME}")), None)
ONLY_BUILT = [pytest.mark.bundle, pytest.mark.skipif(PROGRAM is None, reason="the program is not built here")]
_HIDDEN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "VOXELWRIGHT_LAYERS")


def run(home: Path, *arguments: str, patience: float = 280, **more: str) -> subprocess.CompletedProcess[str]:
    """Start the built program and wait for its end, for some seconds."""
    assert PROGRAM is not None
    home.mkdir(exist_ok=True)
    variables = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    variables |= {"VOXELWRIGHT_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", **more}
    command = [str(PROGRAM), *arguments]
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=patience, check=False, cwd=home.parent
    )
