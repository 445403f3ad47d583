"""The windows of the built program about itself, used as a user does: welcome, a crash, About, the computer, parts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.bundle.built import FOLDER, ONLY_BUILT, run
from tests.bundle.test_layers import STAND_IN, packed
from tests.file_server import file_server

_PATIENCE = 1200  # s: six windows, one of which measures for ten seconds, on a computer that others use as well
pytestmark = [*ONLY_BUILT, pytest.mark.timeout(_PATIENCE + 60)]
_BEHIND = """

_own_first_steps = first_steps


def first_steps(window, paths):
    _own_first_steps(window, paths)
    import os, runpy
    runpy.run_path(os.environ["VOXELWRIGHT_DRIVER"])["drive"](window)
"""
_DRIVER = Path(__file__).with_name("driver.py")


@pytest.fixture
def seen(tmp_path: Path) -> dict[str, Any]:
    """What the windows said; a copy of the app layer does what the user would do."""
    home, notes = tmp_path / "home", tmp_path / "seen.json"
    app = home / "layers" / "app-driven"
    shutil.copytree(FOLDER / "app", app)
    for compiled in (app / "desktop_app/gui/__pycache__").glob("first_steps.*"):
        compiled.unlink()
    with (app / "desktop_app/gui/first_steps.py").open("a", encoding="utf-8") as file:
        file.write(_BEHIND)
    state = {"app": {"folder": app.name, "confirmed": True}}
    (home / "layers" / "layers.json").write_text(json.dumps(state), encoding="ascii")
    facts = json.loads((app / "app.json").read_text(encoding="utf-8"))
    torch = tmp_path / "layer" / "torch" / "__init__.py"
    torch.parent.mkdir(parents=True)
    torch.write_text(STAND_IN, encoding="ascii")
    packed(tmp_path / "gpu", tmp_path / "layer", kind="gpu", version="2.13.0", runtime=facts["runtime"])
    packed(tmp_path / "update", tmp_path / "layer", kind="app", version="99.0.0", runtime=facts["runtime"])
    shutil.copytree(tmp_path / "update", tmp_path / "forged")
    (manifest,) = (tmp_path / "forged").glob("*.json")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("99.0.0", "98.0.0"), encoding="utf-8")
    sources = {name: tmp_path / name for name in ("gpu", "update", "forged")}
    files = {f"/{name}/{path.name}": path.read_bytes() for name, one in sources.items() for path in one.iterdir()}
    with file_server(files=files) as server:
        tried = {f"VOXELWRIGHT_TRY_{name.upper()}": server.url(f"/{name}") for name in sources}
        done = run(home, patience=_PATIENCE, VOXELWRIGHT_DRIVER=str(_DRIVER), VOXELWRIGHT_SEEN=str(notes), **tried)
    assert notes.exists(), done.stderr
    found: dict[str, Any] = json.loads(notes.read_text(encoding="utf-8"))
    assert "error" not in found, found["error"]
    return found


def test_the_windows_about_the_program(seen: dict[str, Any], tmp_path: Path) -> None:
    assert "Find nuclei now" in seen["welcome"]
    assert str(tmp_path / "home") in seen["welcome"]
    assert "RuntimeError: made to fail" in seen["crash"]
    assert "Voxelwright" in seen["crash"]
    parts = {name for name, _, _ in seen["about"]}
    assert {"torch", "PySide6_Essentials", "numpy", "Python"} <= parts
    assert all(len(text) > 100 for text in seen["licences"])
    assert "training steps a second" in seen["computer"]
    assert str(tmp_path) not in seen["computer"]
    assert "PyTorch 2.13.0 for GPUs" in seen["gpu found"]
    assert "Stand-in 3000 computes" in seen["gpu"]
    assert "Version 99.0.0" in seen["update"]
    assert "not signed by the makers" in seen["forged"]
