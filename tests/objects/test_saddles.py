"""Objects that hardly a dip parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from desktop_app.objects.basins import HaloBlock, root_of, whole_window
from desktop_app.objects.saddles import dips


def _row(heights: list[float], numbers: list[int]) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """A row of voxels."""
    return np.array([[heights]], np.float32), np.array([[numbers]], np.uint32)


def _joined(heights: list[float], numbers: list[int], least: float, most: float = 1.0) -> list[int]:
    height, objects = _row(heights, numbers)
    saddles = dips(int(objects.max()), least, most)
    saddles.add(whole_window(objects > 0, height), objects)
    return saddles.table().tolist()


@pytest.mark.parametrize(
    ("heights", "least", "expected"),
    [
        ([0.5, 0.46, 0.46, 0.5], 0.1, [0, 1, 1]),  # falls by 8 percent
        ([0.5, 0.44, 0.44, 0.5], 0.1, [0, 1, 2]),  # by 12
        ([0.5, 0.44, 0.44, 0.5], 0.15, [0, 1, 1]),
        ([0.9, 0.44, 0.44, 0.48], 0.1, [0, 1, 1]),  # the shallower part counts
        ([0.9, 0.40, 0.40, 0.48], 0.1, [0, 1, 2]),
    ],
)
def test_the_depth_must_fall_by_a_share_of_the_shallower_part(
    heights: list[float], least: float, expected: list[int]
) -> None:
    assert _joined(heights, [1, 1, 2, 2], least) == expected


def test_what_is_deeper_than_the_seed_threshold_is_one() -> None:
    heights = [0.9, 0.7, 0.7, 0.9]
    assert _joined(heights, [1, 1, 2, 2], 0.1) == [0, 1, 2]
    assert _joined(heights, [1, 1, 2, 2], 0.1, most=0.6) == [0, 1, 1]


def test_parts_joined_before_count_with_the_higher_top() -> None:
    """The first two are one over the higher saddle; the third is then measured at the lower top, its own."""
    heights, numbers = [0.9, 0.58, 0.58, 0.6, 0.55, 0.55, 0.56], [1, 1, 2, 2, 2, 3, 3]
    assert _joined(heights, numbers, 0.05) == [0, 1, 1, 1]
    assert _joined(heights, numbers, 0.02) == [0, 1, 2, 2]
    assert _joined(heights, numbers, 0.01) == [0, 1, 2, 3]


def test_objects_that_do_not_touch_stay_apart() -> None:
    assert _joined([0.5, 0.0, 0.5], [1, 0, 2], 0.9) == [0, 1, 2]


@given(
    heights=st.lists(st.integers(0, 20), min_size=12, max_size=12),
    cuts=st.sets(st.integers(1, 11), min_size=1, max_size=6),
    blocks=st.integers(1, 12),
    least=st.sampled_from([0.05, 0.1, 0.5]),
)
def test_blocks_tell_the_same(heights: list[int], cuts: set[int], blocks: int, least: float) -> None:
    numbers = np.cumsum([0, *(place in cuts for place in range(1, 12))]) + 1
    height, objects = _row([value / 20 for value in heights], numbers.tolist())
    saddles = dips(int(objects.max()), least, 1.0)
    for start in range(0, 12, blocks):
        low, high = max(0, start - 1), min(12, start + blocks + 1)
        core = slice(0, 1), slice(0, 1), slice(start - low, min(12, start + blocks) - low)
        part = (..., slice(low, high))
        saddles.add(HaloBlock(objects[part] > 0, height[part], core, (0, 0, low), (1, 1, 12)), objects[part])
    assert saddles.table().tolist() == _joined([value / 20 for value in heights], numbers.tolist(), least)


def test_what_was_joined_has_one_number_whatever_the_way_to_it() -> None:
    joined = np.array([0, 1, 1, 2, 3, 5], np.uint32)
    assert [root_of(joined, number) for number in range(6)] == [0, 1, 1, 1, 1, 5]
    assert joined[4] == 1 or joined[joined[4]] == 1
