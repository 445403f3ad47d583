from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.ml.inference.engine import LabelSlab, LabelStream, named_labels
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.resized import ResizedMaps, Sizing, full_size


def ball(shape: tuple[int, int, int], middle: tuple[float, float, float], radius: float) -> np.ndarray:
    """``(Z, Y, X) float32``: 1 in the middle, 0.5 at the radius."""
    axes = np.meshgrid(*(np.arange(n) + 0.5 for n in shape), indexing="ij")
    away = np.sqrt(sum((axis - m) ** 2 for axis, m in zip(axes, middle, strict=True)))
    return np.clip(1 - away / radius / 2, 0, 1).astype(np.float32)


def test_the_middles_of_image_and_resized_image_are_one() -> None:
    sizing = Sizing.of((1, 100, 100), (1.0, 2.0, 2.0), None)
    assert sizing.coarse == Region((0, 0, 0), (1, 50, 50))
    places = sizing.places(1, 0, 100)
    assert places[[49, 50]].mean() == pytest.approx(24.5)
    assert sizing.reach == 2


def test_a_part_is_covered_with_room_for_straight_lines() -> None:
    sizing = Sizing.of((10, 100, 100), (2.0, 4.0, 4.0), Region((4, 40, 40), (6, 60, 60)))
    assert sizing.coarse == Region((1, 9, 9), (4, 16, 16))
    assert sizing.places(2, 0, 20).min() >= 0


def test_maps_are_read_at_the_size_of_the_image() -> None:
    slope = np.arange(20, dtype=np.float32)[None, None, None].repeat(20, axis=2)
    sizing = Sizing.of((1, 60, 60), (1.0, 3.0, 3.0), None)
    maps = ResizedMaps(VoxelMaps.of(("class:a",), slope), sizing)
    assert maps.shape == (1, 60, 60)
    read = maps.read(Region((0, 10, 30), (1, 12, 40)))[0, 0, 0]
    assert np.allclose(read, (np.arange(30, 40) + 0.5) / 3 - 0.5, atol=0.01)
    assert np.allclose(maps.select([0]).read(Region((0, 10, 30), (1, 11, 40)))[0, 0, 0], read, atol=0.01)


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_labels_come_back_with_smooth_outlines(factor: float) -> None:
    shape = (24, 80, 80)
    truth = ball(shape, (12, 40, 40), 10) > 0.5
    sizing = Sizing.of(shape, (factor, factor, factor), None)
    small = ball(sizing.coarse.shape, (12 / factor, 40 / factor, 40 / factor), 10 / factor)
    maps = ResizedMaps(VoxelMaps.of(("class:a",), small[None]), sizing)

    def slabs() -> Iterator[LabelSlab]:
        yield sizing.coarse, np.where(small > 0.5, np.uint32(7), np.uint32(0))

    closed = []
    stream = LabelStream(slabs(), {7: "a"}, release=lambda: closed.append(True))
    made = full_size(stream, maps, lambda r: maps.read(r)[0] > 0.5, lambda r: maps.read(r)[0])
    labels, class_of = named_labels(made)
    assert labels.shape == shape
    assert class_of == {7: "a"}
    assert closed == [True]
    overlap = ((labels == 7) & truth).sum() / ((labels == 7) | truth).sum()
    assert overlap > 0.85
    assert set(np.unique(labels)) == {0, 7}


def test_holes_that_were_filled_stay_filled() -> None:
    sizing = Sizing.of((1, 80, 80), (1.0, 4.0, 4.0), None)
    small = ball((1, 20, 20), (0.5, 10, 10), 7)
    small[0, 9:11, 9:11] = 0
    maps = ResizedMaps(VoxelMaps.of(("class:a",), small[None]), sizing)
    whole = (ball((1, 20, 20), (0.5, 10, 10), 7) > 0.5).astype(np.uint32)
    stream = LabelStream(iter([(sizing.coarse, whole)]), {1: "a"})
    labels, _ = named_labels(full_size(stream, maps, lambda r: maps.read(r)[0] > 0.5, lambda r: maps.read(r)[0]))
    assert (labels[0, 34:46, 34:46] == 1).all()
