"""The built program, where there is one: `installer/build.py linux` makes it, `VOXELWRIGHT_BUILT` names its folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("VOXELWRIGHT_BUILT", ROOT / "build" / "installers")) / "Voxelwright"
NAME = "voxelwright.exe" if sys.platform == "win32" else "voxelwright"
PROGRAM = next(iter(FOLDER.glob(f"runtime-*/{NAME}")), None)

pytestmark = [pytest.mark.bundle, pytest.mark.skipif(PROGRAM is None, reason="the program is not built here")]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    assert PROGRAM is not None
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "VOXELWRIGHT_LAYERS")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    variables |= {"VOXELWRIGHT_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", **more}
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=home.parent,
    )


def test_it_tests_itself(home: Path) -> None:
    done = run(home, "--self-test")
    assert done.returncode == 0, done.stderr
    assert "All 4 parts of the program work." in done.stdout


def test_it_says_the_version_of_its_own_app_layer(home: Path) -> None:
    done = run(home, "--version")
    assert done.stdout.split()[0] == "Voxelwright", done.stderr


def test_commands_work_and_mistakes_are_sentences(home: Path) -> None:
    assert "Exit status" in run(home, "train", "--help").stdout
    wrong = run(home, "info", "nothing.tif")
    assert wrong.returncode != 0
    assert "Traceback" not in wrong.stderr


def test_the_window_starts_without_torch_and_ends(home: Path) -> None:
    done = run(home, VOXELWRIGHT_QUIT_AFTER_MS="500")
    assert done.returncode == 0, done.stderr
    assert "Closed" in (home / "logs" / "voxelwright.log").read_text(encoding="utf-8")


def test_a_damaged_update_gives_way_to_the_installed_program(home: Path) -> None:
    layers = home / "layers"
    layers.mkdir(parents=True)
    (layers / "layers.json").write_text('{"app": {"folder": "app-9-x"}, "gpu": {"folder": "gpu-x"}}', encoding="ascii")
    assert run(home, "--version").returncode == 0


def test_licences_of_all_parts_are_inside() -> None:
    text = (FOLDER / "LICENCES.txt").read_text(encoding="utf-8")
    assert all(name in text for name in ("torch", "PySide6", "numpy", "scikit-image"))
