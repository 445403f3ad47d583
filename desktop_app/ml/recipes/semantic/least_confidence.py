"""Choosing how sure a model must be of an object, on validation images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.ml.inference.engine import LabelStream
from desktop_app.ml.recipes.base import Case, Task
from desktop_app.ml.recipes.semantic.score import compared_pictures, known_objects
from desktop_app.objects.agreement import find_overlaps, matched_pairs
from desktop_app.objects.confidence import ConfidenceMeter

Decoding: TypeAlias = Callable[[Case], LabelStream]

_TRIED = np.arange(0.20, 0.951, 0.01).round(2)
"""Least confidences to choose from: from the lowest threshold that is tried to what few real objects exceed."""
_SPREAD = 2
"""Steps to each side over which the score is averaged, so that a lucky value between two objects does not win."""


def least_confidence(cases: Sequence[Case], task: Task, decode: Decoding) -> float:
    """The least confidence that leaves out more wrong objects than right ones; 0 keeps all.

    The value with the best F1 at an IoU of 0.5 is taken if what it wins is more than chance: of ``n`` objects left out,
    so many more must be wrong than right as the square root of ``n``, one standard error if they were drawn alike.

    Args:
        cases: Predictions.
        task: What is learned; of class labels nothing is left out.
        decode: Makes labels of a case, with all objects.
    """
    sureness, right, missed = [np.zeros(0)], [np.zeros(0, bool)], 0
    for case in cases if task.kind == "objects" else ():
        true = known_objects(case.truth, task)
        if true is None:
            continue
        labels, means = _with_confidence(decode(case))
        for found, wanted in compared_pictures(labels, true, task):
            sure, matched, total = _judged(found, wanted, means)
            sureness.append(sure)
            right.append(matched)
            missed += total - int(matched.sum())
    return _chosen(np.concatenate(sureness), np.concatenate(right), missed)


def _with_confidence(stream: LabelStream) -> tuple[NDArray[np.uint32], dict[int, float]]:
    """Labels ``(Z, Y, X)``, and the confidence of each object."""
    with closing(stream):
        labels = np.concatenate([part for _, part in stream.slabs])
        meter = ConfidenceMeter()
        if stream.likely is not None:
            meter.add(labels, stream.likely(Region.whole((labels.shape[0], labels.shape[1], labels.shape[2]))))
        return labels, meter.means()


def _judged(
    found: NDArray[np.uint32], true: NDArray[Any], means: dict[int, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Confidence of each object that was found, whether it is right, and how many true ones there are."""
    overlaps = find_overlaps(found, true)
    ids = np.unique(found[found > 0])
    right = np.isin(ids, overlaps.predicted[matched_pairs(overlaps, 0.5)])
    return np.array([means.get(number, 1.0) for number in ids.tolist()]), right, overlaps.n_truth


def _chosen(sureness: NDArray[np.float64], right: NDArray[np.bool_], missed: int) -> float:
    """The value with the best F1, or 0."""
    kept = sureness[None] >= _TRIED[:, None]
    found = (kept & right).sum(1)
    f1 = 2 * found / np.maximum(1, kept.sum(1) + right.sum() + missed)
    padded = np.pad(f1, _SPREAD, mode="edge")
    best = int(np.convolve(padded, np.full(2 * _SPREAD + 1, 1 / (2 * _SPREAD + 1)), "valid").argmax())
    left_out = ~kept[best]
    wrong = int((left_out & ~right).sum())
    gain = wrong - int((left_out & right).sum())
    return float(_TRIED[best]) if gain > np.sqrt(left_out.sum()) else 0.0
