from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.recipes.semantic.parameters import SemanticTraining
from desktop_app.ml.inference.engine import LabelStream
from desktop_app.ml.recipes.base import Case, Task
from desktop_app.ml.recipes.semantic.least_confidence import least_confidence

OBJECTS = Task("objects", ("Nucleus",), (1,), SemanticTraining(), 3)
Picture = tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.uint32]]


def picture(sureness: list[float], right: list[bool], missed: int = 0) -> Picture:
    """Found labels, how likely each voxel is, and true labels ``(1, 6, X)``: squares in a row."""
    found = np.zeros((1, 6, 6 * (len(right) + missed)), np.uint32)
    likely, true = np.zeros(found.shape, np.float32), np.zeros(found.shape, np.uint32)
    for place in range(len(right) + missed):
        square = (slice(None), slice(1, 5), slice(6 * place + 1, 6 * place + 5))
        if place < len(right):
            found[square], likely[square] = place + 1, sureness[place]
        if place >= len(right) or right[place]:
            true[square] = place + 1
    return found, likely, true


def least(pictures: list[Picture], task: Task = OBJECTS) -> float:
    """What is chosen for pictures, of which the maps are the number."""

    def decode(case: Case) -> LabelStream:
        found, likely, _ = pictures[case.maps]
        whole = Region.whole((found.shape[0], found.shape[1], found.shape[2]))
        return LabelStream(iter([(whole, found)]), {}, likely=lambda region: likely[region.slices])

    return least_confidence([Case(number, one[2]) for number, one in enumerate(pictures)], task, decode)


def test_wrong_objects_that_are_less_sure_are_left_out() -> None:
    pictures = [picture([0.9, 0.88, 0.6, 0.92], [True, True, False, True]), picture([0.65, 0.91], [False, True])]
    chosen = least(pictures)
    assert 0.6 < chosen <= 0.88 - 0.04  # right ones elsewhere are less sure than here


def test_nothing_is_left_out_where_sureness_tells_nothing() -> None:
    assert least([picture([0.6, 0.9, 0.7, 0.8], [True, True, True, False])]) == 0
    assert least([picture([0.8, 0.9], [True, True], missed=3)]) == 0
    assert least([picture([], [], missed=2)]) == 0
    assert least([]) == 0


@pytest.mark.parametrize(("wrong", "taken"), [(1, False), (4, True)])
def test_what_may_be_chance_is_not_believed(wrong: int, taken: bool) -> None:
    sureness = [0.6] * wrong + [0.55] + [0.9] * 10  # whoever leaves the wrong ones out leaves a right one out, too
    assert (least([picture(sureness, [False] * wrong + [True] * 11)]) > 0) == taken


def test_images_of_which_a_part_is_unknown_and_class_labels_tell_nothing() -> None:
    found, likely, true = picture([0.6, 0.6, 0.9], [False, False, True])
    assert least([(found, likely, true)]) > 0
    unknown = true.copy()
    unknown[0, 0, 0] = 9
    assert least([(found, likely, unknown)], replace(OBJECTS, unlabelled=9)) == 0
    assert least([(found, likely, true)], Task("classes", ("Nucleus",), (1,), SemanticTraining(), 3)) == 0


def test_cross_sections_count_one_by_one_where_slices_are_seen() -> None:
    found, likely, true = picture([0.6, 0.9], [False, True])
    second = np.where(found > 0, found + 2, np.uint32(0))  # objects of slices never have the number of another slice's
    twice = np.concatenate([found, second]), np.concatenate([likely, likely]), np.concatenate([true, true])
    one_slice = (np.concatenate([found, 0 * found]), *twice[1:])
    flat = replace(OBJECTS, dimensions=2)
    assert least([twice], flat) > 0
    assert least([one_slice], flat) == 0  # one of one wrong object may be chance


def test_merged_objects_that_cover_true_ones_are_not_left_out_at_the_cost_of_the_dice() -> None:
    found, likely, true = picture([0.6, 0.6, 0.6, 0.9], [True, True, True, True])
    merged = np.where((found > 0) & (found < 4), np.uint32(1), found)
    merged[0, 2, 1:17] = 1  # one object over three true ones: wrong, but two thirds of the foreground
    larger = np.where(merged == 1, np.float32(0.6), likely)
    assert least([(merged, larger, true)] * 4) == 0
    apart = np.where(true == 4, true, np.uint32(0))
    assert least([(merged, larger, apart)] * 4) > 0
