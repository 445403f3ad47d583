"""``voxelwright pixels`` end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    image, strokes = np.full((60, 60), 20, np.uint8), np.zeros((60, 60), np.uint8)
    image[20:40, 20:40] = 200
    strokes[30, 22:38], strokes[5, 5:50] = 1, 3
    tifffile.imwrite(tmp_path / "image.tif", image)
    tifffile.imwrite(tmp_path / "strokes.tif", strokes)
    return tmp_path / "image.tif", tmp_path / "strokes.tif"


def test_a_model_is_learned_and_run(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    image, strokes = files
    model, out = image.parent / "m.vwmodel", image.parent / "out"
    said = ["--class", "1=Cell", "--background", "3", "--set", "largest_px=4"]
    assert run_command(["pixels", str(image), "--strokes", str(strokes), "--out", str(model), *said]) == 0
    assert "Learned from 61 pixels" in capsys.readouterr().out
    assert run_command(["infer", "--model", str(model), "--input", str(image), "--output", str(out)]) == 0
    found = tifffile.imread(next(out.rglob("image*.tif*"))).squeeze()
    assert found[30, 30] == 1
    assert found[5, 5] == 0


@pytest.mark.parametrize("wrong", [["--class", "Cell"], ["--class", "0=Cell"], ["--set", "largest_px=1"]])
def test_wrong_words_are_explained(files: tuple[Path, Path], wrong: list[str]) -> None:
    image, strokes = files
    out = image.parent / "m.vwmodel"
    assert run_command(["pixels", str(image), "--strokes", str(strokes), "--out", str(out), *wrong]) == 2
    assert not out.exists()


def test_each_image_needs_its_strokes(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    image, strokes = files
    out = str(image.parent / "m.vwmodel")
    assert run_command(["pixels", str(image), str(image), "--strokes", str(strokes), "--out", out]) == 2
    assert "2 images, but 1 files" in capsys.readouterr().err
