"""Masks have as many objects as islands, however they are read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region
from desktop_app.objects.components import connected_objects
from desktop_app.objects.masks import as_objects, islands_of_mask

MASKS = hnp.arrays(np.uint8, (6, 5, 4), elements=st.sampled_from([0, 0, 255]))


def _slabs(cuts: list[int]) -> list[Region]:
    return [Region((a, 0, 0), (b, 5, 4)) for a, b in zip([0, *cuts], [*cuts, 6], strict=True)]


@settings(max_examples=50, deadline=None)
@given(MASKS, st.sets(st.integers(1, 5), max_size=5))
def test_islands_do_not_depend_on_slabs(mask: np.ndarray, cuts: set[int]) -> None:
    whole, several = as_objects(mask)
    assert several == (connected_objects(mask > 0).max() > 1)
    slabs = islands_of_mask(lambda box: mask[box.slices], _slabs(sorted(cuts)), lambda: None)
    assert (slabs is not None) == several
    if slabs is not None:
        found = np.concatenate(list(slabs))
        pairs = np.unique(np.stack([found.ravel(), whole.ravel()]), axis=1)
        assert pairs.shape[1] == len(np.unique(whole)) == len(np.unique(found))


@given(hnp.arrays(np.uint8, (6, 5, 4), elements=st.integers(0, 2)), st.sets(st.integers(1, 5), max_size=5))
def test_numbered_objects_are_no_mask(labels: np.ndarray, cuts: set[int]) -> None:
    if len(np.unique(labels[labels > 0])) == 2:
        assert not as_objects(labels)[1]
        assert islands_of_mask(lambda box: labels[box.slices], _slabs(sorted(cuts)), lambda: None) is None


def test_numbered_objects_keep_their_numbers_and_ignored_values_go() -> None:
    labels = np.array([[[0, 3, 3, 0, 9, 255]]], np.uint16)
    ids, mask = as_objects(labels, (255, None))
    assert (ids.tolist(), mask, ids.dtype) == ([[[0, 3, 3, 0, 9, 0]]], False, np.uint32)
    ids, mask = as_objects(labels, (255, 9))
    assert (ids.tolist(), mask) == ([[[0, 3, 3, 0, 0, 0]]], False)


def test_numbering_can_be_stopped() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        islands_of_mask(lambda box: np.ones(box.shape, np.uint8), _slabs([3]), stop)
