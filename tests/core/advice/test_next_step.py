from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.core.advice.mistakes import Findings, Mistake
from desktop_app.core.advice.next_step import Learned, next_step
from desktop_app.core.advice.record import StepKind
from desktop_app.core.recipes.registry import RECIPES

FALLING = [(100 * step, value) for step, value in enumerate((1.0, 0.8, 0.65, 0.55, 0.45, 0.37), start=1)]
FLAT = [(100 * step, value) for step, value in enumerate((1.0, 0.5, 0.41, 0.4, 0.4, 0.4), start=1)]
RISING = [(100 * step, value) for step, value in enumerate((1.0, 0.6, 0.5, 0.6, 0.75, 0.9), start=1)]


def learned(*, extent: float = 20.0, of_objects: bool = True, true: int = 100, **counts: int) -> Learned:
    """A training that ended calmly, with these mistakes."""
    found = {Mistake(name): count for name, count in counts.items()}
    return Learned(
        recipe=RECIPES["semantic"],
        parameters={},
        findings=Findings(found, true, of_objects, extent),
        score=0.8,
        steps=1600,
        usual_steps=800,
        images=20,
        patch=64,
        curves={"loss/train": FLAT, "loss/validation": FLAT},
    )


def test_a_model_that_does_well_is_to_be_tried() -> None:
    assert next_step(learned()).kind is StepKind.TRY


def test_a_handful_of_objects_says_nothing() -> None:
    few = next_step(learned(true=4, merged=4))
    assert few.kind is StepKind.CHECK_MORE
    assert "4 objects only" in few.sentence
    assert next_step(learned(true=4, missed=4, of_objects=False)).kind is StepKind.REMEDY


def test_a_start_model_that_did_not_fit_is_to_be_left() -> None:
    poor = replace(learned(missed=20), poor_start=True)
    assert next_step(poor).kind is StepKind.FROM_SCRATCH
    assert next_step(replace(poor, score=0.95)).kind is StepKind.REMEDY


def test_where_the_start_model_was_kept_the_advice_is_about_it() -> None:
    """A longer training is advised only where this one had no time or was still on its way; never that it has learned
    what the images can teach.
    """
    kept = replace(learned(missed=20), kept_start=True)
    plain = next_step(kept)
    assert plain.kind is StepKind.MORE_IMAGES
    assert "a third of the learning rate" in plain.sentence
    short, good = next_step(replace(kept, steps=100)), next_step(replace(kept, score=0.95))
    assert (short.kind, "800 steps" in short.sentence) == (StepKind.TRAIN_LONGER, True)
    assert (good.kind, "use it" in good.sentence) == (StepKind.TRY, True)
    heart = {"loss/train": FALLING, "loss/validation": RISING}
    few = next_step(replace(learned(true=4), kept_start=True))
    steps = (
        plain,
        short,
        good,
        few,
        next_step(replace(kept, curves=heart)),
        next_step(replace(learned(), kept_start=True)),
    )
    assert all(step.sentence.startswith("The start model was kept: ") for step in steps)
    assert next_step(replace(kept, poor_start=True)).kind is StepKind.FROM_SCRATCH


def test_of_a_model_that_has_not_learned_no_mistake_says_what_to_do() -> None:
    nothing = replace(learned(missed=29, small_invented=48, invented=37, true=34), score=0.01, steps=300)
    step = next_step(nothing)
    assert (step.kind, "800 steps" in step.sentence) == (StepKind.TRAIN_LONGER, True)
    assert "next to nothing" in step.sentence
    assert next_step(replace(nothing, score=0.3, steps=1600)).kind is StepKind.REMEDY


def test_learning_by_heart_asks_for_more_images() -> None:
    curves = {"loss/train": FALLING, "loss/validation": RISING}
    assert next_step(replace(learned(missed=20), curves=curves)).kind is StepKind.MORE_IMAGES


def test_a_run_that_still_got_better_is_to_go_on() -> None:
    step = next_step(replace(learned(missed=20), curves={"loss/train": FALLING, "loss/validation": FALLING}))
    assert (step.kind, "3,200 steps" in step.sentence) == (StepKind.TRAIN_LONGER, True)
    rising = {"loss/validation": FLAT, "score/score": [(100, 0.5), (200, 0.6), (300, 0.7)]}
    assert next_step(replace(learned(missed=20), curves=rising)).kind is StepKind.TRAIN_LONGER
    assert next_step(replace(learned(), score=0.95, curves=rising)).kind is StepKind.TRY


def rising(*scores: float) -> dict[str, list[tuple[int, float]]]:
    curve = [(100 * number, value) for number, value in enumerate(scores, start=1)]
    return {"loss/train": FLAT, "loss/validation": FLAT, "score/score": curve}


def test_of_a_longer_training_and_a_remedy_the_one_that_promises_more_comes_first() -> None:
    """The score has risen by 0.06 since half of the steps; a third of the objects became one with a neighbour."""
    slowly = replace(learned(merged=33), score=0.7, curves=rising(0.5, 0.64, 0.66, 0.7))
    assert next_step(slowly).kind is StepKind.REMEDY
    assert next_step(replace(slowly, findings=learned(merged=8).findings)).kind is StepKind.TRAIN_LONGER
    fast = replace(slowly, curves=rising(0.2, 0.45, 0.6, 0.7))
    assert next_step(fast).kind is StepKind.TRAIN_LONGER


def test_what_was_switched_off_comes_before_more_steps() -> None:
    still = replace(learned(merged=20), score=0.7, curves=rising(0.4, 0.57, 0.65, 0.7))
    assert next_step(still).kind is StepKind.TRAIN_LONGER
    off = next_step(replace(still, parameters={"separate_objects": False}))
    assert "Learn to separate touching objects" in off.sentence


def test_specks_are_removed_before_a_run_goes_on() -> None:
    specks = replace(learned(small_invented=30), score=0.75, curves=rising(0.4, 0.6, 0.68, 0.75))
    step = next_step(specks)
    assert (step.kind, "smallest object size" in step.sentence) == (StepKind.REMEDY, True)
    assert next_step(replace(specks, findings=learned(small_invented=10).findings)).kind is StepKind.TRAIN_LONGER


def test_another_size_comes_before_more_steps_where_most_are_too_small() -> None:
    small = replace(learned(extent=4.0, small_missed=40), score=0.6, curves=rising(0.3, 0.45, 0.55, 0.6))
    assert next_step(small).kind is StepKind.OTHER_SIZE
    assert (
        next_step(replace(small, findings=learned(extent=4.0, small_missed=10).findings)).kind is StepKind.TRAIN_LONGER
    )


def test_a_little_short_of_the_usual_time_is_no_reason_to_wait() -> None:
    nearly = replace(learned(missed=20), steps=700)
    assert next_step(nearly).kind is StepKind.REMEDY
    assert next_step(replace(nearly, steps=50)).kind is StepKind.TRAIN_LONGER


def test_a_short_run_with_mistakes_is_to_go_on() -> None:
    step = next_step(replace(learned(missed=20), steps=100))
    assert (step.kind, "100 steps only" in step.sentence) == (StepKind.TRAIN_LONGER, True)


def test_objects_of_a_few_pixels_want_another_size() -> None:
    step = next_step(learned(extent=4.0, small_missed=20))
    assert (step.kind, "Enlarge the images" in step.sentence) == (StepKind.OTHER_SIZE, True)
    shrunk = replace(learned(extent=16.0, missed=20), recipe=RECIPES["panoptic"], parameters={"downsampling": 4})
    assert "Train at scale 2 in place of 4." in next_step(shrunk).sentence
    assert next_step(learned(extent=4.0)).kind is StepKind.TRY


def test_objects_larger_than_a_patch_want_a_larger_one() -> None:
    step = next_step(learned(extent=100.0, split=20))
    assert (step.kind, "larger patch" in step.sentence) == (StepKind.OTHER_SIZE, True)
    assert next_step(learned(extent=100.0, missed=20)).kind is StepKind.REMEDY


@pytest.mark.parametrize("mistake", list(Mistake))
@pytest.mark.parametrize("family", list(RECIPES))
def test_every_family_has_a_remedy_for_every_mistake(family: str, mistake: Mistake) -> None:
    step = next_step(replace(learned(**{mistake.value: 30}), recipe=RECIPES[family]))
    assert step.kind is StepKind.REMEDY
    assert step.sentence.endswith(".")


def test_few_images_are_named_beside_the_remedy() -> None:
    assert next_step(replace(learned(missed=20), images=1)).sentence.endswith("It learned from one image only.")


def test_touching_objects_are_parted_where_that_was_switched_off() -> None:
    off = replace(learned(merged=20), parameters={"separate_objects": False})
    assert "Learn to separate touching objects" in next_step(off).sentence
    assert "Label more places where objects touch" in next_step(learned(merged=20)).sentence


def test_images_kept_aside_without_any_class_say_nothing() -> None:
    """A score of classes that are not there is no reason to train longer."""
    blind = next_step(replace(learned(of_objects=False, invented=50), score=0.0, unseen=True))
    assert blind.kind is StepKind.CHECK_MORE
    assert "nothing of what was learned" in blind.sentence


def test_a_class_that_no_image_kept_aside_has_is_the_next_thing_to_check() -> None:
    """A model is not said to have learned everything where one of its classes was never looked at."""
    fine = replace(learned(of_objects=False), score=0.98)
    assert next_step(fine).kind is StepKind.TRY
    one = next_step(replace(fine, absent=("Axon",)))
    assert one.kind is StepKind.CHECK_MORE
    assert "Axon is in none of them" in one.sentence
    assert "Axon and Edge are in none of them" in next_step(replace(fine, absent=("Axon", "Edge"))).sentence
    wrong = replace(learned(missed=20), absent=("Axon",))
    assert next_step(wrong).kind is StepKind.REMEDY


def test_a_single_step_is_called_so() -> None:
    assert "next to nothing in one step:" in next_step(replace(learned(missed=90), score=0.0, steps=1)).sentence
