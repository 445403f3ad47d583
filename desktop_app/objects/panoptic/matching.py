"""Which object of one slice is which object of its neighbour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from desktop_app.objects.panoptic.runs import Overlaps


def match(
    table: Overlaps,
    left_areas: NDArray[np.int64],
    right_areas: NDArray[np.int64],
    iou: float = 0.25,
    ioa: float = 0.25,
) -> NDArray[np.int64]:
    """The partner of each object.

    First one to one, so that the sum of the intersections over union is as large as possible (Hungarian method); pairs
    that reach ``iou`` count. Then each object left over joins the one that covers most of it, if that part reaches
    ``ioa``; so several may have the same partner.

    Args:
        table: Pixels shared by an object (left) and a candidate (right), a row per pair.
        left_areas: Pixels of the objects, by id.
        right_areas: Pixels of the candidates, by id.
        iou: Least intersection over union, 0 to 1.
        ioa: Least part of the object that its partner covers, 0 to 1.

    Returns:
        ``(len(left_areas),) int64`` id of the partner, -1 where there is none.
    """
    partner = np.full(len(left_areas), -1, np.int64)
    if table.left.size == 0:
        return partner
    union = left_areas[table.left] + right_areas[table.right] - table.shared
    agreement = table.shared / union
    chosen = _best_pairs(table.left, table.right, agreement)
    good = chosen[agreement[chosen] >= iou]
    partner[table.left[good]] = table.right[good]
    covered = table.shared / left_areas[table.left]
    rest = np.flatnonzero((partner[table.left] < 0) & (covered >= ioa))
    rest = rest[np.lexsort((table.right[rest], -covered[rest], table.left[rest]))]
    ids, first = np.unique(table.left[rest], return_index=True)
    partner[ids] = table.right[rest[first]]
    return partner


def _best_pairs(left: NDArray[np.int64], right: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of a one-to-one choice of pairs with the largest total weight."""
    alone = (np.bincount(left)[left] == 1) & (np.bincount(right)[right] == 1)
    contested = np.flatnonzero(~alone)
    if contested.size == 0:
        return np.flatnonzero(alone)
    rows, row = np.unique(left[contested], return_inverse=True)
    columns, column = np.unique(right[contested], return_inverse=True)
    size = len(rows)
    own = np.arange(size)  # a column of its own for each row: to stay without a partner costs as much as no overlap
    costs = np.concatenate([2 - weight[contested], np.full(size, 2.0)])
    places = (np.concatenate([row, own]), np.concatenate([column, len(columns) + own]))
    graph = csr_array((costs, places), shape=(size, len(columns) + size))
    found_row, found_column = min_weight_full_bipartite_matching(graph)
    real = found_column < len(columns)
    keys = row * len(columns) + column
    wanted = found_row[real].astype(np.int64) * len(columns) + found_column[real]
    return np.concatenate([np.flatnonzero(alone), contested[np.isin(keys, wanted)]])
