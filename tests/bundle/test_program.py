"""The built program, where there is one: `installer/build.py linux` makes it, `VOXELWRIGHT_BUILT` names its folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.io.licences import PARTS_FILE, bundled_parts
from tests.bundle.built import FOLDER, ONLY_BUILT, run

pytestmark = ONLY_BUILT
ONLY_LINUX = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("readelf"), reason="reads Linux's libraries"
)
OF_EVERY_DESKTOP = (
    "libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libutil.so", "libresolv.so", "ld-linux", "libGL.so",
    "libEGL.so", "libX11.so", "libX11-xcb.so", "libxcb.so", "libfontconfig.so", "libfreetype.so", "libdbus-1.so",
    "libglib-2.0.so", "libgthread-2.0.so", "libxkbcommon.so", "libxkbcommon-x11.so",
)  # fmt: skip
"""As `installer/linux_packages.py` names their packages; glibc is the floor that is stated."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_it_tests_itself(home: Path) -> None:
    done = run(home, "--self-test")
    assert done.returncode == 0, done.stderr
    assert "All 5 parts of the program work." in done.stdout


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
    beside = bundled_parts(FOLDER / PARTS_FILE)
    assert "Python" in {part.name for part in beside}
    assert all(part.texts[0] for part in beside)
    names = ["torch", "PySide6", "numpy", "scikit-image", *(f"{part.name} {part.version}" for part in beside)]
    assert [name for name in names if name not in text] == []


@ONLY_LINUX
def test_it_starts_on_systems_as_old_as_it_says() -> None:
    facts = json.loads(next(FOLDER.glob("runtime-*/runtime.json")).read_text(encoding="utf-8"))
    asked = {tuple(map(int, found)) for path in _libraries() for found in _asked_of_glibc(path)}
    assert max(asked) <= tuple(map(int, facts["libc"].split(".")))


@ONLY_LINUX
def test_every_library_that_a_library_needs_is_inside_or_on_every_desktop() -> None:
    """Nothing has to be copied by hand, and nothing works only because the build's system has it."""
    inside = {path.name for path in _libraries()} | {path.name for path in FOLDER.rglob("*.so*") if path.is_symlink()}
    missing = {
        f"{path.name}: {name}"
        for path in _libraries()
        for name in _needed(path)
        if name not in inside and not name.startswith(OF_EVERY_DESKTOP)
    }
    assert missing == set()


def _libraries() -> list[Path]:
    files = (path for path in FOLDER.rglob("*.so*") if path.is_file() and not path.is_symlink())
    return [path for path in files if _begins_with(path, b"\x7fELF")]


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _needed(path: Path) -> list[str]:
    shown = subprocess.run(["readelf", "-d", str(path)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", shown)


def _asked_of_glibc(path: Path) -> list[tuple[bytes, bytes]]:
    return re.findall(rb"GLIBC_(\d+)\.(\d+)", path.read_bytes())
