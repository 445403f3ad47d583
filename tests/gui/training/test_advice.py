from __future__ import annotations

import pytest

from desktop_app.core.advice.record import NextStep, StepKind, TrainingAdvice
from desktop_app.core.config.training import TrainingConfig
from desktop_app.gui.training.advice import advise, score_rows, verdict

PLAIN = TrainingConfig()


def line(*values: float, every: int = 100) -> list[tuple[int, float]]:
    return [((i + 1) * every, v) for i, v in enumerate(values)]


FALLING = line(1.0, 0.8, 0.65, 0.55, 0.45, 0.37)
FLAT = line(1.0, 0.5, 0.41, 0.4, 0.4, 0.4)
RISING = line(1.0, 0.6, 0.5, 0.6, 0.75, 0.9)


@pytest.mark.parametrize(("now", "said"), [(0.9, "80% with the start model, 90% now."), (0.7, "keep it, or label")])
def test_a_finetuned_model_is_compared_with_its_start(now: float, said: str) -> None:
    told = advise({}, {"f1": now, "start/f1": 0.8}, PLAIN, images=9, cancelled=False)[0]
    assert told.startswith("Objects found rightly")
    assert said in told
    assert ("keep it" in told) == (now < 0.8)


def test_where_the_start_model_was_kept_its_score_is_not_told_twice() -> None:
    curves = {"loss/train": FALLING, "loss/validation": RISING}
    tuned = PLAIN.model_copy(update={"start_from": "model"})
    said = advise(curves, {"f1": 0.8, "start/f1": 0.8}, tuned, images=9, cancelled=False, kept="start")
    assert [sentence.split(":")[0] for sentence in said] == ["The start model was kept"]
    assert "third of the learning rate" in said[0]
    guess = advise(curves, {"f1": 0.8, "start/f1": 0.8}, tuned, images=9, cancelled=False, caution="A.", kept="start")
    assert guess == ["A.", said[0]]


def test_from_scratch_there_is_nothing_to_compare_with() -> None:
    assert not any("start model" in said for said in advise({}, {"f1": 0.9}, PLAIN, images=9, cancelled=False))


def test_scores_that_are_a_guess_are_called_so_and_not_built_upon() -> None:
    advice = advise(
        {},
        {"f1": 0.82, "precision": 0.95, "recall": 0.7},
        TrainingConfig(),
        images=9,
        cancelled=False,
        caution="A guess.",
    )
    assert advice == ["A guess."]


def test_a_curve_that_still_falls_asks_for_more_steps() -> None:
    advice = advise({"loss/train": FALLING, "loss/validation": FALLING}, {"f1": 0.9}, PLAIN, images=8, cancelled=False)
    assert "more steps" in advice[0]
    assert "1,200" in advice[0]


def test_learning_by_heart_asks_for_more_images() -> None:
    advice = advise({"loss/train": FALLING, "loss/validation": RISING}, {"f1": 0.85}, PLAIN, images=8, cancelled=False)
    assert "by heart" in advice[0]


def test_few_images_and_a_weak_score_ask_for_labels() -> None:
    advice = advise({"loss/validation": FLAT}, {"f1": 0.6}, PLAIN, images=1, cancelled=False)
    assert "one image" in advice[0]


def test_missed_objects_ask_for_a_lower_threshold() -> None:
    advice = advise({}, {"f1": 0.82, "precision": 0.95, "recall": 0.7}, PLAIN, images=9, cancelled=False)
    assert "misses objects" in advice[0]
    counts = {"f1": 0.82, "tp": 20.0, "fp": 1.0, "fn": 9.0}
    assert "misses objects" in advise({}, counts, PLAIN, images=9, cancelled=False)[0]
    advice = advise({}, {"f1": 0.82, "precision": 0.7, "recall": 0.95}, PLAIN, images=9, cancelled=False)
    assert "raise" in advice[0]


def test_a_short_training_with_a_weak_score_asks_for_more_steps() -> None:
    flat = [(step, 0.5) for step in range(20, 101, 20)]
    advice = advise({"loss/train": flat, "loss/validation": flat}, {"f1": 0.5}, PLAIN, images=9, cancelled=False)
    assert "100 steps only" in advice[0]


def test_a_good_model_is_to_be_tried() -> None:
    assert "Try it" in advise({"loss/validation": FLAT}, {"f1": 0.92}, PLAIN, images=20, cancelled=False)[0]


TOLD = TrainingAdvice(
    went_wrong=("9 of 40 objects were missed.",), next_step=NextStep(kind=StepKind.REMEDY, sentence="Label more.")
)


def test_what_the_training_found_wrong_comes_before_what_scores_say() -> None:
    scores = {"f1": 0.6, "start/f1": 0.5, "precision": 0.95, "recall": 0.5}
    said = advise({}, scores, PLAIN, images=1, cancelled=False, told=TOLD)
    assert (said[0], said[-1], len(said)) == ("Label more.", "9 of 40 objects were missed.", 3)
    kept = advise({}, scores, PLAIN, images=1, cancelled=False, told=TOLD, kept="start")
    assert kept == ["Label more.", TOLD.went_wrong[0]], "not what it had before, which is the same"


def test_that_scores_are_a_guess_is_said_once() -> None:
    few = TOLD.model_copy(
        update={"next_step": NextStep(kind=StepKind.CHECK_MORE, sentence="They hold 3 objects only.")}
    )
    assert "A guess." not in advise({}, {}, PLAIN, images=1, cancelled=False, caution="A guess.", told=few)
    assert "A guess." in advise({}, {}, PLAIN, images=1, cancelled=False, caution="A guess.", told=TOLD)


def test_scores_come_in_words_with_the_most_telling_first() -> None:
    rows = score_rows({"score/dice": 0.89, "score/f1": 0.874, "tp": 120.0})
    assert [(r.title, r.verdict) for r in rows] == [
        ("Objects found rightly", "good"),
        ("Overlap with the truth", "good"),
    ]


def test_scores_on_test_images_come_last_and_say_so() -> None:
    rows = score_rows({"test/f1": 0.7, "dice": 0.9})
    assert [r.title for r in rows] == ["Overlap with the truth", "Objects found rightly, test images"]


def test_verdicts_never_fall_as_scores_rise() -> None:
    words = [verdict(v / 100) for v in range(101)]
    assert list(dict.fromkeys(words)) == ["poor", "weak", "usable", "good", "very good"]


def test_a_range_goes_with_the_score_on_validation_images_only() -> None:
    rows = score_rows({"f1": 0.8, "test/f1": 0.7, "dice": 0.9}, {"f1": (0.7, 0.86)})
    assert [row.range for row in rows] == [(0.7, 0.86), None, None]


def test_doubts_come_before_everything_else() -> None:
    said = advise({}, {"f1": 0.92}, PLAIN, images=9, cancelled=False, doubts=("Next to nothing came out: do this.",))
    assert said[0] == "Next to nothing came out: do this."
    assert said[1:] == advise({}, {"f1": 0.92}, PLAIN, images=9, cancelled=False)


@pytest.mark.parametrize(("steps", "told"), [(10, True), (100_000, False)])
def test_few_steps_are_said_also_where_nothing_was_scored(steps: int, told: bool) -> None:
    advice = advise({"loss/train": [(steps, 0.4)]}, {}, PLAIN, images=9, cancelled=False)
    assert ("steps only" in advice[0]) == told
