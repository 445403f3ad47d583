from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.objects.mistakes import FoundAndTrue, Mistakes, find_mistakes, findings_of, together

SHAPE = (3, 60, 60)
UNKNOWN = 9  # class number of voxels that do not count


def blocks(*boxes: tuple[int, int, int, int], number: int = 0) -> NDArray[np.uint32]:
    """Objects 1, 2, 3 … in boxes (y, x, y, x) of the middle slice; all with one number if it is given."""
    labels = np.zeros(SHAPE, np.uint32)
    for index, (y0, x0, y1, x1) in enumerate(boxes, start=1):
        labels[1, y0:y1, x0:x1] = number or index
    return labels


def judged(found: NDArray[np.uint32], true: NDArray[np.uint32], **details: bool) -> Mistakes:
    classes = (found > 0).astype(np.uint8), (true > 0).astype(np.uint8)
    return find_mistakes(FoundAndTrue(*classes, found, true, **details), UNKNOWN)


A, B, C, D = (5, 5, 15, 15), (5, 16, 15, 26), (30, 5, 40, 15), (30, 30, 40, 40)
DOT = (50, 50, 53, 53)


@pytest.mark.parametrize("single_slices", [False, True])
def test_what_agrees_is_no_mistake(single_slices: bool) -> None:
    found = judged(blocks(A, B, C), blocks(A, B, C), single_slices=single_slices)
    assert (found.spots, dict(found.concerned), found.true, found.extents) == ((), {}, 3, (10.0, 10.0, 10.0))


@pytest.mark.parametrize("single_slices", [False, True])
def test_touching_objects_that_became_one_are_merged_and_shown_once(single_slices: bool) -> None:
    found = judged(blocks((5, 5, 15, 26), C), blocks(A, B, C), single_slices=single_slices)
    assert found.concerned == {Mistake.MERGED: 2}
    (spot,) = found.spots
    assert (spot.mistake, spot.slice, spot.box, spot.wrong) == (Mistake.MERGED, 1, (5, 5, 15, 26), 200)
    assert spot.middle == (1, 9, 15)


def test_a_merged_object_is_shown_in_the_slice_in_which_both_are_seen() -> None:
    true = np.zeros(SHAPE, np.uint32)
    true[0, 5:25, 5:25] = 1
    true[1, 5:15, 5:15] = 1
    true[1, 5:15, 15:25] = 2
    true[2, 5:25, 5:25] = 2
    found = judged((true > 0).astype(np.uint32), true)
    assert [spot.slice for spot in found.spots] == [1]


def test_an_object_in_pieces_is_split() -> None:
    found = judged(blocks((5, 5, 10, 15), (10, 5, 15, 15), C), blocks(A, C))
    assert found.concerned == {Mistake.SPLIT: 1}


def test_missed_objects_are_told_apart_by_their_size() -> None:
    found = judged(blocks(A, B), blocks(A, B, C, DOT))
    assert found.concerned == {Mistake.MISSED: 1, Mistake.SMALL_MISSED: 1}
    assert {spot.mistake: spot.box for spot in found.spots} == {Mistake.MISSED: C, Mistake.SMALL_MISSED: DOT}


def test_false_finds_are_told_apart_by_their_size() -> None:
    found = judged(blocks(A, B, C, D, DOT), blocks(A, B, C))
    assert found.concerned == {Mistake.INVENTED: 1, Mistake.SMALL_INVENTED: 1}


def test_an_object_that_is_found_poorly_is_a_matter_of_its_outline() -> None:
    found = judged(blocks((5, 5, 15, 9), B, C), blocks(A, B, C))
    assert found.concerned == {Mistake.OUTLINE: 1}
    assert judged(blocks((5, 5, 15, 11), B, C), blocks(A, B, C)).concerned == {Mistake.OUTLINE: 1}
    assert not judged(blocks((5, 5, 15, 13), B, C), blocks(A, B, C)).concerned


def test_an_object_of_another_class_is_confused() -> None:
    labels = blocks(A, C)
    true_classes = (labels > 0).astype(np.uint8)
    found_classes = np.where(labels == 2, 2, true_classes).astype(np.uint8)
    found = find_mistakes(FoundAndTrue(found_classes, true_classes, labels, labels), UNKNOWN)
    assert found.concerned == {Mistake.CONFUSED: 1}


def test_unknown_voxels_and_what_lies_in_them_do_not_count() -> None:
    found, true = blocks(A, B, D), blocks(A, B)
    classes = (true > 0).astype(np.uint8)
    classes[:, 25:] = UNKNOWN
    assert not find_mistakes(FoundAndTrue((found > 0).astype(np.uint8), classes, found, true), UNKNOWN).concerned


def test_pieces_of_an_object_in_one_slice_are_objects_where_slices_stand_for_themselves() -> None:
    true = blocks(A, C, number=7)
    assert judged(blocks(A), true, single_slices=True).concerned == {Mistake.MISSED: 1}
    assert judged(blocks(A), true).concerned == {Mistake.OUTLINE: 1}


def test_regions_are_judged_piece_by_piece() -> None:
    true, found = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    true[1, 5:25, 5:25], true[1, 5:25, 35:55], true[1, 35:55, 5:25] = 1, 1, 2
    found[1, 5:25, 4:25] = 1  # one column too many: a matter of the outline
    found[1, 35:55, 5:25] = 1
    found[1, 35:55, 35:55] = 1
    judged = find_mistakes(FoundAndTrue(found, true), UNKNOWN)
    assert not judged.of_objects
    assert judged.true == 400 * 4 + 20
    assert judged.concerned[Mistake.OUTLINE] > 20
    inner = 16 * 16  # two pixels beside each border belong to the outline
    assert judged.concerned[Mistake.MISSED] == judged.concerned[Mistake.CONFUSED] == inner
    assert judged.concerned[Mistake.INVENTED] == 400
    worst = next(spot for spot in judged.spots if spot.mistake is Mistake.INVENTED)
    assert worst.box == (35, 35, 55, 55)


def test_nothing_in_an_image_is_nothing_wrong() -> None:
    empty = np.zeros(SHAPE, np.uint32)
    assert judged(empty, empty).spots == ()
    assert judged(empty, blocks(A)).concerned == {Mistake.MISSED: 1}
    assert judged(blocks(A), empty).concerned == {Mistake.INVENTED: 1}


def test_images_are_counted_together_and_the_largest_places_kept() -> None:
    one, two = judged(blocks(A), blocks(A, B)), judged(blocks(), blocks(A, (20, 20, 50, 50)))
    both = together([one, two])
    assert (both.true, both.concerned[Mistake.MISSED]) == (4, 2)
    assert [spot.wrong for spot in both.spots if spot.mistake is Mistake.MISSED] == [900, 100]
    findings = findings_of(both)
    assert (findings.extent, findings.true, findings.of_objects) == (10.0, 4, True)
    many = together([one] * 20)
    assert len([spot for spot in many.spots if spot.mistake is Mistake.MISSED]) == 12
