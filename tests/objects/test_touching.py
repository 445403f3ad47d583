from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects.touching import between_objects


def test_only_where_two_are_near() -> None:
    labels = np.zeros((1, 5, 12), np.uint16)
    labels[:, 1:4, 1:4], labels[:, 1:4, 5:8], labels[:, 1:4, 11] = 7, 3, 9
    found = between_objects(labels, (0, 1, 1))
    assert found[0].any(axis=0).tolist() == [False] * 4 + [True] + [False] * 7
    wider = between_objects(labels, (0, 2, 2))
    assert wider[0].any(axis=0).tolist() == [False] * 3 + [True] * 3 + [False] * 3 + [True] + [False] * 2


def test_one_object_touches_nothing() -> None:
    assert not between_objects(np.full((2, 4, 4), 5), (1, 1, 1)).any()
    assert not between_objects(np.zeros((2, 4, 4), int), (1, 1, 1)).any()


@given(
    hnp.arrays(np.uint8, (2, 6, 7), elements=st.integers(0, 3)),
    st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 2)),
)
def test_it_is_what_looking_at_each_box_says(labels: np.ndarray, reach: tuple[int, int, int]) -> None:
    found = between_objects(labels, reach)
    for place in np.ndindex(labels.shape):
        box = tuple(slice(max(0, p - r), p + r + 1) for p, r in zip(place, reach, strict=True))
        assert found[place] == (len(set(labels[box].ravel().tolist()) - {0}) > 1)


@pytest.mark.parametrize("shift", [1, 1000, 2**31])
def test_numbers_do_not_matter(shift: int) -> None:
    labels = np.zeros((1, 3, 6), np.uint32)
    labels[..., :3], labels[..., 3:] = shift, shift + 1
    assert between_objects(labels, (0, 1, 1))[0, 0].tolist() == [False, False, True, True, False, False]
