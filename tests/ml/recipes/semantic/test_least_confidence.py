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
    chosen = least([picture([0.9, 0.88, 0.6, 0.92], [True, True, False, True]), picture([0.65, 0.91], [False, True])])
    assert 0.65 < chosen <= 0.88


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
    assert least([(found, likely, true)]) > 0.6
    unknown = true.copy()
    unknown[0, 0, 0] = 9
    assert least([(found, likely, unknown)], replace(OBJECTS, unlabelled=9)) == 0
    assert least([(found, likely, true)], Task("classes", ("Nucleus",), (1,), SemanticTraining(), 3)) == 0


def test_cross_sections_count_one_by_one_where_slices_are_seen() -> None:
    found, likely, true = picture([0.6, 0.9], [False, True])
    twice = tuple(np.concatenate([part, part]) for part in (found, likely, true))
    one_slice = (np.concatenate([found, 0 * found]), np.concatenate([likely, likely]), twice[2])
    flat = replace(OBJECTS, dimensions=2)
    assert least([(twice[0], twice[1], twice[2])], flat) > 0.6
    assert least([one_slice], flat) == 0  # one of one wrong object may be chance
