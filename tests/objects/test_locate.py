"""Where an object is, without the whole volume in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region
from desktop_app.objects.locate import locate


def reader(labels):
    return lambda region: labels[region.slices]


def test_the_middle_of_a_box() -> None:
    labels = np.zeros((9, 20, 20), np.uint32)
    labels[2:7, 4:9, 10:15] = 3
    assert locate(reader(labels), labels.shape, 3) == (4, 6, 12)


def test_a_ring_is_met_on_the_ring() -> None:
    labels = np.zeros((1, 21, 21), np.uint32)
    labels[0, 5:16, 5:16] = 1
    labels[0, 7:14, 7:14] = 0
    assert labels[locate(reader(labels), labels.shape, 1)] == 1


@given(hnp.arrays(np.uint32, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6), elements=st.integers(0, 2)))
def test_the_place_is_always_in_the_object(labels) -> None:
    place = locate(reader(labels), labels.shape, 2)
    assert (place is None) == (not (labels == 2).any())
    assert place is None or labels[place] == 2


def test_it_can_be_stopped() -> None:
    labels = np.ones((3, 4, 4), np.uint32)

    def check(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        locate(reader(labels), labels.shape, 1, check)
    assert Region.whole(labels.shape).contains(locate(reader(labels), labels.shape, 1))
