"""What the curves and scores of a run mean, and what to try next; no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from desktop_app.core.advice.curves import learned_by_heart, still_falling
from desktop_app.core.advice.next_step import LABEL_OR_SLOWER, START_KEPT, counted_images, told_steps
from desktop_app.core.advice.record import StepKind, TrainingAdvice
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.registry import RECIPES, all_scores
from desktop_app.core.score_trust import Range
from desktop_app.core.training_result import Kept
from desktop_app.gui.training.run_record import GrowingCurve

_VERDICTS = ((0.9, "very good"), (0.8, "good"), (0.65, "usable"), (0.4, "weak"))
"""From which score on a word is said; a judgement."""
_FEW_IMAGES = 5  # below them one more helps nearly always
_UNEVEN = 0.15  # between precision and recall: less is no reason to change a setting; a judgement
_HALF = 0.5  # of a score: below this more is wrong than right
_GOOD = 0.8  # score from which no advice is given; by eye
_NOTICEABLE = 0.02  # difference of scores that is said; smaller ones come and go by chance


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One score in words.

    Attributes:
        title: What it measures.
        value: 0 to 1.
        verdict: One word.
        text: One sentence of explanation.
        range: Between what it lies nine times of ten, where that is known.
    """

    title: str
    value: float
    verdict: str
    text: str
    range: Range | None = None


def verdict(value: float) -> str:
    """A word for a score between 0 and 1."""
    for limit, word in _VERDICTS:
        if round(value, 2) >= limit:
            return word
    return "poor"


def score_rows(scores: Mapping[str, float], ranges: Mapping[str, Range] = MappingProxyType({})) -> list[ScoreRow]:
    """The known scores in words, most telling first; those on test images follow, and say so.

    Args:
        scores: By name.
        ranges: Between what those on validation images lie.
    """
    return [*_rows(scores, "", ranges), *_rows(scores, "test", {})]


def _rows(scores: Mapping[str, float], family: str, ranges: Mapping[str, Range]) -> list[ScoreRow]:
    rows = []
    for score in all_scores().values():
        value = _named(scores, score.key, family)
        if value is not None and 0.0 <= value <= 1.0:
            where = f"{score.title}, test images" if family else score.title
            rows.append(ScoreRow(where, value, verdict(value), score.text, ranges.get(score.key)))
    return rows


def advise(
    curves: Mapping[str, GrowingCurve],
    scores: Mapping[str, float],
    config: TrainingConfig,
    *,
    images: int,
    cancelled: bool,
    caution: str = "",
    kept: Kept = "learned",
    told: TrainingAdvice | None = None,
    doubts: Sequence[str] = (),
) -> list[str]:
    """What to try next, most useful first; at least one sentence.

    Args:
        curves: ``loss/train``, ``loss/validation``, ``score/…``.
        scores: Final scores.
        config: What was trained.
        images: Number of images that the model learned from.
        cancelled: Whether the user stopped the run.
        caution: Why the scores say little, where they do.
        kept: Which weights the model has.
        told: What the training itself found to be wrong; None where it could not.
        doubts: Why the result may be poor, with what to do: they come before everything else.
    """
    if doubts:
        less = advise(curves, scores, config, images=images, cancelled=cancelled, caution=caution, kept=kept, told=told)
        return [*doubts, *less]
    if told is not None:
        return _as_told(told, scores, caution=caution, kept=kept)
    recipe, finetuned = RECIPES[config.recipe], bool(config.start_from)
    if kept == "start":
        return [
            *([caution] if caution else []),
            f"{START_KEPT}. {LABEL_OR_SLOWER}",
            *([] if caution else _balance(scores, recipe)),
        ]
    rows = score_rows(scores)
    main = rows[0].value if rows else None
    advice = _about_learning(curves, main, cancelled=cancelled, usual=recipe.least_steps(finetuned=finetuned))
    if main is not None and main < _GOOD and images < _FEW_IMAGES:
        advice.append(f"It learned from {counted_images(images)}. Two or three more labelled ones usually help a lot.")
    left = recipe.more_to_learn(config.recipe_parameters) if finetuned else ""
    if main is not None and main < _GOOD and left:
        advice.append(f"Of the start model {left} in the settings.")
    if not caution:
        advice += _balance(scores, recipe)
    if not advice and not caution:
        advice = ["It has learned what these images can teach. Try it on an image that it has never seen."]
    return [*([caution] if caution else []), *_since_the_start(scores), *advice]


def _as_told(told: TrainingAdvice, scores: Mapping[str, float], *, caution: str, kept: Kept) -> list[str]:
    """The one thing to do, then what went wrong."""
    since = [] if kept == "start" else _since_the_start(scores)
    doubtful = [caution] if caution and told.next_step.kind is not StepKind.CHECK_MORE else []
    return [told.next_step.sentence, *doubtful, *since, *told.went_wrong]


def _about_learning(
    curves: Mapping[str, GrowingCurve], main: float | None, *, cancelled: bool, usual: int
) -> list[str]:
    """What the curves say, or else the main score."""
    train, validation = curves.get("loss/train", []), curves.get("loss/validation", [])
    steps = train[-1][0] if train else 0
    if learned_by_heart(train, validation):
        return [
            "It began to learn the training images by heart. A state before that is kept if it scored clearly better. "
            "More labelled images help most; stronger random changes of the patches help, too."
        ]
    if still_falling(validation or train):
        more = f", for example {told_steps(steps * 2):,}" if steps else ""
        stopped = "It was stopped while it still got better." if cancelled else "It still got better at the end."
        return [f"{stopped} Train again with more steps{more}, or start from this model."]
    if (main is None or main < _GOOD) and 0 < steps < usual:
        return [f"It learned for {steps:,} steps only; {usual:,} or more are usual."]
    if main is not None and main < _HALF:
        return ["The scores are low. Look at the labels of the images with the worst outlines first."]
    return []


def _since_the_start(scores: Mapping[str, float]) -> list[str]:
    """How a finetuned model compares with the one that it started from, by the most telling score."""
    for score in all_scores().values():
        now, before = _named(scores, score.key), _named(scores, score.key, "start")
        if now is None or before is None:
            continue
        sentence = f"{score.title}: {before:.0%} with the start model, {now:.0%} now."
        worse = now < before - _NOTICEABLE
        return [f"{sentence} Here the start model does better: keep it, or label more images." if worse else sentence]
    return []


def _balance(scores: Mapping[str, float], recipe: RecipeInfo) -> list[str]:
    """What to do if it misses much more than it invents, or the other way round."""
    right, false, missed = (_named(scores, name) for name in ("tp", "fp", "fn"))
    precision, recall = _named(scores, "precision"), _named(scores, "recall")
    if right is not None and false is not None and missed is not None:
        precision, recall = right / max(1.0, right + false), right / max(1.0, right + missed)
    if precision is None or recall is None or abs(precision - recall) <= _UNEVEN:
        return []
    if recall < precision:
        return [f"It misses objects, or takes touching ones for one. When running it, {recipe.misses}."]
    return [f"It finds things that are not there. When running it, {recipe.inventions}."]


def _named(scores: Mapping[str, float], name: str, family: str = "") -> float | None:
    wanted = {f"{family}/{name}"} if family else {name, f"score/{name}"}
    return next((value for key, value in scores.items() if key.lower() in wanted), None)
