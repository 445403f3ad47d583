"""A mask for each object of a picture, one upon the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.io.images.label_reader import open_labels_of

PICTURE = Volume.from_array(np.zeros((9, 12), np.uint8), name="worms")


def masks() -> np.ndarray:
    found = np.zeros((3, 9, 12), np.uint8)
    found[0, 4:6, 4:6] = found[1, 2:8, 2:8] = found[2, 0:2, 8:12] = 255
    return found


@pytest.mark.parametrize("axes", ["ZYX", "TYX"])
def test_each_mask_becomes_an_object_and_the_smaller_lies_on_top(tmp_path: Path, axes: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", masks(), imagej=True, metadata={"axes": axes})
    labels = open_labels_of(tmp_path / "a.tif", PICTURE)
    assert labels.shape == (1, 9, 12)
    expected = np.zeros((9, 12), np.uint32)
    expected[2:8, 2:8], expected[4:6, 4:6], expected[0:2, 8:12] = 2, 1, 3
    np.testing.assert_array_equal(labels.read()[0], expected)
    np.testing.assert_array_equal(labels.read(Region((0, 3, 3), (1, 5, 9)))[0], expected[3:5, 3:9])
    assert "3 masks" in labels.notes[-1]
    assert "4 pixels" in labels.notes[-1]


def test_a_volume_of_labels_is_no_stack_of_masks(tmp_path: Path) -> None:
    stack = masks()
    stack[1, 2, 2] = 7
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(UserError, match="does not fit"):
        open_labels_of(tmp_path / "a.tif", PICTURE)


def test_an_empty_mask_is_no_object(tmp_path: Path) -> None:
    stack = masks()
    stack[0] = 0
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    assert set(np.unique(open_labels_of(tmp_path / "a.tif", PICTURE).read())) == {0, 2, 3}
