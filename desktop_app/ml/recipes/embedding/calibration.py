"""Choosing the thresholds of decoding on validation images."""

from __future__ import annotations

from functools import partial
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext, QuietContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.recipes.base import Case, Decoded, Task
from desktop_app.ml.recipes.calibration import Search, best_parameters
from desktop_app.ml.recipes.embedding.decode import decode_embedding
from desktop_app.ml.recipes.embedding.score import pooled, score_objects

_SEEDS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)  # tried: networks that learned shortly are less sure than the published 0.9
_FOREGROUNDS = (0.3, 0.4, 0.6, 0.7)  # tried: around one half, as far as the published search goes

_REACHES = (1.0, 1.2, 1.3)  # tried: from the published rule to what joins neighbours


def calibrated(cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
    """The card's parameters of decoding with thresholds that score best on ``cases``."""
    start = EmbeddingDecode.model_validate(card.decode)
    if not cases:
        return start.model_dump()
    searches: list[Search] = [
        ("seed_threshold", _SEEDS), ("foreground_threshold", _FOREGROUNDS), ("reach", _REACHES)
    ]  # fmt: skip

    def scored(case: Case, parameters: EmbeddingDecode) -> dict[str, float]:
        stream = decode_embedding(case.maps, parameters, card, Room(), QuietContext(ctx))
        return score_objects(Decoded(*named_labels(stream)), case.truth, task)

    def score(parameters: EmbeddingDecode) -> dict[str, float]:
        return pooled([case.scores_with(parameters, partial(scored, case, parameters)) for case in cases])

    return best_parameters(start, searches, score, ctx).model_dump()
