"""``voxelwright propose`` end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command


@pytest.fixture
def image(tmp_path: Path) -> Path:
    array = np.full((5, 60, 80), 50, np.uint8)
    array[1:4, 15:35, 10:30] = array[1:4, 15:35, 45:65] = 200
    tifffile.imwrite(tmp_path / "image.tif", array, imagej=True, metadata={"axes": "ZYX"})
    return tmp_path / "image.tif"


def test_objects_are_added_one_by_one(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, both = image.with_name("first.tif"), image.with_name("both.tif")
    assert run_command(["propose", str(image), "--at", "2,25,20", "--through", "--out", str(first)]) == 0
    assert "Object 1 has" in capsys.readouterr().out
    found = tifffile.imread(first)
    assert found.shape == (5, 60, 80)
    assert (found > 0).any(axis=(1, 2)).tolist() == [False, True, True, True, False]
    said = ["propose", str(image), "--at", "2,25,55", "--without", "2,50,70", "--labels", str(first)]
    assert run_command([*said, "--out", str(both)]) == 0
    found = tifffile.imread(both)
    assert found[2, 20:30, 50:60].min() == found.max() == 2
    assert found[2, 20:30, 15:25].max() == 1
    assert run_command([*said[:3], "2,25,20", "--labels", str(first), "--out", str(both)]) == 0
    assert "Nothing new was found" in capsys.readouterr().out


def test_an_object_is_corrected(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, out = image.with_name("wrong.tif"), image.with_name("right.tif")
    labels = np.zeros((5, 60, 80), np.uint16)
    labels[2, 15:35, 10:65] = 7  # over the gap between the two squares
    labels[4, 40:50, 40:50] = 7
    tifffile.imwrite(wrong, labels, imagej=True, metadata={"axes": "ZYX"})
    said = ["propose", str(image), "--labels", str(wrong), "--correct", "--out", str(out)]
    assert run_command([*said, "--at", "2,25,20", "--without", "2,25,37"]) == 0
    assert "Object 7 has" in capsys.readouterr().out
    found = tifffile.imread(out)
    assert set(np.unique(found)) == {0, 7}
    assert (found[2, 18:32, 12:28] == 7).all()
    assert not found[2, 18:32, 36:39].any()
    assert (found[4] == labels[4]).all()
    assert run_command([*said, "--at", "2,50,5"]) == 2
    assert "Nothing is labelled at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--at", "here"], "is no voxel"),
        (["--at", "9,1,1"], "no voxel"),
        (["--at", "2,25,20", "--by", "magic"], "not valid"),
        (["--at", "2,25,20", "--by", "model"], "No model was named"),
        (["--at", "2,25,20", "--by", "model", "--model", "none"], "no model “none”"),
        (["--at", "2,25,20", "--channel", "3"], "has 1 channel, counted from 0"),
    ],
)
def test_wrong_words_are_explained(
    image: Path, wrong: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = image.with_name("out.tif")
    assert run_command(["propose", str(image), "--out", str(out), *wrong]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_an_object_of_a_movie_is_labelled_at_its_time_point(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = tifffile.imread(image)
    film = image.with_name("film.tif")
    tifffile.imwrite(film, np.stack([once, once[:, :, ::-1]]), imagej=True, metadata={"axes": "TZYX"})
    first, both = image.with_name("first.tif"), image.with_name("both.tif")
    said = ["propose", str(film), "--at", "2,25,68"]
    assert run_command([*said, "--time", "2", "--out", str(first)]) == 0
    found = tifffile.imread(first)
    assert found.shape == (2, 5, 60, 80)
    assert not found[0].any()
    assert found[1, 2, 20:30, 60:70].min() == 1
    assert run_command([*said[:3], "2,25,20", "--labels", str(first), "--out", str(both)]) == 0
    again = tifffile.imread(both)
    assert np.array_equal(again[1], found[1]), "what is labelled at other time points stays"
    assert again[0, 2, 20:30, 15:25].min() == 2
    assert run_command([*said, "--time", "3", "--out", str(image.with_name("none.tif"))]) == 2
    assert "There is no time point 3: film.tif has 2." in " ".join(capsys.readouterr().err.split())
