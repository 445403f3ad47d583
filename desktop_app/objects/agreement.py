"""How well a prediction agrees with the truth: by object and by voxel.

One convention for training, evaluation and the window. A score that nothing speaks of is undefined (None): the Dice of
two empty masks, the precision of no prediction. Undefined scores stay out of means. Over several images objects are
counted together, and overlaps of voxels are averaged over the images in which they are defined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.objects.numbering import numbered

USUAL_IOU = 0.5
"""Overlap (IoU) from which two objects are partners: publications count by it, and none has two partners with more."""
LEAST_IOU = 0.05
"""Overlap (IoU) below which neighbours that only touch would be partners; a judgement."""
_DENSE_LIMIT = 20_000_000
"""Possible pairs up to which they are counted in a table of 8 bytes each (160 MB) instead of by sorting."""
MOSTLY = 0.5
"""Share of an object's voxels beyond which it counts as lying in unknown ones."""


@dataclass(frozen=True, slots=True)
class ObjectScores:
    """Agreement of objects; all shares are 0 to 1.

    Attributes:
        tp: Predicted objects with a true partner.
        fp: Predicted objects without one.
        fn: True objects without one.
        precision: tp / (tp + fp).
        recall: tp / (tp + fn).
        f1: 2 tp / (2 tp + fp + fn).
        mean_matched_iou: Mean overlap of the partners.
        panoptic_quality: f1 times mean_matched_iou, 0 where there are objects but no partners (Kirillov et al. 2019,
            arXiv 1801.00868).

    Each is None where its denominator is 0.
    """

    tp: int
    fp: int
    fn: int
    precision: float | None
    recall: float | None
    f1: float | None
    mean_matched_iou: float | None
    panoptic_quality: float | None


@dataclass(frozen=True, slots=True)
class VoxelScores:
    """Agreement of two masks: Dice coefficient and intersection over union, 0 to 1; None where both are empty."""

    dice: float | None
    iou: float | None


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs of objects that share voxels.

    Attributes:
        predicted: Id of the predicted object of each pair.
        truth: Id of the true object of each pair.
        shared: Voxels in common.
        iou: Intersection over union.
        n_predicted: Number of predicted objects, with or without partner.
        n_truth: Number of true objects.
    """

    predicted: NDArray[np.int64]
    truth: NDArray[np.int64]
    shared: NDArray[np.int64]
    iou: NDArray[np.float64]
    n_predicted: int
    n_truth: int


def object_scores(predicted: NDArray[Any], truth: NDArray[Any], iou: float = USUAL_IOU) -> ObjectScores:
    """Agreement of two label images of the same shape.

    Partners overlap by at least ``iou``; each object has at most one. Above 0.5 partners are unique by themselves; the
    few conflicts below are settled so that the most partners are found.

    Raises:
        ValueError: If the shapes differ.
    """
    return scores_at(find_overlaps(predicted, truth), iou)


def scores_at(overlaps: Overlaps, iou: float) -> ObjectScores:
    """Agreement of two label images from their overlaps; partners overlap by at least ``iou``."""
    matched = matched_ious(overlaps, iou)
    return scores_from_counts(
        len(matched), overlaps.n_predicted - len(matched), overlaps.n_truth - len(matched), float(matched.sum())
    )


def scores_from_counts(tp: int, fp: int, fn: int, iou_sum: float) -> ObjectScores:
    """Scores from counts, which may have been summed over many images."""
    f1, mean = _share(2 * tp, 2 * tp + fp + fn), _share(iou_sum, tp)
    return ObjectScores(
        tp=tp,
        fp=fp,
        fn=fn,
        precision=_share(tp, tp + fp),
        recall=_share(tp, tp + fn),
        f1=f1,
        mean_matched_iou=mean,
        panoptic_quality=None if f1 is None else f1 * (mean or 0.0),
    )


def mean_defined(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are defined; None where none is."""
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def without_unknown(labels: NDArray[np.uint32], known: NDArray[np.bool_], truth: NDArray[Any]) -> NDArray[np.uint32]:
    """Found objects at known voxels, without those that can't be judged.

    Args:
        labels: Found objects (Z, Y, X), or of fewer axes.
        known: Of the same shape: where the truth says anything.
        truth: Of the same shape: true objects; what it says at unknown voxels does not count.
    """
    if known.all():
        return labels
    local, names = numbered(labels)
    sizes = np.bincount(local.reshape(-1), minlength=len(names))
    unknown = np.bincount(local[~known], minlength=len(names))
    overlaps = find_overlaps(np.where(known, local, np.uint32(0)), np.where(known, truth, truth.dtype.type(0)))
    judged = ~np.isin(np.arange(len(names)), unjudged(np.flatnonzero(unknown > MOSTLY * sizes), overlaps))
    return np.where(known & judged[local], labels, np.uint32(0))


def unjudged(mostly_unknown: NDArray[np.integer[Any]], overlaps: Overlaps) -> NDArray[np.integer[Any]]:
    """Which of the found objects that lie mostly in unknown voxels are neither right nor wrong.

    Not those that, as far as anything is known, are a true object: it goes on where nothing is known, as they do.

    Args:
        mostly_unknown: Numbers of found objects.
        overlaps: With the true objects, at known voxels alone.
    """
    return mostly_unknown[~np.isin(mostly_unknown, overlaps.predicted[overlaps.iou >= MOSTLY])]


def find_overlaps(predicted: NDArray[Any], truth: NDArray[Any]) -> Overlaps:
    """All pairs of objects that share voxels, in one pass."""
    if predicted.shape != truth.shape:
        raise ValueError(f"Expected two label images of one shape, got {predicted.shape} and {truth.shape}")
    left_numbers, left_ids = numbered(predicted)
    right, right_ids = numbered(truth)
    width = len(right_ids)
    both = left_numbers.astype(np.int64)
    both *= width
    both += right
    keys, counts = _counted(both.reshape(-1), len(left_ids) * width)
    rows, columns = keys // width, keys % width
    sizes_left = np.bincount(rows, counts, len(left_ids))
    sizes_right = np.bincount(columns, counts, width)
    pair = (rows > 0) & (columns > 0)
    rows, columns, shared = rows[pair], columns[pair], counts[pair]
    union = sizes_left[rows] + sizes_right[columns] - shared
    return Overlaps(
        left_ids[rows], right_ids[columns], shared, shared / np.maximum(union, 1), len(left_ids) - 1, width - 1
    )


def matched_ious(overlaps: Overlaps, iou: float = USUAL_IOU) -> NDArray[np.float64]:
    """Overlap of each pair of partners."""
    return overlaps.iou[matched_pairs(overlaps, iou)]


def matched_pairs(overlaps: Overlaps, iou: float = USUAL_IOU) -> NDArray[np.intp]:
    """Which of the pairs are partners: each object is in one of them at most."""
    keep = np.flatnonzero((overlaps.iou >= iou) & (overlaps.shared > 0))
    left, right = overlaps.predicted[keep], overlaps.truth[keep]
    conflict = _repeated(left) | _repeated(right)
    if not conflict.any():
        return keep
    chosen = _settled(left[conflict], right[conflict], overlaps.iou[keep][conflict])
    return np.concatenate([keep[~conflict], keep[conflict][chosen]])


def _settled(left: NDArray[np.int64], right: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Partners among pairs that compete, so that there are most partners and, of these, most overlap.

    Sparse (Jonker and Volgenant 1987, as in SciPy): memory follows the pairs, not the objects of both sides. Each
    object of the left side may also stay alone, which weighs 1; having a partner weighs 2 and a little more the more
    they overlap, all bonuses together less than one partner.
    """
    rows, row = np.unique(left, return_inverse=True)
    columns, column = np.unique(right, return_inverse=True)
    count, alone = len(rows), np.arange(len(rows))
    weights = np.concatenate([2.0 + values / (1 + count), np.ones(count)])
    places = (np.concatenate([row, alone]), np.concatenate([column, len(columns) + alone]))
    graph = scipy.sparse.coo_array((weights, places), shape=(count, len(columns) + count)).tocsr()
    chosen_row, chosen_column = scipy.sparse.csgraph.min_weight_full_bipartite_matching(graph, maximize=True)
    matched = chosen_column < len(columns)
    keys, wanted = row * len(columns) + column, chosen_row[matched] * len(columns) + chosen_column[matched]
    order = np.argsort(keys)
    return np.asarray(order[np.searchsorted(keys[order], wanted)], np.intp)


def voxel_scores(predicted: NDArray[Any], truth: NDArray[Any], known: NDArray[np.bool_] | None = None) -> VoxelScores:
    """Agreement of two masks of the same shape; anything that is not 0 counts, where ``known`` is true."""
    if predicted.shape != truth.shape:
        raise ValueError(f"Expected two masks of one shape, got {predicted.shape} and {truth.shape}")
    left, right = predicted != 0, truth != 0
    if known is not None:
        left, right = left & known, right & known
    both = int(np.count_nonzero(left & right))
    total = int(np.count_nonzero(left)) + int(np.count_nonzero(right))
    return VoxelScores(_share(2 * both, total), _share(both, total - both))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _counted(keys: NDArray[np.int64], limit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if limit <= _DENSE_LIMIT:
        counts = np.bincount(keys, minlength=limit)
        found = np.flatnonzero(counts)
        return found, counts[found]
    found, counts = np.unique(keys, return_counts=True)
    return found, counts


def _repeated(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    _, inverse, counts = np.unique(ids, return_inverse=True, return_counts=True)
    return counts[inverse] > 1
