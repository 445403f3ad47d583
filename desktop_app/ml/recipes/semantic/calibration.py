"""Choosing the parameters of decoding on validation images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext, Note, QuietContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.inference.engine import LabelStream, Room, named_labels
from desktop_app.ml.recipes.base import Case, Decoded, Task
from desktop_app.ml.recipes.calibration import Search, best_parameters
from desktop_app.ml.recipes.pooled_scores import COUNTED
from desktop_app.ml.recipes.semantic.least_confidence import least_confidence
from desktop_app.ml.recipes.semantic.score import pooled, score_semantic

Decode: TypeAlias = Callable[[Any, SemanticDecode, ModelCard, Room, JobContext], LabelStream]

_THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # tried: around one half, as wide as networks are mistaken
_SEEDS = (0.4, 0.5, 0.6, 0.7, 0.8)  # tried: around the default
_DIPS = (0.0, 0.05, 0.1, 0.15)  # tried: from 0.2 on touching nuclei merge on every set that was looked at
_SMOOTHING_FACTORS = (0.5, 0.75, 1.25)  # of the first guess, tried

_FAR_TOO_MANY = 20
"""Times as many objects as there are: from maps of noise come some hundred times as many, each hardly more than a
voxel; decoding them takes several times as long as decoding what a trained model says. A judgement."""
_HARDLY_ANY = 0.05
"""Of the true objects found: fewer right ones among so many are chance, and no value that is tried brings others."""

_UNTUNED = (
    "Of {found:,} objects that were found in the labelled images, {right:,} of the {true:,} real ones are right: the "
    "model has learned too little for choosing how objects are made, so that this stays as it was. Train longer."
)
_LEFT_OUT = (
    "Objects less sure than {:g} are left out: of the labelled images, wrong ones are less sure than right ones. "
    "Lower “Least confidence of an object” to see them."
)


def calibrated(cases: list[Case], task: Task, card: ModelCard, decode: Decode, ctx: JobContext) -> dict[str, Any]:
    """The card's parameters of decoding, with those that score best on ``cases``.

    Thresholds, smoothing, least dip and least confidence are chosen; nothing is where what is found is noise.

    Args:
        cases: Predictions, of the size of the image or not.
        task: What is learned.
        card: With the parameters to begin with.
        decode: Makes labels of maps, as whoever uses the model gets them.
        ctx: Hears which values were tried, and may cancel.
    """
    start = SemanticDecode.model_validate(card.decode)
    if not cases:
        return start.model_dump()
    searches: list[Search] = [("threshold", _THRESHOLDS)]
    smoothings = [round(factor * start.smoothing, 2) for factor in _SMOOTHING_FACTORS]
    if start.objects == "watershed":
        searches = [("smoothing", smoothings), ("min_dip", _DIPS), ("seed_threshold", _SEEDS), *searches]
    elif start.objects == "voronoi":
        searches = [("smoothing", smoothings), *searches]

    def scored(case: Case, parameters: SemanticDecode) -> dict[str, float]:
        stream = decode(case.maps, parameters, card, Room(), QuietContext(ctx))
        return score_semantic(Decoded(*named_labels(stream)), case.truth, task)

    def score(parameters: SemanticDecode) -> dict[str, float]:
        return pooled([case.scores_with(parameters, partial(scored, case, parameters)) for case in cases])

    with_all = start.model_copy(update={"min_confidence": 0.0})
    if untuned := _noise(score(with_all)):
        ctx.report(Note("warning", untuned))
        return start.model_dump()
    tuned = best_parameters(with_all, searches, score, ctx)
    if tuned.objects == "classes":
        return tuned.model_dump()

    def objects_of(case: Case) -> LabelStream:
        return decode(case.maps, tuned, card, Room(), QuietContext(ctx))

    least = least_confidence(cases, task, objects_of)
    if least:
        ctx.report(Note("info", _LEFT_OUT.format(least)))
    return tuned.model_copy(update={"min_confidence": least}).model_dump()


def _noise(scores: Mapping[str, float]) -> str:
    """Why nothing can be chosen, where far too many objects are found and hardly any is right; empty where it can."""
    if "tp" not in scores:
        return ""
    right, wrong, missed = (round(scores[name]) for name in COUNTED)
    true = right + missed
    if true == 0 or right + wrong < _FAR_TOO_MANY * true or right > _HARDLY_ANY * true:
        return ""
    return _UNTUNED.format(found=right + wrong, right=right, true=true)
