"""The program's self-test, as a person starts it: files, formats, a training, a worker, the window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.app
def test_every_part_works_from_source(tmp_path: Path) -> None:
    variables = {**os.environ, "VOXELWRIGHT_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-m", "desktop_app", "--self-test", str(tmp_path / "kept")],
        cwd=ROOT, env=variables, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "All 5 parts of the program work." in done.stdout
    assert "The window opens and shows an image" in done.stderr
    assert (tmp_path / "kept" / "demo.vwproj" / "project.json").exists()
