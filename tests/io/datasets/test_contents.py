"""What is found in a folder that is added."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.gui.projects.adding_questions import deeper_question, labels_question
from desktop_app.io.datasets.contents import look_into


def write(path: Path, dtype: type = np.uint8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.zeros((4, 20, 24), dtype), imagej=True, metadata={"axes": "ZYX"})
    return path.absolute()


def test_images_and_labels_in_two_folders_belong_together(tmp_path):
    a, b, c = (write(tmp_path / "images" / f"{name}.tif") for name in "abc")
    for name in "ab":
        write(tmp_path / "labels" / f"{name}.tif", np.uint16)
    lone = write(tmp_path / "labels" / "zzz.tif", np.uint16)
    found = look_into(tmp_path)
    assert set(found.images) == {a, b, c}
    assert lone not in found.images
    assert {path: Path(str(pair.labels)).name for path, pair in found.labelled.items()} == {a: "a.tif", b: "b.tif"}


def test_given_parts_are_kept(tmp_path):
    image = write(tmp_path / "val" / "images" / "a.tif")
    write(tmp_path / "val" / "labels" / "a.tif", np.uint16)
    write(tmp_path / "train" / "images" / "b.tif")
    write(tmp_path / "train" / "labels" / "b.tif", np.uint16)
    assert look_into(tmp_path).labelled[image].role == "validation"


def test_masks_beside_their_images_are_no_images(tmp_path):
    image = write(tmp_path / "cell.tif")
    write(tmp_path / "cell_mask.tif", np.uint16)
    assert look_into(tmp_path).images == (image,)


def test_a_folder_of_images_is_just_that(tmp_path):
    image = write(tmp_path / "a.tif")
    write(tmp_path / "deeper" / "b.tif")
    found = look_into(tmp_path)
    assert (found.images, found.labelled, found.deeper) == ((image,), {}, ())


def test_images_further_inside_are_found_in_counting_order(tmp_path):
    files = [write(tmp_path / "exp" / f"day{day}" / "a.tif") for day in (2, 10)]
    write(tmp_path / "exp" / ".hidden" / "b.tif")
    write(tmp_path / "exp" / "cells.vwproj" / "labels" / "c.tif")
    write(tmp_path / "exp" / "found" / "day1.tif")
    for name in ("config.json", "summary.csv"):
        (tmp_path / "exp" / "found" / name).touch()
    deep = tmp_path.joinpath(*"12345")
    write(deep / "too deep.tif")
    (tmp_path / "exp" / "round").symlink_to(tmp_path, target_is_directory=True)
    found = look_into(tmp_path)
    assert (found.images, found.deeper, found.every) == ((), tuple(files), tuple(files))
    assert "2 images in 2 folders" in deeper_question(tmp_path, found.deeper)[1]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_labels_deep_inside_are_no_images(tmp_path, depth):
    inner = tmp_path.joinpath(*"abc"[:depth])
    image = write(inner / "images" / "a.tif")
    write(inner / "labels" / "a.tif", np.uint16)
    assert look_into(tmp_path).every == (image,)


def test_labels_in_folders_inside_are_no_images(tmp_path):
    image = write(tmp_path / "day 1" / "images" / "a.tif")
    write(tmp_path / "day 1" / "labels" / "a.tif", np.uint16)
    other = write(tmp_path / "day 2" / "b.tif")
    assert set(look_into(tmp_path).every) == {image, other}


def test_one_of_a_kind_is_said_so(tmp_path):
    file = write(tmp_path / "inner" / "a.tif")
    assert "there is an image in a folder inside it. Add it?" in deeper_question(tmp_path, (file,))[1]
    assert labels_question(1)[1].startswith("One of the images has its labels")


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match="gone"):
        look_into(tmp_path / "gone")
