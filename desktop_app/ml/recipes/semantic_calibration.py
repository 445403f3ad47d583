"""Choosing the parameters of decoding on validation images."""

from __future__ import annotations

from collections.abc import Iterable
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

    One parameter at a time; a change must raise the score by more than 0.01, so that nothing drifts from its
    default without reason.
    """
    best = SemanticDecode.model_validate(card.decode)
    if not cases:
        return best.model_dump()
    score = _score(cases, task, card, best)
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
            reached = _score(cases, task, card, changed)
            if reached > score + _WORTHWHILE:
                best, score = changed, reached
    return best.model_dump()


def _score(cases: list[Case], task: Task, card: ModelCard, parameters: SemanticDecode) -> float:
    return pooled([score_semantic(decode_semantic(c.maps, parameters, card), c.truth, task) for c in cases])["score"]
