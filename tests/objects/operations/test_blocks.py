"""Operations over a whole file do box by box what they do to labels in memory, in pictures and in volumes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest

from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.imaging import region as regions
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.objects.operations import OPERATIONS, Scene
from desktop_app.objects.operations.carrying_out import carry_out
from desktop_app.objects.proofreading import index

EDGES = (3, 7, 5)


@dataclass
class InBoxes(ArrayLabelStore):
    """Labels that come in small boxes, as those of a file come in chunks."""

    array: np.ndarray

    def pieces(self) -> list[Region]:
        corners = product(*(range(0, n, edge) for n, edge in zip(self.array.shape, EDGES, strict=True)))
        whole = Region.whole(self.array.shape)
        return [Region.whole(EDGES).shift(corner).intersect(whole) for corner in corners]


def labels_of(shape: tuple[int, int, int], size: VoxelSize) -> np.ndarray:
    """Balls, some with holes or in pieces, some cut by the border, a thread, two that have grown together."""
    rng, places = np.random.default_rng(5), np.indices(shape)
    labels = np.zeros(shape, np.uint32)
    aspect = [edge / size.x for edge in size.zyx]
    for number in range(1, 24):
        middle, radius = rng.uniform(0, shape), rng.uniform(2, 6)
        away = sum(((axis - m) * a) ** 2 for axis, m, a in zip(places, middle, aspect, strict=True))
        labels[(away < radius**2) & (labels == 0)] = 100_000 + number % 17
        if number % 4 == 0:
            labels[away < 1.5] = 0
    labels[shape[0] // 2, 2, 3:-3] = 70_001
    box = (slice(3, 11) if shape[0] > 1 else slice(None), slice(20, 30), slice(14, 26))
    labels[box] = 70_002
    labels[shape[0] // 2, 24, 18:21] = 0  # a hole whatever the voxels
    return labels


def done(name: str, store: ArrayLabelStore, image: np.ndarray, size: VoxelSize, **parameters: Any) -> np.ndarray:
    operation = OPERATIONS[name]
    scene = Scene(store, Volume.from_array(image), size, largest_id=int(store.array.max()))
    carry_out(operation, scene, operation.parameters(**parameters))
    return store.array


@pytest.mark.parametrize("shape", [(14, 40, 36), (1, 60, 50)])
@pytest.mark.parametrize("size", [VoxelSize(), VoxelSize(z=3.0, y=1.0, x=1.0)])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("size-filter", {"min_size": 30, "max_size": 300}),
        ("clear-border", {"border": "all"}),
        ("artefacts", {"filling": 0.4, "brightness": 0.5}),
        ("fill-holes", {}),
        ("pieces", {}),
        ("split", {"smoothing": 1.0}),
        ("reshape", {"how": "grow", "radius": 2}),
        ("renumber", {}),
    ],
)
def test_boxes_give_what_the_whole_gives(
    monkeypatch: pytest.MonkeyPatch, name: str, parameters: dict[str, Any], size: VoxelSize, shape: Any
) -> None:
    labels = labels_of(shape, size)
    image = np.random.default_rng(6).normal(100, 10, shape).astype(np.float32) + (labels % 7) * 30
    whole = done(name, ArrayLabelStore(labels.copy()), image, size, **parameters)
    monkeypatch.setattr(regions, "_SLAB_BYTES", shape[1] * shape[2] * 4 * 2)
    monkeypatch.setattr(index, "_TILE", (4, 9, 11))
    monkeypatch.setattr(index, "_TILE_2D", (1, 9, 11))
    boxes = done(name, InBoxes(labels.copy()), image, size, **parameters)
    np.testing.assert_array_equal(boxes, whole)
    assert (whole != labels).any(), "there was something to do"
