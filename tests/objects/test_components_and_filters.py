from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from desktop_app.objects.components import connected_objects
from desktop_app.objects.filters import fill_holes


def test_corners_join_objects_unless_only_faces_count():
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert connected_objects(mask).max() == 1
    assert connected_objects(mask, connectivity=6).max() == 2


def test_classes_never_share_an_island():
    classes = np.array([[[1, 1, 2, 2, 0, 1]]], np.uint8)
    labels = connected_objects(classes)
    assert labels.dtype == np.uint32
    assert len(np.unique(labels)) == 4


def test_an_empty_array_has_no_objects():
    assert connected_objects(np.zeros((0, 4, 4), bool)).shape == (0, 4, 4)
    assert not fill_holes(np.zeros((1, 4, 4), np.uint32)).any()


@pytest.mark.parametrize("depth", [1, 7])
def test_a_hole_is_closed_but_not_a_bay_nor_another_object(depth):
    labels = np.zeros((depth, 9, 20), np.uint32)
    middle = slice(0, 1) if depth == 1 else slice(1, 6)
    labels[middle, 1:8, 1:8] = 4
    inside = 0 if depth == 1 else 3
    labels[inside, 3:5, 3:5] = 0
    labels[middle, 1:8, 11:18] = 6
    labels[inside, 4, 14:18] = 0
    labels[inside, 6, 3] = 9
    filled = fill_holes(labels)
    assert (filled[inside, 3:5, 3:5] == 4).all()
    assert (filled[inside, 4, 14:18] == 0).all()
    assert filled[inside, 6, 3] == 9
    assert (filled[labels > 0] == labels[labels > 0]).all()


def test_a_gap_between_two_objects_stays():
    labels = np.zeros((1, 5, 6), np.uint32)
    labels[0, :, :3], labels[0, :, 3:] = 1, 2
    labels[0, 2, 2:4] = 0
    assert (fill_holes(labels) == labels).all()


@settings(max_examples=80, deadline=None)
@given(hnp.arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 7), st.integers(1, 7)), elements=st.booleans()))
def test_the_holes_of_one_object_are_those_that_scipy_fills(mask):
    filled = fill_holes(mask * np.uint32(7))
    whole = ndimage.binary_fill_holes(mask[0])[None] if mask.shape[0] == 1 else ndimage.binary_fill_holes(mask)
    assert (filled == whole * np.uint32(7)).all()


@pytest.mark.parametrize("shape", [(1, 1, 9), (1, 7, 7), (3, 1, 5), (5, 3, 3)])
def test_as_many_islands_as_fit_are_counted(shape: tuple[int, int, int]) -> None:
    single = np.zeros(shape, bool)
    single[::2, ::2, ::2] = True
    found = connected_objects(single)
    assert found.shape == shape
    assert sorted(found[single].tolist()) == list(range(1, int(single.sum()) + 1))
