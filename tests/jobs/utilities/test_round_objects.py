"""Voronoi-Otsu labelling of an image: touching balls part halfway, whatever the blocks, and nothing gives nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.jobs.utilities import round_objects
from desktop_app.jobs.utilities.run import UtilityConfig, run_utility
from tests.image_files import saved

SHAPE = (20, 30, 60)


def _balls(middles: tuple[tuple[int, int, int], ...], radius: float = 7.0, thick: float = 1.0) -> NDArray[np.uint16]:
    """Balls that are brightest in their middles, on an even ground."""
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    image = np.full(SHAPE, 100.0)
    for a, b, c in middles:
        away = np.sqrt(((z - a) * thick) ** 2 + (y - b) ** 2 + (x - c) ** 2)
        image = np.maximum(image, np.where(away <= radius, 1000 - 40 * away, 100))
    return image.astype(np.uint16)


def _labels(image: NDArray[Any], folder: Path, size: VoxelSize | None = None, **settings: Any) -> NDArray[np.uint32]:
    path, out = saved(folder / "i.tif", image, size or VoxelSize.unknown()), folder / "labels.tif"
    run_utility(UtilityConfig("voronoi-otsu", (path,), out, settings), RecordingContext())
    return open_labels(out).read()


def test_touching_balls_part_halfway_and_a_far_one_stands_alone(tmp_path: Path) -> None:
    image = _balls(((10, 15, 12), (10, 15, 24), (10, 15, 45)))
    labels = _labels(image, tmp_path, outline_sigma=0)
    assert np.array_equal(labels > 0, image > 400)
    first, second, third = (labels[10, 15, x] for x in (12, 24, 45))
    assert len({first, second, third}) == 3 == labels.max()
    assert (labels[10, 15, 12:18] == first).all()
    assert (labels[10, 15, 19:25] == second).all()


def test_voxels_that_are_thicker_than_wide_are_measured_as_they_are(tmp_path: Path) -> None:
    size = VoxelSize(z=2, y=1, x=1, unit="µm")
    labels = _labels(_balls(((10, 15, 12), (10, 15, 24)), thick=2.0), tmp_path, size)
    assert labels.max() == 2
    assert labels[10, 15, 17] == labels[10, 15, 12] != labels[10, 15, 19] == labels[10, 15, 24]


@pytest.mark.parametrize("dark", [False, True])
def test_blocks_give_the_same_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dark: bool) -> None:
    image = _balls(((6, 10, 10), (12, 12, 21), (10, 18, 31), (4, 20, 50), (15, 9, 52)), 6.0)
    image += np.random.default_rng(1).integers(0, 60, SHAPE).astype(np.uint16)
    image = 2000 - image if dark else image
    whole = _labels(image, tmp_path, dark=dark)
    monkeypatch.setattr(round_objects, "_MEMORY", 1)
    monkeypatch.setattr(round_objects, "_FARTHEST", 6.0)
    assert whole.max() == 5
    assert np.array_equal(_labels(image, tmp_path, dark=dark), whole)


def test_an_even_image_has_no_objects_and_small_ones_can_be_left_out(tmp_path: Path) -> None:
    assert _labels(np.full(SHAPE, 7, np.uint8), tmp_path).max() == 0
    image = _balls(((10, 15, 12), (10, 15, 45)))
    image[:, :, 40:] = np.where(image[:, :, 40:] > 900, image[:, :, 40:], 100)
    assert _labels(image, tmp_path, min_size=200, outline_sigma=0).max() == 1


def test_a_channel_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"i\.tif has no channel 2: it has 1 channel"):
        _labels(_balls(((10, 15, 12),)), tmp_path, channel=2)
