from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from desktop_app.objects.panoptic.reshaping import (
    MorphologyRules,
    PieceNumbers,
    ReshapedPieces,
    dilate,
    erode,
    fill_slices,
    halo,
    reshape_labels,
)
from tests.objects.panoptic.compare import same_objects
from tests.objects.panoptic.ideal import ellipsoids

CROSS = ndimage.generate_binary_structure(3, 1)
SEEDS = st.integers(0, 300)


def crowd(seed: int) -> np.ndarray:
    return ellipsoids((9, 18, 20), 12, (2, 6), seed)


def slabs(depth: int, cuts: list[int]) -> list[tuple[int, int]]:
    edges = sorted({0, depth, *cuts})
    return list(pairwise(edges))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 4))
def test_eroding_is_eroding_each_object_by_the_cross(seed: int, layers: int):
    labels = crowd(seed)
    wanted = np.zeros_like(labels)
    for name in np.unique(labels[labels > 0]):
        wanted[ndimage.binary_erosion(labels == name, CROSS, layers, border_value=1)] = name
    np.testing.assert_array_equal(erode(labels, layers), wanted)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 4))
def test_dilating_is_adding_layer_after_layer_to_the_background_only(seed: int, layers: int):
    labels = crowd(seed)
    wanted = labels.copy()
    for _ in range(layers):
        grown = ndimage.grey_dilation(wanted, footprint=CROSS, mode="constant")
        wanted = np.where(wanted == 0, grown, wanted)
    found = dilate(labels, layers)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(found[labels > 0], labels[labels > 0])


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(0, 3), st.integers(0, 3), st.booleans(), st.lists(st.integers(1, 8), max_size=3))
def test_slabs_with_a_halo_give_what_the_whole_gives(seed: int, off: int, on: int, fill: bool, cuts: list[int]):
    labels, rules = crowd(seed), MorphologyRules(off, on, fill)
    whole = reshape_labels(labels, rules)
    for start, stop in slabs(len(labels), cuts):
        low = max(0, start - halo(rules))
        slab = reshape_labels(labels[low : stop + halo(rules)], rules)
        np.testing.assert_array_equal(slab[start - low : stop - low], whole[start:stop])


def test_objects_at_the_edge_of_the_volume_are_not_taken_off_there():
    labels = np.ones((4, 6, 6), np.uint32)
    np.testing.assert_array_equal(erode(labels, 3), labels)


def test_large_numbers_survive_dilation():
    labels = np.zeros((1, 1, 5), np.uint32)
    labels[0, 0, 0], labels[0, 0, 4] = 2**32 - 2, 3
    assert dilate(labels, 2).tolist() == [[[2**32 - 2] * 3 + [3, 3]]]


@pytest.mark.parametrize("layers", [0, 50])
def test_no_layers_or_more_than_there_are(layers: int):
    labels = crowd(1)
    if layers:
        assert not erode(labels, layers).any()
        assert dilate(labels, layers).all()
    else:
        assert erode(labels, 0) is labels
        assert dilate(labels, 0) is labels


def test_holes_are_closed_slice_by_slice_and_neighbours_in_them_stay():
    labels = np.zeros((2, 9, 20), np.uint32)
    labels[:, 1:8, 1:8] = 1
    labels[:, 3:6, 3:6] = 0
    labels[0, 4, 4] = 2
    labels[:, 2:7, 12:17] = 3
    labels[1, 4, 14] = 0
    filled = fill_slices(labels)
    assert filled[0, 4, 4] == 2
    assert (filled[1, 3:6, 3:6] == 1).all()
    assert (filled[1, 2:7, 12:17] == 3).all()
    np.testing.assert_array_equal(filled[labels > 0], labels[labels > 0])
    assert fill_slices(np.zeros((0, 4, 4), np.uint32)).shape == (0, 4, 4)


def parted(
    labels: np.ndarray, cuts: list[int], numbers: PieceNumbers, **least: int
) -> tuple[ReshapedPieces, np.ndarray]:
    kept = [numbers.push(labels[a:b]) for a, b in slabs(len(labels), cuts)]
    pieces = numbers.finish(**least)
    return pieces, pieces.lut[np.concatenate(kept)]


def dumbbell() -> np.ndarray:
    labels = np.zeros((12, 12, 12), np.uint32)
    labels[1:5, 2:9, 2:9] = labels[8:12, 2:9, 2:9] = 7
    labels[5:8, 5, 5] = 7
    labels[1:4, 10:12, 10:12] = 4
    return labels


@pytest.mark.parametrize("cuts", [[], [3], [1, 5, 6, 7], list(range(12))])
def test_an_object_that_falls_apart_is_several_objects_whatever_the_slabs(cuts: list[int]):
    whole, labels = parted(dumbbell(), cuts, PieceNumbers())
    assert whole.source[1:].tolist() == [7, 4]
    assert same_objects(labels, dumbbell())
    eroded = reshape_labels(dumbbell(), MorphologyRules(erode=1, dilate=1))
    pieces, labels = parted(eroded, cuts, PieceNumbers())
    assert sorted(pieces.source.tolist()) == [0, 4, 7, 7]
    assert labels[2, 5, 5] != labels[10, 5, 5]


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.lists(st.integers(1, 8), max_size=4))
def test_tables_of_pieces_say_what_the_volume_says(seed: int, cuts: list[int]):
    labels = erode(crowd(seed), 1)
    pieces, found = parted(labels, cuts, PieceNumbers(), min_size=3)
    np.testing.assert_array_equal(pieces.sizes[1:], np.bincount(found.ravel(), minlength=len(pieces.sizes))[1:])
    for name in range(1, len(pieces.source)):
        where = np.argwhere(found == name)
        assert pieces.boxes[name].tolist() == [*where.min(0), *(where.max(0) + 1)]
        assert set(labels[found == name].tolist()) == {int(pieces.source[name])}
        assert ndimage.label(found == name, np.ones((3, 3, 3)))[1] == 1
    assert (pieces.sizes[1:] >= 3).all()
    assert same_objects(found, parted(labels, [], PieceNumbers(), min_size=3)[1])


def test_regions_of_stuff_stay_whole():
    labels = dumbbell()
    labels[5:8] = 0
    whole = np.zeros(8, bool)
    whole[7] = True
    pieces, found = parted(labels, [2, 9], PieceNumbers(whole), min_size=10**6)
    assert pieces.source.tolist() == [0, 7]
    np.testing.assert_array_equal(found > 0, labels == 7)


def test_a_volume_without_objects_has_no_pieces():
    pieces, found = parted(np.zeros((4, 3, 3), np.uint32), [2], PieceNumbers())
    assert pieces.source.tolist() == [0]
    assert pieces.boxes.shape == (1, 6)
    assert not found.any()
