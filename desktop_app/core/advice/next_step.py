"""Which one thing would help a model most: rules, each with the gain that it expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from desktop_app.core.advice.curves import (
    Curve,
    fall_since_half,
    learned_by_heart,
    rise_since_half,
    still_falling,
    still_rising,
)
from desktop_app.core.advice.mistakes import Findings, Mistake
from desktop_app.core.advice.record import NextStep, StepKind
from desktop_app.core.recipes.base import RecipeInfo

_NEXT_TO_NOTHING = 0.1
"""Main score below which a model has not learned: of 34 objects it found 5, with 85 that are not there (0.01)."""
_FEWEST = 10
"""Objects below which the scores, and the kinds of mistakes, are chance: one more or less changes F1 by 0.05 to 0.1."""
_GOOD = 0.9
"""Score from which more training is not the thing that helps most."""
_TINY = 6.0
"""Width of objects, in pixels as the network sees them, below which a pixel decides on everything."""
_LONGER = 2
"""Times the steps so far: a run that still gets better seldom ends its gain in less."""
_FEW_IMAGES = 5
"""Images below which one more labelled image helps nearly always."""
_GAIN_OF_SIZE = 0.6
"""Share of the mistakes that another size repairs where objects are far too small or too large for the network."""
_GAIN_OF_TIME = 0.5
"""Share of what is wrong that a training of usual length repairs of one that had no time at all; in proportion else.
From 800 to 1,600 steps, F1 on embryos left out rose from 0.851 to 0.877, a sixth of what was wrong."""

START_KEPT = (
    "The start model was kept: nothing that was learned from these labels did better, so the scores are its own"
)
"""Of a finetuning that gained nothing; without its full stop."""
LABEL_OR_SLOWER = (
    "Label two or three more images that it gets wrong, or take a third of the learning rate; the rest it knows "
    "already."
)
"""What helps then as a rule."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What the rules look at.

    Attributes:
        recipe: The family of methods.
        parameters: Its training parameters.
        findings: The mistakes.
        score: Main score on the images kept aside, 0 to 1; None without one.
        curves: ``loss/train``, ``loss/validation``, ``score/score``: steps and values.
        steps: Steps that were learned.
        usual_steps: Steps that such a training takes as a rule.
        images: Images that were learned from.
        patch: Width of a patch, in pixels as the network sees it.
        poor_start: Whether the model that was improved had found next to nothing before.
        kept_start: Whether that model was kept, because nothing that was learned did better; mistakes and score are
            then its own.
        unseen: Whether the images kept aside have none of the classes.
        absent: Classes that none of these images has, by name.
    """

    recipe: RecipeInfo
    parameters: Mapping[str, Any]
    findings: Findings
    score: float | None
    steps: int
    usual_steps: int
    images: int
    patch: int
    poor_start: bool = False
    kept_start: bool = False
    unseen: bool = False
    absent: tuple[str, ...] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)

    @property
    def scale(self) -> int:
        """By how much images are shrunk for the network."""
        return self.recipe.scale(self.parameters)

    @property
    def wrong(self) -> float:
        """What the score lacks, or the share of objects that are wrong where there is none, 0 to 1."""
        return self.findings.weighted_share if self.score is None else 1 - self.score

    @property
    def seen_extent(self) -> float:
        """Width of the objects, in pixels as the network sees them."""
        return self.findings.extent / self.recipe.exact_scales(self.parameters)[1]


@dataclass(frozen=True, slots=True)
class _Hope:
    """A step, and by how much the main score may rise with it, 0 to 1."""

    gain: float
    step: NextStep


def next_step(learned: Learned) -> NextStep:
    """The one thing that would help most."""
    for rule in _FIRST:
        step = rule(learned)
        if step is not None:
            return step
    hopes = [hope for rule in _BY_GAIN if (hope := rule(learned)) is not None]
    if hopes:
        return max(hopes, key=lambda hope: hope.gain).step
    if learned.absent:
        sentence = (
            f"The images kept aside show nothing wrong, but {' and '.join(learned.absent)} "
            f"{'is' if len(learned.absent) == 1 else 'are'} in none of them: keep one aside that has "
            f"{'it' if len(learned.absent) == 1 else 'them'}, or label one more."
        )
        return NextStep(kind=StepKind.CHECK_MORE, sentence=sentence)
    return NextStep(
        kind=StepKind.TRY,
        sentence="It has learned what these images can teach. Try it on an image that it has never seen.",
    )


def _too_few_to_judge(learned: Learned) -> NextStep | None:
    findings = learned.findings
    if learned.unseen:
        sentence = (
            "The images kept aside hold nothing of what was learned. Keep one aside that does, or label one more."
        )
        return NextStep(kind=StepKind.CHECK_MORE, sentence=sentence)
    if not findings.of_objects or findings.true >= _FEWEST:
        return None
    held = {0: "no object", 1: "a single object"}.get(findings.true, f"{findings.true} objects only")
    sentence = f"The images kept aside hold {held}. Label one more image, so that it can be told what goes wrong."
    return NextStep(kind=StepKind.CHECK_MORE, sentence=f"{START_KEPT}. {sentence}" if learned.kept_start else sentence)


def _poor_start(learned: Learned) -> NextStep | None:
    good = learned.score is not None and learned.score >= _GOOD
    if not learned.poor_start or good:
        return None
    return NextStep(
        kind=StepKind.FROM_SCRATCH,
        sentence="The start model found next to nothing in these images, and what it knew was in the way: train from "
        "scratch.",
    )


def _kept_start(learned: Learned) -> NextStep | None:
    """What to do where nothing that was learned did better than the start model.

    A longer training only where this one had no time, or was still on its way: as it ended, it was behind the start.
    """
    if not learned.kept_start:
        return None
    if learned.score is not None and learned.score >= _GOOD:
        sentence = f"{START_KEPT}. It does well here as it is: use it, or label what it still gets wrong."
        return NextStep(kind=StepKind.TRY, sentence=sentence)
    longer = _still_better(learned) or _short(learned)
    if longer is not None:
        more = max(learned.usual_steps, _LONGER * learned.steps)
        sentence = (
            f"{START_KEPT}. What was learned in {_steps(learned.steps)} had not caught up with it yet: train longer, "
            f"for example {told_steps(more):,} steps."
        )
        return NextStep(kind=StepKind.TRAIN_LONGER, sentence=sentence)
    return NextStep(kind=StepKind.MORE_IMAGES, sentence=f"{START_KEPT}. {LABEL_OR_SLOWER}")


def told_steps(steps: float) -> int:
    """Steps as a sentence names them: whole hundreds, as nobody sets them finer, and one hundred at least."""
    return max(100, round(steps / 100) * 100)


def _not_learned(learned: Learned) -> NextStep | None:
    """Of a model that finds next to nothing no kind of mistake says what to do, nor does any setting repair it."""
    if learned.score is None or learned.score >= _NEXT_TO_NOTHING:
        return None
    more = max(learned.usual_steps, _LONGER * learned.steps)
    return NextStep(
        kind=StepKind.TRAIN_LONGER,
        sentence=f"It has learned next to nothing in {_steps(learned.steps)}: train longer, for example "
        f"{told_steps(more):,} steps. If that changes nothing, look whether the labels lie where the "
        "objects are in the images.",
    )


def _by_heart(learned: Learned) -> NextStep | None:
    if not learned_by_heart(learned.curves.get("loss/train", ()), learned.curves.get("loss/validation", ())):
        return None
    return NextStep(
        kind=StepKind.MORE_IMAGES,
        sentence="It began to learn the training images by heart. Label two or three more images, and train again.",
    )


def _still_better(learned: Learned) -> _Hope | None:
    """Going on, which may bring as much as the second half of the steps has brought, for twice as many."""
    good = learned.score is not None and learned.score >= _GOOD
    losses = learned.curves.get("loss/validation") or learned.curves.get("loss/train", ())
    scores = learned.curves.get("score/score", ())
    if good or not (still_falling(losses) or still_rising(scores)):
        return None
    more = told_steps(_LONGER * learned.steps)
    step = NextStep(
        kind=StepKind.TRAIN_LONGER,
        sentence=f"It still got better at the end: train longer, for example {more:,} steps.",
    )
    brought = rise_since_half(scores)
    if brought is None:  # half of the loss is taken for half of the mistakes
        brought = learned.wrong * fall_since_half(losses)
    return _Hope(max(0.0, brought), step)


def _wrong_size(learned: Learned) -> _Hope | None:
    gravest, extent = learned.findings.gravest, learned.seen_extent
    if gravest is None or extent <= 0:
        return None
    gain = _GAIN_OF_SIZE * learned.findings.weighted_share
    if extent < _TINY and gravest is not Mistake.SPLIT:
        seen = f"The objects are {extent:.0f} pixels wide for the network, which is too small to tell them apart."
        if learned.scale > 1:
            less = max(1, learned.scale // 2)
            sentence = f"{seen} Train at scale {less} in place of {learned.scale}."
        else:
            sentence = f"{seen} Enlarge the images, or take them at a higher magnification."
        return _Hope(gain, NextStep(kind=StepKind.OTHER_SIZE, sentence=sentence))
    if extent > learned.patch and gravest is Mistake.SPLIT:
        sentence = (
            f"The objects are {extent:.0f} pixels wide, and the network sees {learned.patch} at once. Train with a "
            "larger patch, or at a smaller size of the images."
        )
        return _Hope(gain, NextStep(kind=StepKind.OTHER_SIZE, sentence=sentence))
    return None


def _short(learned: Learned) -> _Hope | None:
    """A weak model that was given little time."""
    if learned.findings.gravest is None or not 0 < learned.steps < learned.usual_steps:
        return None
    if learned.score is not None and learned.score >= _GOOD:
        return None
    gain = _GAIN_OF_TIME * learned.wrong * (1 - learned.steps / learned.usual_steps)
    step = NextStep(
        kind=StepKind.TRAIN_LONGER,
        sentence=f"It learned for {_steps(learned.steps)} only; train longer, {learned.usual_steps:,} steps or more.",
    )
    return _Hope(gain, step)


def _remedy(learned: Learned) -> _Hope | None:
    gravest = learned.findings.gravest
    if gravest is None:
        return None
    few = f" It learned from {counted_images(learned.images)} only." if learned.images < _FEW_IMAGES else ""
    step = NextStep(kind=StepKind.REMEDY, sentence=learned.recipe.remedy(gravest, learned.parameters) + few)
    repaired = learned.recipe.repaired(gravest, learned.parameters)
    return _Hope(repaired * learned.findings.weight_of(gravest), step)


def _steps(count: int) -> str:
    return "one step" if count == 1 else f"{count:,} steps"


def counted_images(images: int) -> str:
    """So many images, in words."""
    return "one image" if images == 1 else f"{images} images"


_FIRST: tuple[Callable[[Learned], NextStep | None], ...] = (
    _poor_start,
    _too_few_to_judge,
    _kept_start,
    _not_learned,
    _by_heart,
)
"""What is wrong with the checking, or with what was begun from; nothing else can be judged before."""
_BY_GAIN: tuple[Callable[[Learned], _Hope | None], ...] = (_wrong_size, _still_better, _short, _remedy)
"""Of these the one from which most is expected; of two alike the first."""
