"""How well a prediction agrees with the truth: by object and by voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from desktop_app.objects.numbering import numbered

_DENSE_LIMIT = 20_000_000


@dataclass(frozen=True, slots=True)
class ObjectScores:
    """Agreement of objects; all shares are 0 to 1.

    Attributes:
        tp: Predicted objects with a true partner.
        fp: Predicted objects without one.
        fn: True objects without one.
        precision: tp / (tp + fp).
        recall: tp / (tp + fn).
        f1: 2 tp / (2 tp + fp + fn); 1 where both sides are empty.
        mean_matched_iou: Mean overlap of the partners, 0 where there are none.
        panoptic_quality: f1 times mean_matched_iou (Kirillov et al. 2019, arXiv 1801.00868).
    """

    tp: int
    fp: int
    fn: int
    precision: float
    recall: float
    f1: float
    mean_matched_iou: float
    panoptic_quality: float


@dataclass(frozen=True, slots=True)
class VoxelScores:
    """Agreement of two masks: Dice coefficient and intersection over union, 0 to 1; 1 where both are empty."""

    dice: float
    iou: float


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


def object_scores(predicted: NDArray[Any], truth: NDArray[Any], iou: float = 0.5) -> ObjectScores:
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
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0
    mean = iou_sum / tp if tp else 0.0
    empty = tp + fp + fn == 0
    return ObjectScores(
        tp=tp,
        fp=fp,
        fn=fn,
        precision=tp / (tp + fp) if tp + fp else 1.0,
        recall=tp / (tp + fn) if tp + fn else 1.0,
        f1=f1,
        mean_matched_iou=mean,
        panoptic_quality=1.0 if empty else f1 * mean,
    )


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


def matched_ious(overlaps: Overlaps, iou: float = 0.5) -> NDArray[np.float64]:
    """Overlap of each pair of partners."""
    keep = (overlaps.iou >= iou) & (overlaps.shared > 0)
    left, right, values = overlaps.predicted[keep], overlaps.truth[keep], overlaps.iou[keep]
    conflict = _repeated(left) | _repeated(right)
    certain = values[~conflict]
    if not conflict.any():
        return certain
    rows, row = np.unique(left[conflict], return_inverse=True)
    columns, column = np.unique(right[conflict], return_inverse=True)
    gain = np.zeros((len(rows), len(columns)))
    gain[row, column] = 1.0 + values[conflict] / (1 + len(rows))
    chosen = linear_sum_assignment(gain, maximize=True)
    won = gain[chosen] > 0
    settled = (gain[chosen][won] - 1.0) * (1 + len(rows))
    return np.concatenate([certain, settled])


def voxel_scores(predicted: NDArray[Any], truth: NDArray[Any]) -> VoxelScores:
    """Agreement of two masks (anything that is not 0 counts) of the same shape."""
    if predicted.shape != truth.shape:
        raise ValueError(f"Expected two masks of one shape, got {predicted.shape} and {truth.shape}")
    left, right = predicted != 0, truth != 0
    both = int(np.count_nonzero(left & right))
    total = int(np.count_nonzero(left)) + int(np.count_nonzero(right))
    if total == 0:
        return VoxelScores(1.0, 1.0)
    return VoxelScores(2 * both / total, both / (total - both))


def class_scores(predicted: NDArray[Any], truth: NDArray[Any], values: tuple[int, ...]) -> dict[int, VoxelScores]:
    """Agreement of two class images, for each class value."""
    return {value: voxel_scores(predicted == value, truth == value) for value in values}


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
