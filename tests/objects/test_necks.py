"""Necks between parts of a shape."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.objects.basins import HaloBlock, whole_window
from desktop_app.objects.depth import border_distance
from desktop_app.objects.necks import necks
from desktop_app.objects.watershed import SeedParameters
from tests.objects.whole_watershed import distance_watershed

_EVEN = (1.0, 1.0, 1.0)


def _bar(*widths: int) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Squares of these edges in a row, joined by necks of every second one; the squares numbered, necks cut in two."""
    edges, length = widths[::2], 8
    picture = np.zeros((1, 30, sum(edges) + length * (len(edges) - 1) + 2), np.uint8)
    numbers, at = np.zeros(picture.shape, np.uint32), 1
    for number, edge in enumerate(edges, 1):
        picture[0, 15 - edge // 2 : 15 - edge // 2 + edge, at : at + edge] = 1
        numbers[0, :, max(0, at - length // 2) : at + edge + length // 2] = number
        at += edge
        if number < len(edges):
            neck = widths[2 * number - 1]
            picture[0, 15 - neck // 2 : 15 - neck // 2 + neck, at : at + length] = 1
            at += length
    return picture, np.where(picture > 0, numbers, np.uint32(0))


def _joined(picture: NDArray[np.uint8], numbers: NDArray[np.uint32]) -> list[int]:
    saddles = necks(int(numbers.max()), 1.0)
    saddles.add(whole_window(picture, border_distance(picture, _EVEN)), numbers)
    return saddles.table().tolist()


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ((16, 14, 16), [0, 1, 2]),
        ((16, 15, 16), [0, 1, 1]),
        ((16, 15, 16, 5, 16), [0, 1, 1, 3]),
        ((14, 13, 16, 13, 14), [0, 1, 1, 1]),
        ((3, 1, 3), [0, 1, 1]),
        ((5, 1, 5), [0, 1, 2]),
    ],
)
def test_a_neck_is_thinner_by_a_voxel_of_radius_than_both_parts(widths: tuple[int, ...], expected: list[int]) -> None:
    """Widths are of squares and necks in turn; their radius is half of it, rounded up. Parts of 3 px have no necks."""
    assert _joined(*_bar(*widths)) == expected


def test_blocks_tell_the_same_necks() -> None:
    picture, numbers = _bar(16, 15, 16, 5, 16)
    distance, width = border_distance(picture, _EVEN), picture.shape[2]
    saddles = necks(3, 1.0)
    for start in range(0, width, 10):
        low, high = max(0, start - 1), min(width, start + 11)
        core = slice(0, 1), slice(0, 30), slice(start - low, min(width, start + 10) - low)
        part = (..., slice(low, high))
        saddles.add(HaloBlock(picture[part], distance[part], core, (0, 0, low), (1, 30, width)), numbers[part])
    assert saddles.table().tolist() == _joined(picture, numbers)


def test_a_ring_stays_whole_and_discs_that_touch_come_apart() -> None:
    row, column = np.indices((80, 80))
    away = np.hypot(row - 40, column - 40)
    ring = ((away < 36) & (away >= 32)).astype(np.uint8)[None]
    assert distance_watershed(ring, SeedParameters()).max() == 1
    pair = np.zeros((1, 80, 80), np.uint8)
    for middle in (26, 54):
        pair[0, np.hypot(row - 40, column - middle) < 16] = 1
    assert distance_watershed(pair, SeedParameters()).max() == 2
