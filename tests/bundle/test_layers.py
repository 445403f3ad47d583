"""Updates and GPU layers with the built program itself."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.bundle.built import FOLDER, ONLY_BUILT, OUT, ROOT, run

pytestmark = ONLY_BUILT
STAND_IN = """
class cuda:
    is_available = staticmethod(lambda: True)
    get_device_name = staticmethod(lambda number: "Stand-in 3000")

class ones:
    def __init__(self, count, device): self.count = count
    def sum(self): return self
    def item(self): return float(self.count)
"""


def packed(folder: Path, source: Path, **facts: object) -> Path:
    sys.path.insert(0, str(ROOT / "installer"))
    try:
        import layer_files
    finally:
        sys.path.pop(0)
    layer_files.pack_layer(source, facts, folder, layer_files.signing_key(OUT))
    return folder


def test_an_update_runs_at_the_next_start_and_is_undone(tmp_path: Path) -> None:
    home, app = tmp_path / "home", tmp_path / "app"
    shutil.copytree(FOLDER / "app", app)
    facts = json.loads((app / "app.json").read_text(encoding="utf-8"))
    (app / "app.json").write_text(json.dumps(facts | {"version": "99.0.0"}), encoding="utf-8")
    metadata = next(app.glob("voxelwright-*.dist-info"))
    text = (metadata / "METADATA").read_text(encoding="utf-8")
    (metadata / "METADATA").write_text(
        text.replace(f"Version: {facts['version']}", "Version: 99.0.0"), encoding="utf-8"
    )
    source = packed(tmp_path / "update", app, kind="app", version="99.0.0", runtime=facts["runtime"])
    before = run(home, "--version").stdout
    done = run(home, "update", "--from", str(source), "--yes")
    assert done.returncode == 0, done.stderr
    assert run(home, "--version").stdout.split() == ["Voxelwright", "99.0.0"]
    assert run(home, "update", "--back").returncode == 0
    assert run(home, "--version").stdout == before


def test_a_gpu_layer_is_tried_and_without_a_driver_not_used(tmp_path: Path) -> None:
    home, layer = tmp_path / "home", tmp_path / "layer"
    (layer / "torch").mkdir(parents=True)
    (layer / "torch" / "__init__.py").write_text(STAND_IN, encoding="ascii")
    runtime = json.loads((FOLDER / "app" / "app.json").read_text(encoding="utf-8"))["runtime"]
    source = packed(tmp_path / "gpu", layer, kind="gpu", version="2.13.0", runtime=runtime)
    done = run(home, "gpu-support", "--from", str(source), "--yes")
    assert done.returncode == 0, done.stderr
    assert "Stand-in 3000" in done.stdout
    report = run(home, "check-computer", "--seconds", "0.3")
    if Path("/proc/driver/nvidia").exists():
        pytest.skip("a driver answers here, and the stand-in cannot compute")
    assert "training steps a second" in report.stdout, report.stderr
    assert "driver is not there" in report.stdout
    assert run(home, "gpu-support", "--remove").returncode == 0
    assert not list((home / "layers").glob("gpu-*"))
