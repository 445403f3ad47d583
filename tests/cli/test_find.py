from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom


def test_nuclei_are_found_by_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = nuclei_phantom(PhantomParameters((1, 100, 100), 10, 10.0, 0.3), seed=4)
    tifffile.imwrite(tmp_path / "cells.tif", made.image[0])
    labels = tmp_path / "labels.tif"
    assert run_command(["find", str(tmp_path / "cells.tif"), "--out", str(labels), "--object-size", "20"]) == 0
    assert "objects with nuclei2d" in capsys.readouterr().out
    assert len(np.unique(tifffile.imread(labels))) > 3


def test_nuclei_are_looked_for_in_the_channel_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = nuclei_phantom(PhantomParameters((1, 100, 100), 10, 10.0, 0.3), seed=4)
    both = np.stack([np.zeros_like(made.image[0]), made.image[0]])
    tifffile.imwrite(tmp_path / "two.tif", both, imagej=True, metadata={"axes": "CYX"})
    command = ["find", str(tmp_path / "two.tif"), "--out", str(tmp_path / "l.tif"), "--channel"]
    assert run_command([*command, "2"]) == 0
    assert "one of 2 channels: Channel 2" in capsys.readouterr().err
    assert len(np.unique(tifffile.imread(tmp_path / "l.tif"))) > 3
    assert run_command([*command, "3"]) == 2
    assert "two.tif has no channel 3" in capsys.readouterr().err


def test_noise_is_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    assert run_command(["find", str(tmp_path / "noise.tif"), "--out", str(tmp_path / "l.tif")]) == 0
    assert "This looks like noise" in capsys.readouterr().err


def test_what_was_found_is_told_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "even.tif", np.zeros((40, 40), np.uint8))
    assert run_command(["find", str(tmp_path / "even.tif"), "--out", str(tmp_path / "l.tif"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["objects"] == 0
    assert result["object_size"] is None


@pytest.mark.parametrize(("given", "status"), [(["gone.tif"], 2), (["cells.tif", "--object-size", "1"], 2)])
def test_what_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], status: int
) -> None:
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("cells.tif", np.zeros((8, 8), np.uint8))
    assert run_command(["find", *given, "--out", "l.tif"]) == status
    assert not Path("l.tif").exists()
