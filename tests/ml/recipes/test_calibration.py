"""Parameters that score best."""

from __future__ import annotations

import pytest

from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.recipes.calibration import best_parameters

START = SemanticDecode(threshold=0.5, seed_threshold=0.6)


def test_one_parameter_after_the_other_is_moved_to_its_best_value() -> None:
    def score(tried: SemanticDecode) -> dict[str, float]:
        return {"score": 1 - abs(tried.threshold - 0.3) - abs(tried.seed_threshold - 0.8)}

    searches = [("threshold", (0.3, 0.4, 0.5)), ("seed_threshold", (0.6, 0.8))]
    best = best_parameters(START, searches, score, RecordingContext())
    assert (best.threshold, best.seed_threshold) == (0.3, 0.8)


@pytest.mark.parametrize(("objects", "threshold"), [(4, 0.5), (4000, 0.3)])
def test_a_gain_that_so_few_objects_may_bring_by_chance_is_not_believed(objects: int, threshold: float) -> None:
    def score(tried: SemanticDecode) -> dict[str, float]:
        f1 = 0.55 if tried.threshold == 0.3 else 0.5
        return {"score": f1, "f1": f1, "tp": objects / 2, "fn": objects / 2}

    assert best_parameters(START, [("threshold", (0.3,))], score, RecordingContext()).threshold == threshold


def test_a_single_object_that_was_found_is_no_reason_to_change_anything() -> None:
    def score(tried: SemanticDecode) -> dict[str, float]:
        return {"score": 0.9 if tried.threshold == 0.3 else 0.8, "f1": 1.0, "tp": 1, "fn": 0}

    assert best_parameters(START, [("threshold", (0.3,))], score, RecordingContext()) == START


def test_it_can_be_cancelled() -> None:
    with pytest.raises(JobCancelled):
        best_parameters(START, [("threshold", (0.3,))], lambda _: {"score": 1.0}, RecordingContext(cancel_after=0))
