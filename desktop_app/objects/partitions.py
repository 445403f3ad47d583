"""How two ways of dividing a volume into objects agree, voxel by voxel: the scores of connectomics.

Only voxels that are labelled in the truth count, as is usual (I. Arganda-Carreras et al., Frontiers in Neuroanatomy
2015). Both follow from the voxels that each pair of objects shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PartitionScores:
    """Agreement of two partitions; None where nothing is labelled in the truth.

    Attributes:
        adapted_rand: Adapted Rand error, 0 (equal) to 1: 1 minus the F score of pairs of voxels that are together.
        voi_split: Variation of information, bits that come from true objects being split (M. Meilă 2003): 0 is best.
        voi_merge: Bits that come from true objects being merged.
    """

    adapted_rand: float | None
    voi_split: float | None
    voi_merge: float | None


def partition_scores(
    predicted: NDArray[np.int64], truth: NDArray[np.int64], counts: NDArray[np.int64]
) -> PartitionScores:
    """Scores from the voxels that pairs share.

    Args:
        predicted: (N,) id in the prediction, 0 for nothing.
        truth: (N,) id in the truth.
        counts: (N,) voxels that have both.
    """
    labelled = truth > 0
    total = float(counts[labelled].sum())
    if not total:
        return PartitionScores(None, None, None)
    shares = counts[labelled] / total
    _, left = np.unique(predicted[labelled], return_inverse=True)
    _, right = np.unique(truth[labelled], return_inverse=True)
    of_left, of_right = np.bincount(left, shares), np.bincount(right, shares)
    split = -float((shares * np.log2(shares / of_right[right])).sum())
    merge = -float((shares * np.log2(shares / of_left[left])).sum())
    return PartitionScores(_adapted_rand(counts[labelled], left, right), max(0.0, split), max(0.0, merge))


def _adapted_rand(counts: NDArray[np.int64], left: NDArray[np.intp], right: NDArray[np.intp]) -> float:
    """1 - 2 P R / (P + R) over pairs of different voxels that are together in both, in the prediction, in the truth."""
    voxels = counts.astype(np.float64)
    n = voxels.sum()
    both = (voxels**2).sum() - n
    found, true = ((np.bincount(side, voxels) ** 2).sum() - n for side in (left, right))
    if found + true == 0:
        return 0.0  # every voxel is alone in both
    return float(1.0 - 2.0 * both / (found + true))
