"""Choosing the kind that objects are made of, and how, where some images have labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext, QuietContext
from desktop_app.core.recipes.unsupervised.parameters import UnsupervisedDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.recipes.base import Case, Decoded
from desktop_app.ml.recipes.calibration import Search, best_parameters
from desktop_app.ml.recipes.semantic.score import pooled
from desktop_app.ml.recipes.unsupervised.engine import UnsupervisedEngine

_THRESHOLDS = (0.3, 0.4, 0.6, 0.7)  # tried beside the default
_SMOOTHINGS = (1.0, 1.5, 3.0, 4.0)  # tried beside the default, in pixels


def calibrated(
    cases: list[Case],
    card: ModelCard,
    score: Callable[[Decoded, NDArray[Any]], dict[str, float]],
    ctx: JobContext,
) -> dict[str, Any]:
    """The card's parameters of decoding with what scores best on ``cases``; without these as they are."""
    start = UnsupervisedDecode.model_validate(card.decode)
    if not cases:
        return start.model_dump()
    searches: list[Search] = [
        ("foreground", range(1, card.output_channels + 1)),
        ("smoothing", _SMOOTHINGS),
        ("threshold", _THRESHOLDS),
    ]
    engine = UnsupervisedEngine()

    def scored(case: Case, parameters: UnsupervisedDecode) -> dict[str, float]:
        stream = engine.decode(case.maps, parameters, card, Room(), QuietContext(ctx))
        return score(Decoded(*named_labels(stream)), case.truth)

    def score_of_all(parameters: UnsupervisedDecode) -> dict[str, float]:
        return pooled([case.scores_with(parameters, partial(scored, case, parameters)) for case in cases])

    return best_parameters(start, searches, score_of_all, ctx).model_dump()
