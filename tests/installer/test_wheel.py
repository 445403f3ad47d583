"""The package that pip builds holds all that the program needs to run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("desktop_app", "resources", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("setuptools", minversion="77")  # as pyproject.toml asks
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "--no-index"]
    answer = subprocess.run(
        [*command, "-w", str(folder / "wheels"), str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    return next((folder / "wheels").glob("voxelwright-*.whl"))


def test_manual_icons_and_models_are_inside(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert f"desktop_app/{path.relative_to(ROOT).as_posix()}" in inside


def test_nothing_else_of_the_project_is_installed(wheel: Path) -> None:
    first = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in first if not name.endswith(".dist-info")} == {"desktop_app"}


def test_an_installed_program_finds_its_manual(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = "from desktop_app.io.resources import resource; print(resource('help', 'contents.txt').read_text('utf-8'))"
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.stdout.strip() == (ROOT / "resources/help/contents.txt").read_text("utf-8").strip(), answer.stderr
