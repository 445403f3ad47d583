"""How well objects agree with annotated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import measure

from desktop_app.core.config.dataset import EXCLUDED
from desktop_app.ml.data.targets import IGNORED
from desktop_app.ml.recipes.base import Decoded, Task
from desktop_app.ml.recipes.pooled_scores import COUNTED, pooled_over_images
from desktop_app.objects.agreement import (
    find_overlaps,
    mean_defined,
    scores_at,
    scores_from_counts,
    voxel_scores,
    without_unknown,
)

OVERLAPS = tuple(round(0.5 + 0.05 * step, 2) for step in range(9))
"""Overlaps (IoU) at which objects are counted, as in the published tables."""


def score_objects(decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
    """``ap/0.50`` to ``ap/0.90`` and their mean ``ap``, ``f1`` and its counts at 0.5, ``dice``, and ``score``.

    AP is right over right, false and missed objects (as in Lalit et al. 2021). ``score``, what training maximises, is
    the mean AP, with a tenth of the Dice, which shows learning before there are objects. Objects are compared only
    where no voxel is unknown, or where a mask says which ones do not count.
    """
    classes = task.class_numbers(truth)
    known = classes != IGNORED
    found = decoded.labels > 0 if decoded.classes is None else decoded.classes > 0
    scores: dict[str, float] = {}
    dice = voxel_scores(found, classes == 1, known).dice
    if dice is not None:
        scores["dice"] = dice
    if bool(known.all()):
        scores.update(_agreement(decoded.labels, task.object_ids(truth), task))
    elif task.unlabelled == EXCLUDED:
        true = task.object_ids(truth)
        scores.update(_agreement(without_unknown(decoded.labels, known, true), true, task))
    return _with_means(scores)


def _agreement(found: NDArray[np.uint32], true: NDArray[np.uint32], task: Task) -> dict[str, float]:
    """AP at each overlap, and counts at the least; of single slices where the network sees these."""
    pairs = [(found, true)]
    if task.dimensions == 2:
        pairs = [
            (one[None], measure.label(other, connectivity=2)[None].astype(np.uint32))
            for one, other in zip(found, true, strict=True)
        ]
    overlaps = [find_overlaps(one, other) for one, other in pairs]
    scores: dict[str, float] = {}
    for overlap in OVERLAPS:
        agreed = [scores_at(one, overlap) for one in overlaps]
        tp, fp, fn = (sum(getattr(one, name) for one in agreed) for name in COUNTED)
        if tp + fp + fn:
            scores[f"ap/{overlap:.2f}"] = tp / (tp + fp + fn)
        if overlap == OVERLAPS[0]:
            scores.update({name: float(count) for name, count in zip(COUNTED, (tp, fp, fn), strict=True)})
    return scores


_DICE_SHARE = 0.1  # of the score: enough to show learning before objects are found, too little to decide afterwards


def _with_means(scores: dict[str, float]) -> dict[str, float]:
    ap = mean_defined(value for name, value in scores.items() if name.startswith("ap/"))
    named = {"ap": ap, "f1": None}
    if "tp" in scores:
        tp, fp, fn = (round(scores[name]) for name in COUNTED)
        named["f1"] = scores_from_counts(tp, fp, fn, 0.0).f1
    dice = scores.get("dice", 0.0)
    named["score"] = dice if ap is None else (1 - _DICE_SHARE) * ap + _DICE_SHARE * dice
    return {**scores, **{name: value for name, value in named.items() if value is not None}}


def pooled(scores: list[dict[str, float]]) -> dict[str, float]:
    """Scores over several images: AP and Dice are averaged over images, as published; objects are counted together."""
    if not scores:
        return {}
    return _with_means(pooled_over_images(scores, ("ap/", "dice")))
