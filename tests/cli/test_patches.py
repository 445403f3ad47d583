"""``voxelwright patches`` end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from desktop_app.cli.app import run_command
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.datasets import recognise
from desktop_app.io.datasets.flipbooks import flipbooks_in
from desktop_app.io.images.registry import open_volume, write_volume


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    """A textured cube of near cubic voxels."""
    voxels = np.random.default_rng(0).integers(0, 255, (70, 100, 90)).astype(np.uint8)
    volume = Volume.from_array(voxels, voxel_size=VoxelSize(z=5, y=5, x=5, unit="nm"))
    write_volume(tmp_path / "cell.tif", volume.source, volume)
    return tmp_path / "cell.tif"


def test_patches_are_written_with_their_labels(cell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = cell.parent / "out"
    chosen = ["--set", "number=5", "--set", "size=64", "--set", "planes=all", "--set", "seed=2"]
    assert run_command(["patches", str(cell), "--out", str(out), "--labels", str(cell), *chosen]) == 0
    assert "5 patches of 5 wanted" in capsys.readouterr().out
    assert len(list((out / "cell" / "images").iterdir())) == 5
    layout = recognise(out)
    assert layout is not None
    assert len(layout.pairs) == 5


def test_events_and_the_result_come_as_json(cell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = cell.parent / "out"
    assert run_command(["patches", str(cell), "--out", str(out), "--set", "size=64", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines[-1]["patches"]) == 16


def test_a_damaged_image_is_a_failed_case(cell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = cell.parent / "bad.tif"
    bad.write_bytes(cell.read_bytes()[:9000])
    assert run_command(["patches", str(cell), str(bad), "--out", str(cell.parent / "out"), "--set", "size=64"]) == 1
    assert run_command(["patches", str(bad), "--out", str(cell.parent / "none")]) == 1
    assert "bad.tif" in capsys.readouterr().err
    assert not (cell.parent / "none").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--set", "size=100"],
        ["--set", "number=0"],
        ["--set", "plane=xy,xz"],
        ["--labels", "a.tif", "--labels", "b.tif"],
        ["--labels", "missing.tif"],
    ],
)
def test_wrong_settings_end_with_2_and_write_nothing(cell: Path, wrong: list[str]) -> None:
    assert run_command(["patches", str(cell), "--out", str(cell.parent / "out"), *wrong]) == 2
    assert not (cell.parent / "out").exists()


def test_help_lists_the_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run_command(["patches", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "1 to 3200" in shown
    assert "in steps of 16" in shown
    assert "auto or xy or all" in shown


def test_patches_are_added_to_those_that_are_there(cell: Path) -> None:
    out = cell.parent / "out"
    fixed = ["patches", str(cell), "--out", str(out), "--set", "size=64", "--set", "number=3"]
    assert run_command(fixed) == 0
    assert run_command(fixed) != 0, "nothing is written over"
    assert run_command([*fixed, "--add"]) == 0
    assert len(list(out.rglob("*.tif"))) == 6


def test_flipbooks_are_picked_and_their_slices_stored(cell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flipbooks, out = cell.parent / "flipbooks", cell.parent / "out"
    chosen = ["--set", "number=3", "--set", "size=64", "--set", "kind=flipbook", "--set", "planes=xy"]
    assert run_command(["patches", str(cell), "--out", str(flipbooks), "--labels", str(cell), *chosen]) == 0
    assert run_command(["store-patches", str(flipbooks), "--out", str(out), "--layout", "two folders"]) == 0
    assert "3 patches with labels" in capsys.readouterr().out
    assert all(open_volume(file).shape == (1, 64, 64) for file in (out / "images").iterdir())
    assert run_command(["store-patches", str(flipbooks), "--out", str(out), "--add"]) == 0
    assert len(list((out / "labels").iterdir())) == 6
    assert run_command(["store-patches", str(flipbooks), "--out", str(out)]) != 0
    assert run_command(["store-patches", str(flipbooks), "--out", str(out), "--layout", "pile"]) != 0
    assert "no layout “pile”" in capsys.readouterr().err


def test_slices_above_and_below_alone_make_stacks_as_before(cell: Path) -> None:
    out = cell.parent / "out"
    chosen = ["--set", "number=1", "--set", "size=64", "--set", "neighbours=2", "--set", "planes=xy"]
    assert run_command(["patches", str(cell), "--out", str(out), *chosen]) == 0
    (file,) = out.rglob("*.tif")
    assert open_volume(file).shape[0] > 1
    assert flipbooks_in(out) == {}
