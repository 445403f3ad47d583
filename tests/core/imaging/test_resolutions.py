from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import ArraySource, Region, Volume
from desktop_app.core.imaging.resolutions import usable_resolutions

SOURCE = ArraySource(np.zeros((1, 1, 1, 1), np.uint8))


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(30, 3000), st.integers(30, 3000)),
    factors=st.tuples(st.integers(1, 4), st.integers(2, 8), st.integers(2, 8)),
    up=st.booleans(),
)
def test_each_axis_stands_for_a_whole_number_of_voxels(shape: tuple, factors: tuple, up: bool) -> None:
    small = tuple(max(1, (math.ceil if up else math.floor)(n / f)) for n, f in zip(shape, factors, strict=True))
    for one in usable_resolutions(shape, [(small, lambda _time: SOURCE)]):
        for full, few, factor in zip(shape, one.shape, one.factors, strict=True):
            assert few in (full // factor, math.ceil(full / factor))


def test_from_the_largest_to_the_smallest_without_what_does_not_fit() -> None:
    found = [((10, 25, 25), lambda _: SOURCE), ((10, 50, 50), lambda _: SOURCE), ((10, 66, 66), lambda _: SOURCE)]
    usable = usable_resolutions((10, 100, 100), [*found, ((10, 100, 100), lambda _: SOURCE)])
    assert [one.factors for one in usable] == [(1, 2, 2), (1, 4, 4)]


def test_a_volume_gives_the_voxels_of_its_time_point_in_each_resolution() -> None:
    times = [ArraySource(np.full((1, 1, 2, 2), t, np.uint8)) for t in range(2)]
    smaller = usable_resolutions((1, 4, 4), [((1, 2, 2), times.__getitem__)])
    movie = Volume.of_times(np.zeros((2, 1, 1, 4, 4), np.uint8), smaller=smaller)
    assert movie.at_time(1).at_resolution(1).read(0, Region.whole((1, 2, 2))).max() == 1
    assert movie.at_time(1).at_resolution(0).shape == (1, 1, 4, 4)
