"""The built program, where there is one: `installer/build.py linux` makes it, `VOXELWRIGHT_BUILT` names its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundle.built import FOLDER, ONLY_BUILT, run

pytestmark = ONLY_BUILT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


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
