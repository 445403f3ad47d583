"""Choosing how sure a model must be of an object, on validation images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias

import fastremap
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
_LESS_SURE = 0.04
"""By how much models are less sure of right objects in specimens that they have not seen: of embryos left out a
twentieth was below 0.766, of those that validation and tuning had used below 0.808 (medians 0.835 and 0.855). From
0.02 above the best value on, more right ones than wrong ones were lost there."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found in an image.

    Attributes:
        sureness: Confidence of each object ``(n,) float64``.
        right: Whether it is an object, at an IoU of 0.5.
        voxels: Of each.
        inside: How many of these are of any true object.
        true: How many true objects there are.
        true_voxels: Of all of them.
    """

    sureness: NDArray[np.float64]
    right: NDArray[np.bool_]
    voxels: NDArray[np.int64]
    inside: NDArray[np.int64]
    true: int
    true_voxels: int

    def dice(self, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Of the image for several choices of what is kept ``(t, n)``."""
        shared, voxels = kept @ self.inside, kept @ self.voxels
        return 2 * shared / np.maximum(1, voxels + self.true_voxels)


def least_confidence(cases: Sequence[Case], task: Task, decode: Decoding) -> float:
    """The least confidence with the best score, which is the mean of F1 and Dice; 0 keeps all.

    It is taken if what it wins is more than chance: of ``n`` objects left out, so many more must be wrong than right as
    the square root of ``n``, one standard error if they were drawn alike. What is returned is a little lower, because
    models are less sure of what they have not seen.

    Args:
        cases: Predictions.
        task: What is learned; of class labels nothing is left out.
        decode: Makes labels of a case, with all objects.
    """
    images = []
    for case in cases if task.kind == "objects" else ():
        true = known_objects(case.truth, task)
        if true is not None and true.any():
            images.append(_judged(*_with_confidence(decode(case)), true, task))
    return _chosen(images) if images else 0.0


def _with_confidence(stream: LabelStream) -> tuple[NDArray[np.uint32], dict[int, float]]:
    """Labels ``(Z, Y, X)``, and the confidence of each object."""
    with closing(stream):
        labels = np.concatenate([part for _, part in stream.slabs])
        meter = ConfidenceMeter()
        if stream.likely is not None:
            meter.add(labels, stream.likely(Region.whole((labels.shape[0], labels.shape[1], labels.shape[2]))))
        return labels, meter.means()


def _judged(labels: NDArray[np.uint32], means: dict[int, float], true: NDArray[np.uint32], task: Task) -> _Found:
    """Labels ``(Z, Y, X)`` beside the true ones."""
    right, count = set[int](), 0
    for found, wanted in compared_pictures(labels, true, task):
        overlaps = find_overlaps(found, wanted)
        right.update(overlaps.predicted[matched_pairs(overlaps)].tolist())
        count += overlaps.n_truth
    ids, places, voxels = fastremap.unique(labels, return_inverse=True, return_counts=True)
    inside = np.bincount(places.reshape(-1), (true > 0).reshape(-1), ids.size).astype(np.int64)
    some = ids > 0
    sureness = np.array([means.get(number, 1.0) for number in ids[some].tolist()])
    known = np.isin(ids[some], list(right))
    return _Found(sureness, known, voxels[some].astype(np.int64), inside[some], count, int((true > 0).sum()))


def _chosen(images: Sequence[_Found]) -> float:
    """The value with the best score, a little lowered, or 0."""
    sureness, right = (np.concatenate(parts) for parts in zip(*((i.sureness, i.right) for i in images), strict=True))
    score = _smooth(_scores(images, _TRIED))
    best = int(np.median(np.flatnonzero(score >= score.max() - 1e-9)))  # the middle, where several are as good
    less = sureness < _TRIED[best]
    wrong, lost = int((less & ~right).sum()), int((less & right).sum())
    worthwhile = wrong - lost > np.sqrt(wrong + lost) and score[best] > _scores(images, np.zeros(1))[0]
    return round(float(_TRIED[best]) - _LESS_SURE, 2) if worthwhile else 0.0


def _scores(images: Sequence[_Found], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of F1 and Dice for each value."""
    kept = [image.sureness[None] >= values[:, None] for image in images]
    found: Any = sum((k & image.right).sum(1) for k, image in zip(kept, images, strict=True))
    total: Any = sum(k.sum(1) for k in kept) + sum(image.true for image in images)
    dice = np.mean([image.dice(k) for k, image in zip(kept, images, strict=True)], axis=0)
    scores: NDArray[np.float64] = (2 * found / np.maximum(1, total) + dice) / 2
    return scores


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running means."""
    width = 2 * _SPREAD + 1
    means: NDArray[np.float64] = np.convolve(np.pad(values, _SPREAD, mode="edge"), np.full(width, 1 / width), "valid")
    return means
