"""Choosing the parameters of decoding slices on validation images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.panoptic import PanopticDecode
from desktop_app.core.job import JobContext
from desktop_app.ml.recipes.base import Case, Decoded, Task
from desktop_app.ml.recipes.panoptic_decode import decode_panoptic
from desktop_app.ml.recipes.panoptic_score import pooled_scores, score_panoptic

_DISTANCES = (3, 5, 7)
_CENTRES = (0.05, 0.1, 0.2, 0.3)
_CONFIDENCES = (0.3, 0.4, 0.5, 0.6, 0.7)
_SIZE_FACTORS = (0.5, 2.0, 4.0)
_WORTHWHILE = 0.01
_MEAN_SECTION = 0.6


def calibrated_panoptic(cases: Sequence[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
    """The card's parameters of decoding with those that score best on slices taken one by one.

    One parameter at a time. A change must raise the score by more than its standard error on that many objects, and
    by more than 0.01, so that nothing drifts from its default by chance (after the one-standard-error rule of Breiman
    et al. 1984).
    """
    best = PanopticDecode.model_validate(card.decode)
    if not cases:
        return _with_size(best, card)
    score, needed = _score(cases, task, card, best)
    sizes = [round(factor * best.min_area) for factor in _SIZE_FACTORS]
    searches: list[tuple[str, Iterable[float]]] = [
        ("centre_distance", _DISTANCES),
        ("centre_threshold", _CENTRES),
        ("confidence", _CONFIDENCES),
        ("min_area", sizes),
    ]
    for name, values in searches:
        for value in values:
            ctx.raise_if_cancelled()
            changed = best.model_copy(update={name: value})
            if changed == best:
                continue
            reached, error = _score(cases, task, card, changed)
            if reached > score + needed:
                best, score, needed = changed, reached, error
    return _with_size(best, card)


def smallest_volume(area: int, extent: int, anisotropy: float) -> int:
    """Voxels of an ellipsoid whose largest cross-section has so many pixels, and which is just long enough to be kept.

    What is learned of sizes is learned on slices; as a number of voxels the area of a slice would keep every speck. The
    mean cross-section of an ellipsoid is two thirds of the largest; here a little less, so that voxels at its ends do
    not decide.

    Args:
        area: Pixels of the smallest cross-section that counts.
        extent: The smallest extent, in pixels.
        anisotropy: How many pixels thick a slice is.
    """
    slices = max(1.0, extent / max(1.0, anisotropy))
    return max(area, round(_MEAN_SECTION * area * slices))


def _with_size(best: PanopticDecode, card: ModelCard) -> dict[str, Any]:
    """All parameters; the smallest object of volumes follows from the smallest area."""
    size = smallest_volume(best.min_area, best.min_extent, card.voxel_size.anisotropy if card.voxel_size.known else 1)
    return {**best.model_dump(), "min_size": size}


def _score(cases: Sequence[Case], task: Task, card: ModelCard, parameters: PanopticDecode) -> tuple[float, float]:
    """The score, and the gain over it that another setting must bring to be believed."""
    scores = []
    for case in cases:
        decoded = decode_panoptic(case.maps, parameters, card)
        scores.append(score_panoptic(Decoded(decoded.labels, decoded.class_of), case.truth, task))
    pooled = pooled_scores(scores)
    if "f1" not in pooled:
        return pooled["score"], _WORTHWHILE
    objects = max(1.0, pooled["tp"] + pooled["fn"])
    error_of_f1 = math.sqrt(pooled["f1"] * (1 - pooled["f1"]) / objects)
    return pooled["score"], max(_WORTHWHILE, error_of_f1 / 2)
