"""What looks wrong is said first."""

from __future__ import annotations

import numpy as np

from desktop_app.objects.proofreading.index import ObjectIndex
from desktop_app.objects.proofreading.suspicion import Suspicions, suspicions

SHAPE = (1, 100, 100)


def _found(sizes: list[int], pieces: dict[int, int] | None = None, **more: object) -> Suspicions:
    """Objects of these sizes in rows of an image, none at its border."""
    labels = np.zeros(SHAPE, np.uint32)
    for number, size in enumerate(sizes, start=1):
        labels[0, 2 * number, 1 : 1 + size] = number
    rows = ObjectIndex.of(SHAPE, lambda r: labels[r.slices]).rows
    counts = np.array([(pieces or {}).get(number, 1) for number in rows.ids.tolist()], np.int32)
    return suspicions(rows, counts, SHAPE, **more)  # type: ignore[arg-type]


def test_very_small_and_very_large_objects_are_seen_and_usual_ones_are_not() -> None:
    found = _found([20, 22, 19, 21, 23, 20, 18, 2, 90])
    assert [found.words(place) for place in range(9)] == ["", "", "", "", "", "", "", "very small", "very large"]
    assert found.scores[8] > 1
    assert found.scores[7] > found.scores[8]
    assert not found.scores[:7].any()


def test_of_a_few_objects_no_size_is_odd() -> None:
    assert not _found([1, 20, 80]).scores.any()


def test_pieces_an_unsure_model_and_the_border_are_reasons_and_pieces_weigh_most() -> None:
    found = _found([20] * 9, {3: 4}, confidence=np.array([0.9, 0.51, np.nan, *[0.8] * 6]))
    assert found.words(2) == "in pieces"
    assert found.words(1) == "model unsure"
    assert found.words(0) == ""
    assert found.scores[2] > found.scores[1] > 0


def test_an_object_at_the_border_is_not_called_small() -> None:
    labels = np.zeros(SHAPE, np.uint32)
    for number in range(1, 11):
        labels[0, 2 * number, 1:21] = number
    labels[0, 50, 0] = 11
    rows = ObjectIndex.of(SHAPE, lambda r: labels[r.slices]).rows
    found = suspicions(rows, np.ones(rows.ids.size, np.int32), SHAPE)
    assert found.words(10) == "at the border"
