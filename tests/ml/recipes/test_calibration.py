"""Parameters that score best."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.core.job import JobCancelled, Metric, Note, Progress, RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.core.tuning import Tried, curve_in_words, heard, threshold_curves, told
from desktop_app.io.tables import read_csv
from desktop_app.ml.recipes.base import Case
from desktop_app.ml.recipes.calibration import best_parameters
from desktop_app.ml.training.tuning import TuningLog
from tests.cards import semantic_card

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


def test_a_case_is_decoded_once_for_each_choice_of_parameters() -> None:
    """Tuning on all images and then on parts of them asks for the same again."""
    case, asked = Case(maps=None, truth=np.zeros((1, 1, 1))), []

    def score(tried: SemanticDecode) -> dict[str, float]:
        def decoded() -> dict[str, float]:
            asked.append(tried.threshold)
            return {"score": 1 - abs(tried.threshold - 0.3)}

        return case.scores_with(tried, decoded)

    searches = [("threshold", (0.4, 0.3, 0.2))]
    found = [best_parameters(START, searches, score, RecordingContext()) for _ in range(2)]
    assert [one.threshold for one in found] == [0.3, 0.3]
    assert asked == [0.5, 0.4, 0.3, 0.2]
    assert Case(case.maps, case.truth).scores == {}


def test_it_can_be_cancelled() -> None:
    with pytest.raises(JobCancelled):
        best_parameters(START, [("threshold", (0.3,))], lambda _: {"score": 1.0}, RecordingContext(cancel_after=0))


def test_what_was_tried_is_told_with_its_score() -> None:
    def score(tried: SemanticDecode) -> dict[str, float]:
        return {"score": 1 - abs(tried.threshold - 0.3)}

    ctx = RecordingContext()
    best_parameters(START, [("threshold", (0.4, 0.3)), ("smoothing", (1.5,))], score, ctx)
    assert [(p.done, p.total) for p in ctx.of_kind(Progress)] == [(0, 3), (1, 3), (2, 3)]
    points = [heard(metric) for metric in ctx.of_kind(Metric)]
    assert [(p.name, p.value) for p in points if p is not None] == [
        ("threshold", 0.5), ("threshold", 0.4), ("threshold", 0.3), ("smoothing", 2.0), ("smoothing", 1.5)
    ]  # fmt: skip
    curves = threshold_curves(p for p in points if p is not None)
    assert {name: [p.value for p in curve] for name, curve in curves.items()} == {"threshold": [0.3, 0.4, 0.5]}
    assert [p.score for p in curves["threshold"]] == pytest.approx([1, 0.9, 0.8])
    words = curve_in_words("Confidence threshold", curves["threshold"], 0.3)
    assert words == "Confidence threshold: 1.000 at 0.3, 0.900 at 0.4, 0.800 at 0.5; 0.3 is set."
    kept = curve_in_words("Confidence threshold", curves["threshold"], 0.5)
    assert kept.endswith("; 0.5 is set, as no other is clearly better.")
    assert heard(Metric("loss/train", 3, 0.5)) is None


def test_a_run_keeps_the_curve(tmp_path: Path) -> None:
    ctx = RecordingContext()
    log = TuningLog(ctx)
    for value, reached in ((0.5, 0.8), (0.4, 0.9)):
        log.report(told(Tried("threshold", value, reached)))
    log.keep(tmp_path, semantic_card(decode={"threshold": 0.4}))
    assert [(r["parameter"], r["value"], r["score"]) for r in read_csv(tmp_path / "thresholds.csv")] == [
        ("threshold", "0.5", "0.8"), ("threshold", "0.4", "0.9")
    ]  # fmt: skip
    with Image.open(tmp_path / "thresholds.png") as picture:
        assert picture.size == (900, 420)
    assert [n.text for n in ctx.of_kind(Note)] == ["Confidence threshold: 0.900 at 0.4, 0.800 at 0.5; 0.4 is set."]
    empty = TuningLog(ctx)
    empty.keep(tmp_path / "none", semantic_card())
    assert not (tmp_path / "none").exists()
