"""How well decoded labels agree with annotated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import measure

from desktop_app.ml.data.targets import IGNORED
from desktop_app.ml.recipes.base import Decoded, Task
from desktop_app.ml.recipes.semantic.targets import class_numbers, object_ids
from desktop_app.objects.agreement import object_scores

_COUNTS = ("tp", "fp", "fn")


def score_semantic(decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
    """``dice`` (mean over classes), ``f1`` for objects, ``score`` (what training maximises), all between 0 and 1.

    Unknown voxels are left out of the Dice; objects are compared only where no voxel is unknown. The Dice is that of
    ``decoded.classes`` where these are told, so that it shows learning before there are seeds for objects; else that
    of the labels.
    """
    wanted = class_numbers(truth, task)
    known = wanted != IGNORED
    found = _found_classes(decoded, task)
    scores: dict[str, float] = {}
    for number, name in enumerate(task.class_names, start=1):
        scores[f"dice/{name}"] = dice((found == number) & known, (wanted == number) & known)
    scores["dice"] = float(np.mean(list(scores.values())))
    scores["score"] = scores["dice"]
    if task.kind == "objects" and bool(known.all()):
        scores.update(_matches(decoded.labels, object_ids(truth, task), task))
        scores["f1"] = _f1(scores)
        scores["score"] = (scores["dice"] + scores["f1"]) / 2
    return scores


def _matches(found: NDArray[np.uint32], true: NDArray[np.uint32], task: Task) -> dict[str, float]:
    """Objects found, wrong and missed at an IoU of 0.5.

    A network of single slices never joins objects of different slices; it is compared with the cross-sections that
    it can see, where each piece of an object counts.
    """
    pairs = [(found, true)]
    if task.dimensions == 2:
        pairs = [
            (one[None], measure.label(other, connectivity=2)[None]) for one, other in zip(found, true, strict=True)
        ]
    agreements = [object_scores(one, other.astype(np.uint32), iou=0.5) for one, other in pairs]
    return {name: float(sum(getattr(a, name) for a in agreements)) for name in _COUNTS}


def _f1(counts: Mapping[str, float]) -> float:
    total = 2 * counts["tp"] + counts["fp"] + counts["fn"]
    return 2 * counts["tp"] / total if total else 1.0


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Overlap of two masks (Dice 1945): 1 if they are the same, also if both are empty."""
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def _found_classes(decoded: Decoded, task: Task) -> NDArray[np.uint8]:
    """Class numbers of decoded labels, whether these are objects or classes."""
    if decoded.classes is not None:
        return decoded.classes
    if len(task.class_names) == 1:
        return (decoded.labels > 0).astype(np.uint8)
    numbers = {name: number for number, name in enumerate(task.class_names, start=1)}
    table = np.zeros(int(decoded.labels.max(initial=0)) + 1, np.uint8)
    for label, name in decoded.class_of.items():
        if label < table.size:
            table[label] = numbers.get(name, 0)
    return table[decoded.labels]


def pooled(scores: list[dict[str, float]]) -> dict[str, float]:
    """Scores over several images: means, but F1 from the counts of all objects together."""
    if not scores:
        return {}
    names = dict.fromkeys(name for one in scores for name in one)
    merged = {name: float(np.mean([one[name] for one in scores if name in one])) for name in names}
    if "tp" in merged:
        merged.update({name: sum(one.get(name, 0.0) for one in scores) for name in _COUNTS})
        merged["f1"] = _f1(merged)
        merged["score"] = (merged["dice"] + merged["f1"]) / 2
    return merged
