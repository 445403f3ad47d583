"""Choosing the parameters of decoding on validation images."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.semantic import SemanticDecode
from desktop_app.core.job import JobContext
from desktop_app.ml.recipes.base import Case, Task
from desktop_app.ml.recipes.semantic_decode import decode_semantic
from desktop_app.ml.recipes.semantic_score import pooled, score_semantic

_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
_SEEDS = (0.4, 0.5, 0.6, 0.7, 0.8)
_SMOOTHING_FACTORS = (0.5, 0.75, 1.25)
_WORTHWHILE = 0.01


def calibrated(cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
    """The card's parameters of decoding with thresholds and smoothing that score best on ``cases``.

    One parameter at a time. A change must raise the score by more than its standard error on that many objects, and
    by more than 0.01, so that nothing drifts from its default by chance (after the one-standard-error rule of Breiman
    et al. 1984).
    """
    best = SemanticDecode.model_validate(card.decode)
    if not cases:
        return best.model_dump()
    score, needed = _score(cases, task, card, best)
    searches: list[tuple[str, Iterable[float]]] = [("threshold", _THRESHOLDS)]
    if best.objects == "watershed":
        smoothings = [round(factor * best.smoothing, 2) for factor in _SMOOTHING_FACTORS]
        searches = [("smoothing", smoothings), ("seed_threshold", _SEEDS), *searches]
    for name, values in searches:
        for value in values:
            ctx.raise_if_cancelled()
            changed = best.model_copy(update={name: value})
            if changed == best:
                continue
            reached, error = _score(cases, task, card, changed)
            if reached > score + needed:
                best, score, needed = changed, reached, error
    return best.model_dump()


def _score(cases: list[Case], task: Task, card: ModelCard, parameters: SemanticDecode) -> tuple[float, float]:
    """The score, and the gain over it that another setting must bring to be believed."""
    decoded = (replace(decode_semantic(c.maps, parameters, card), classes=None) for c in cases)
    scores = pooled([score_semantic(d, c.truth, task) for d, c in zip(decoded, cases, strict=True)])
    if "f1" not in scores:
        return scores["score"], _WORTHWHILE
    objects = max(1.0, scores["tp"] + scores["fn"])
    error_of_f1 = math.sqrt(scores["f1"] * (1 - scores["f1"]) / objects)
    return scores["score"], max(_WORTHWHILE, error_of_f1 / 2)
