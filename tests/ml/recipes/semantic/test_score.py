"""How well decoded labels agree with annotated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.recipes.semantic.parameters import SemanticTraining
from desktop_app.ml.recipes.base import Decoded, Task
from desktop_app.ml.recipes.semantic.score import pooled, score_semantic


def rods(numbered: bool) -> NDArray[np.uint32]:
    """Two rods through five slices, as objects or as a plain mask; the second is split in two in the middle slice."""
    labels = np.zeros((5, 20, 40), np.uint32)
    labels[:, 4:10, 4:10] = 1
    labels[:, 4:10, 20:36] = 2 if numbered else 1
    labels[2, :, 27:29] = 0
    return labels


def slice_by_slice(labels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """What a perfect network of single slices makes of the rods: 11 cross-sections, numbered on."""
    found = np.zeros_like(labels)
    boxes = [(z, 4, 10) for z in range(5)] + [(z, 20, 36) for z in (0, 1, 3, 4)] + [(2, 20, 27), (2, 29, 36)]
    for number, (z, low, high) in enumerate(boxes, start=1):
        found[z, 4:10, low:high] = number
    return found


def task(dimensions: Any) -> Task:
    return Task("objects", ("Rod",), (1,), SemanticTraining(), dimensions)


@pytest.mark.parametrize("numbered", [True, False])
def test_networks_of_slices_are_compared_with_cross_sections(numbered: bool) -> None:
    truth = rods(numbered)
    found = slice_by_slice(truth)
    scores = score_semantic(Decoded(found, {}), truth, task(2))
    assert (scores["tp"], scores["fp"], scores["fn"]) == (11, 0, 0)
    assert scores["f1"] == scores["dice"] == 1
    found[found == 3] = 0
    assert score_semantic(Decoded(found, {}), truth, task(2))["f1"] == pytest.approx(20 / 21)


@pytest.mark.parametrize("numbered", [True, False])
def test_networks_of_volumes_are_compared_with_whole_objects(numbered: bool) -> None:
    truth = rods(numbered)
    whole = score_semantic(Decoded(rods(True), {}), truth, task(3))
    assert (whole["tp"], whole["f1"]) == (2, 1)
    assert score_semantic(Decoded(slice_by_slice(truth), {}), truth, task(3))["f1"] == 0


def test_counts_of_several_images_are_added() -> None:
    truth = rods(True)
    good = score_semantic(Decoded(truth, {}), truth, task(3))
    bad = score_semantic(Decoded(np.zeros_like(truth), {}), truth, task(3))
    assert (good["f1"], bad["f1"]) == (1, 0)
    both = pooled([good, bad])
    assert both["f1"] == pytest.approx(2 / 3)
    assert both["score"] == pytest.approx((both["dice"] + both["f1"]) / 2)


def test_a_class_that_is_nowhere_has_no_score_and_stays_out_of_means() -> None:
    truth = np.zeros((1, 4, 8), np.uint8)
    truth[..., :2], truth[..., 4:6] = 1, 2
    found = truth.copy()
    found[..., 1], found[..., 5] = 0, 0
    classes = Task("classes", ("A", "B", "C"), (1, 2, 3), SemanticTraining(), 3)
    scores = score_semantic(Decoded(found.astype(np.uint32), {1: "A", 2: "B", 3: "C"}, found), truth, classes)
    assert scores["dice"] == pytest.approx(2 / 3)
    assert "dice/C" not in scores
    empty = np.zeros_like(truth)
    nothing = score_semantic(Decoded(empty.astype(np.uint32), {}, empty), empty, classes)
    assert set(nothing) == {"score"}
    assert pooled([nothing, nothing, scores]) == pytest.approx(scores)


def test_a_class_that_is_never_found_scores_nothing_however_many_images_lack_it() -> None:
    empty, truth = np.zeros((1, 4, 8), np.uint8), np.zeros((1, 4, 8), np.uint8)
    truth[..., :2] = 1
    classes = Task("classes", ("A",), (1,), SemanticTraining(), 3)
    missed = Decoded(empty.astype(np.uint32), {}, empty)
    scores = [score_semantic(missed, image, classes) for image in (truth, empty, empty, empty, empty)]
    assert pooled(scores)["dice"] == 0


def test_a_class_that_an_image_lacks_counts_as_nothing_whatever_is_found_there() -> None:
    truth = np.zeros((1, 4, 8), np.uint8)
    truth[..., :2] = 1
    classes = Task("classes", ("A", "B"), (1, 2), SemanticTraining(), 3)
    right = score_semantic(Decoded(truth.astype(np.uint32), {1: "A"}, truth), truth, classes)
    found = np.full_like(truth, 2)
    wrong = score_semantic(Decoded(found.astype(np.uint32), {2: "B"}, found), np.zeros_like(truth), classes)
    assert set(wrong) == {"score"}
    assert pooled([right, wrong])["dice"] == 1
