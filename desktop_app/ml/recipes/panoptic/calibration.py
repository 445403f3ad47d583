"""Choosing the parameters of decoding slices on validation images."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext, QuietContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.recipes.base import Case, Decoded, Task
from desktop_app.ml.recipes.calibration import Search, best_parameters
from desktop_app.ml.recipes.panoptic.decoding.decode import decode_panoptic
from desktop_app.ml.recipes.panoptic.score import pooled_scores, score_panoptic

_DISTANCES = (3, 5, 7)  # tried: the values that the field recommends
_CENTRES = (0.05, 0.1, 0.2, 0.3)  # tried: around the default, in steps that change something
_CONFIDENCES = (0.3, 0.4, 0.5, 0.6, 0.7)  # tried: around one half
_SIZE_FACTORS = (0.5, 2.0, 4.0)  # of the first guess, tried
_MEAN_SECTION = 0.6  # mean by largest cross-section of an ellipsoid is 2/3; objects are cut by borders


def calibrated_panoptic(cases: Sequence[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
    """The card's parameters of decoding with those that score best on slices taken one by one."""
    start = PanopticDecode.model_validate(card.decode)
    if not cases:
        return _with_size(start, card)
    sizes = [round(factor * start.min_area) for factor in _SIZE_FACTORS]
    searches: list[Search] = [
        ("centre_distance", _DISTANCES),
        ("centre_threshold", _CENTRES),
        ("confidence", _CONFIDENCES),
        ("min_area", sizes),
    ]

    def scored(case: Case, parameters: PanopticDecode) -> dict[str, float]:
        stream = decode_panoptic(case.maps, parameters, card, Room(), QuietContext(ctx))
        return score_panoptic(Decoded(*named_labels(stream)), case.truth, task)

    def score(parameters: PanopticDecode) -> dict[str, float]:
        return pooled_scores([case.scores_with(parameters, partial(scored, case, parameters)) for case in cases])

    return _with_size(best_parameters(start, searches, score, ctx), card)


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
