"""A model is tried on a part of an image by command, as in the window."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from tests.jobs.batch.test_together import SHAPE, model

CLASSES = ["--set", "decode.objects=classes", "--device", "cpu"]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    values = np.random.default_rng(1).integers(0, 1000, SHAPE).astype(np.uint16)
    metadata = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(tmp_path / "in.tif", values, imagej=True, metadata=metadata, resolution=(2, 2))
    return tmp_path / "in.tif"


def test_a_box_gets_the_labels_that_a_batch_gives_it(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(model(tmp_path, 1))
    depth, height, width = SHAPE
    box = f"2:{width - 3},1:{height},0:{depth}"
    out = tmp_path / "tried.tif"
    assert run_command(["preview", str(image), "--model", path, "--out", str(out), "--region", box, *CLASSES]) == 0
    said = capsys.readouterr().out
    assert f"{width - 5} × {height - 1}" in said
    assert "from x 2, y 1, z 0" in said
    batch = ["infer", "--input", str(image), "--model", path, "--output", str(tmp_path / "all"), *CLASSES]
    assert run_command(batch) == 0
    whole = open_labels(tmp_path / "all" / "in.tif").read()
    np.testing.assert_array_equal(open_labels(out).read(), whole[:, 1:, 2:-3])
    assert open_labels(out).voxel_size.same_as(open_volume(image).voxel_size)


def test_without_a_region_it_is_the_middle_slice(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tried.tif"
    command = ["preview", str(image), "--model", str(model(tmp_path, 1)), "--out", str(out), "--json", *CLASSES]
    assert run_command(command) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert open_labels(out).shape == (1, *SHAPE[1:])
    assert told["region"]["start"][0] == SHAPE[0] // 2


def test_of_a_picture_without_depth_no_slice_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "flat.tif", np.random.default_rng(1).integers(0, 1000, SHAPE[1:]).astype(np.uint16))
    command = ["preview", str(tmp_path / "flat.tif"), "--model", str(model(tmp_path, 1)), *CLASSES]
    assert run_command([*command, "--out", str(tmp_path / "tried.tif")]) == 0
    assert "px from x 0, y 0, in" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--region", "900:910,0:5,0:1"], "The region lies outside the image"),
        (["--region", "5"], "is no region"),
        (["--time", "3"], "there is no number 3"),
        (["--set", "decode.threshold=7"], "threshold"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    out = tmp_path / "tried.tif"
    assert run_command(["preview", str(image), "--model", str(model(tmp_path, 1)), "--out", str(out), *more]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_a_box_is_seen_in_the_channel_and_the_tiles_of_the_batch(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 1000, (SHAPE[0], 2, *SHAPE[1:])).astype(np.uint16)
    tifffile.imwrite(tmp_path / "two.tif", values, imagej=True, metadata={"axes": "ZCYX"})
    path, found = str(model(tmp_path, 1)), []
    for place, more in enumerate((["channels=0"], ["channels=1"], ["channels=1", "tiling.tile=1,8,8"])):
        settings = [word for setting in more for word in ("--set", setting)] + CLASSES
        depth, height, width = SHAPE
        box = f"0:{width},0:{height},0:{depth}"
        out = tmp_path / f"tried{place}.tif"
        command = ["preview", str(tmp_path / "two.tif"), "--model", path, "--out", str(out), "--region", box]
        assert run_command([*command, *settings]) == 0
        batch = ["infer", "--input", str(tmp_path / "two.tif"), "--model", path, "--output", str(tmp_path / str(place))]
        assert run_command([*batch, *settings]) == 0
        found.append(open_labels(out).read())
        np.testing.assert_array_equal(found[-1], open_labels(tmp_path / str(place) / "two.tif").read())
    assert not np.array_equal(found[0], found[1])
