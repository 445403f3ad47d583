"""Which objects touch, counted by slabs and by hand."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects.neighbours import TouchCounter, neighbourhoods


def _by_hand(labels: np.ndarray) -> dict[int, int]:
    pairs = set()
    for place in np.ndindex(labels.shape):
        for axis in range(3):
            other = tuple(p + (a == axis) for a, p in enumerate(place))
            if other[axis] < labels.shape[axis]:
                pair = frozenset((int(labels[place]), int(labels[other])))
                if len(pair) == 2 and 0 not in pair:
                    pairs.add(pair)
    return {i: n for i in np.unique(labels).tolist() if (n := sum(i in pair for pair in pairs))}


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint32, (5, 4, 4), elements=st.sampled_from([0, 1, 2, 3, 2**32 - 1])), st.sets(st.integers(1, 4)))
def test_touching_objects_are_counted_across_slabs(labels: np.ndarray, cuts: set[int]) -> None:
    counter, ends = TouchCounter(), [0, *sorted(cuts), 5]
    for start, stop in itertools.pairwise(ends):
        counter.add(labels[start:stop])
    assert counter.counts() == _by_hand(labels)


def test_the_nearest_is_the_one_whose_centre_is_nearest() -> None:
    ids = np.array([4, 7, 9])
    centers = np.array([[0.0, 0, 0], [0, 3, 4], [0, 3, 5]])
    found = neighbourhoods(ids, centers, {7: 1, 9: 1}, {7: 0.0, 9: 0.0})
    assert [(found[i].nearest, found[i].distance, found[i].touching) for i in (4, 7, 9)] == [
        (7, 5, 0),
        (9, 1, 1),
        (7, 1, 1),
    ]


def test_two_with_one_centre_are_each_others_nearest_and_one_alone_has_none() -> None:
    found = neighbourhoods(np.array([1, 2, 5]), np.array([[1.0, 1, 1], [1, 1, 1], [9, 9, 9]]), {}, {})
    assert (found[1].nearest, found[2].nearest, found[1].distance) == (2, 1, 0)
    assert neighbourhoods(np.array([3]), np.zeros((1, 3)), {}, {})[3].distance is None
