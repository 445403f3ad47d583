from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticTraining
from desktop_app.ml.inference.engine import LabelStream
from desktop_app.ml.recipes.base import Case, Decoded, Task, shown_scores
from desktop_app.ml.recipes.panoptic import calibration as panoptic_calibration
from desktop_app.ml.recipes.panoptic.score import pooled_scores, score_panoptic
from desktop_app.ml.recipes.registry import recipe_named
from tests.cards import panoptic_card

TASK = Task("objects", ("Spot",), (1,), PanopticTraining(), 2)
BOTH = Task("classes", ("Spot", "Rim"), (1, 2), PanopticTraining(stuff=("Rim",)), 2, unlabelled=9)


def _squares(*places: tuple[int, int], side: int = 10) -> NDArray[np.uint32]:
    labels = np.zeros((1, 64, 64), np.uint32)
    for number, (y, x) in enumerate(places, start=1):
        labels[0, y : y + side, x : x + side] = number
    return labels


def _decoded(labels: NDArray[np.uint32], **names: str) -> Decoded:
    ids = np.unique(labels[labels > 0])
    return Decoded(labels, {int(i): names.get(f"n{i}", "Spot") for i in ids})


def test_a_perfect_result_has_full_scores() -> None:
    truth = _squares((2, 2), (30, 30))
    scores = score_panoptic(_decoded(truth * 5), truth, TASK)
    assert {shown_scores(scores)[name] for name in ("pq", "f1", "f1_75", "iou", "dice", "score")} == {1.0}


def test_counts_and_overlaps_by_hand() -> None:
    truth = _squares((2, 2), (30, 30))
    found = _squares((2, 4), (50, 2))
    scores = score_panoptic(_decoded(found), truth, TASK)
    overlap = 80 / 120
    assert scores["f1"] == pytest.approx(0.5)
    assert scores["f1_75"] == 0
    assert scores["pq"] == pytest.approx(0.5 * overlap)
    assert scores["iou"] == pytest.approx(80 / 320)
    assert scores["score"] == pytest.approx((scores["iou"] + scores["pq"]) / 2)
    assert (scores["tp"], scores["fp"], scores["fn"]) == (1, 1, 1)


def test_slices_are_compared_one_by_one() -> None:
    truth = np.concatenate([_squares((2, 2)), _squares((30, 30))])
    swapped = np.concatenate([_squares((2, 2)), _squares((2, 2))])
    assert score_panoptic(_decoded(swapped), truth, TASK)["f1"] == pytest.approx(0.5)


def test_pooling_counts_objects_not_images() -> None:
    many, few = _squares((2, 2), (2, 20), (2, 40), (30, 30)), _squares((2, 2))
    good = score_panoptic(_decoded(many), many, TASK)
    bad = score_panoptic(_decoded(np.zeros_like(few)), few, TASK)
    pooled = pooled_scores([good, bad])
    assert pooled["f1"] == pytest.approx(8 / 9)
    assert pooled["iou"] == pytest.approx(4 / 5)
    assert pooled_scores([]) == {}


def test_regions_count_as_one_and_have_no_f1() -> None:
    truth = np.zeros((1, 64, 64), np.uint8)
    truth[0, :10, :10] = 1
    truth[0, 40:, :] = truth[0, 30:32, :] = 2
    labels = np.zeros((1, 64, 64), np.uint32)
    labels[0, :10, :10], labels[0, 40:, :] = 4, 9
    scores = score_panoptic(_decoded(labels, n9="Rim"), truth, BOTH)
    assert scores["f1"] == 1
    assert scores["pq/Rim"] == pytest.approx(24 / 26)
    assert scores["pq"] == pytest.approx((1 + 24 / 26) / 2)
    assert scores["iou/Spot"] == 1


def test_what_is_unknown_does_not_count() -> None:
    truth = np.zeros((1, 64, 64), np.uint8)
    truth[0, :10, :10] = 1
    truth[0, 30:] = 9
    labels = np.zeros((1, 64, 64), np.uint32)
    labels[0, :10, :10], labels[0, 28:50, 20:30] = 1, 2
    scores = score_panoptic(_decoded(labels), truth, BOTH)
    assert (scores["f1"], scores["iou"], scores["pq"]) == (1, 1, 1)


def test_learning_shows_before_there_are_objects() -> None:
    truth = _squares((2, 2))
    classes = (truth > 0).astype(np.uint8)
    scores = score_panoptic(Decoded(np.zeros_like(truth), {}, classes), truth, TASK)
    assert (scores["iou"], scores["pq"]) == (1, 0)


def test_nothing_there_and_nothing_found_says_nothing() -> None:
    empty, truth = np.zeros((1, 8, 8), np.uint32), _squares((2, 2))
    scores = score_panoptic(_decoded(empty), empty, TASK)
    assert not {"f1", "precision", "iou", "pq", "dice"} & set(scores)
    missed = score_panoptic(_decoded(np.zeros_like(truth)), truth, TASK)
    together = pooled_scores([scores, missed])
    assert (together["f1"], together["iou"], together["score"]) == (0, 0, 0)


def test_a_class_that_is_nowhere_counts_as_nothing_whatever_is_found() -> None:
    found = _squares((2, 2))
    wrong = score_panoptic(_decoded(found), np.zeros_like(found), TASK)
    assert not {"iou", "pq", "dice"} & set(wrong)
    assert wrong["fp"] > 0


def test_a_recipe_has_one_channel_for_one_class_and_a_background_for_more() -> None:
    recipe = recipe_named("panoptic")
    assert (recipe.channels(TASK), recipe.channels(BOTH)) == (1, 3)


@pytest.mark.parametrize(("gain", "kept"), [(0.005, 3), (0.2, 7)])
def test_calibration_believes_only_gains_above_chance(monkeypatch: pytest.MonkeyPatch, gain: float, kept: int) -> None:
    def fake(maps: Any, parameters: Any, card: Any, room: Any, ctx: Any) -> LabelStream:
        labels = np.full((1, 1, 1), parameters.centre_distance, np.uint32)
        return LabelStream(iter([(Region.whole((1, 1, 1)), labels)]), {})

    def scored(decoded: Decoded, truth: Any, task: Task) -> dict[str, float]:
        better = gain if int(decoded.labels[0, 0, 0]) == 7 else 0.0
        return {"score": 0.5 + better, "f1": 0.5, "tp": 50.0, "fn": 50.0}

    monkeypatch.setattr(panoptic_calibration, "decode_panoptic", fake)
    monkeypatch.setattr(panoptic_calibration, "score_panoptic", scored)
    monkeypatch.setattr(panoptic_calibration, "pooled_scores", lambda scores: scores[0])
    card = panoptic_card()
    case = Case(maps=None, truth=np.zeros((1, 1, 1)))
    decode = recipe_named("panoptic").calibrate([case], TASK, card, RecordingContext())
    assert decode["centre_distance"] == kept
    assert recipe_named("panoptic").calibrate([], TASK, card, RecordingContext())["centre_distance"] == 3
