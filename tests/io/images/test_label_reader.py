"""Label files of any honest kind are taken; the others are refused with the reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.io.images.label_reader import open_labels, require_same_shape

LABELS = np.arange(60).reshape(3, 4, 5) % 7


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "int32", "int64", "float32", "float64"])
def test_whole_numbers_of_any_type(tmp_path: Path, dtype: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", LABELS.astype(dtype), photometric="minisblack")
    labels = open_labels(tmp_path / "a.tif")
    assert labels.dtype.kind == "u"
    np.testing.assert_array_equal(labels.read(), LABELS)


def test_yes_no_masks(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", LABELS[0] > 3)
    np.testing.assert_array_equal(open_labels(tmp_path / "a.tif").read()[0], LABELS[0] > 3)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "fractions"), (np.nan, "not numbers"), (np.inf, "not numbers"), (-1.0, "negative"), (2.0**40, "beyond")],
)
def test_wrong_values_are_told_on_opening(tmp_path: Path, value: float, words: str) -> None:
    voxels = LABELS.astype(np.float64)
    voxels[1, 2, 2] = value
    tifffile.imwrite(tmp_path / "cells.tif", voxels, photometric="minisblack")
    with pytest.raises(UnreadableFileError, match=words) as caught:
        open_labels(tmp_path / "cells.tif")
    assert "cells.tif" in caught.value.message


def test_wrong_values_in_other_slices_are_told_on_reading(tmp_path: Path) -> None:
    voxels = LABELS.astype(np.int32)
    voxels[2, 0, 0] = -5
    tifffile.imwrite(tmp_path / "cells.tif", voxels, photometric="minisblack")
    labels = open_labels(tmp_path / "cells.tif")
    np.testing.assert_array_equal(labels.read(Region((0, 0, 0), (2, 4, 5))), LABELS[:2])
    with pytest.raises(UnreadableFileError, match="negative"):
        labels.read()


def test_colour_pictures_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8, 3), np.uint8), photometric="rgb")
    with pytest.raises(UnreadableFileError, match=r"a\.tif: it is a colour picture"):
        open_labels(tmp_path / "a.tif")


def test_several_channels_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 8, 8), np.uint8), imagej=True, metadata={"axes": "CYX"})
    with pytest.raises(UnreadableFileError, match="2 channels"):
        open_labels(tmp_path / "a.tif")


def test_empty_labels_are_labels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 8, 8), np.uint8), photometric="minisblack")
    assert open_labels(tmp_path / "a.tif").read().max() == 0


def test_one_pixel(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.full((1, 1), 9, np.uint8))
    labels = open_labels(tmp_path / "a.tif")
    assert (labels.shape, int(labels.read()[0, 0, 0])) == ((1, 1, 1), 9)


def test_shapes_must_agree() -> None:
    image = Volume.from_array(np.zeros((3, 4, 5)), name="image one")
    require_same_shape(image, Volume.from_array(LABELS))
    with pytest.raises(UserError, match=r"image one.*6 × 4 × 3.*5 × 4 × 3"):
        require_same_shape(image, Volume.from_array(np.zeros((3, 4, 6)), name="labels"))


def test_files_that_are_called_alike_are_told_with_their_folders(tmp_path: Path) -> None:
    volumes = []
    for folder, width in (("images", 8), ("labels", 7)):
        (tmp_path / folder).mkdir()
        tifffile.imwrite(tmp_path / folder / "größe.tif", np.ones((4, 8, width), np.uint16), photometric="minisblack")
        volumes.append(open_labels(tmp_path / folder / "größe.tif"))
    with pytest.raises(UserError, match=r"^labels/größe.tif does not fit images/größe.tif: the labels are 7 × 8 × 4"):
        require_same_shape(*volumes)
