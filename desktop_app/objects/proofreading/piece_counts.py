"""In how many pieces objects are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.imaging.region import BoxReader
from desktop_app.objects.components import connected_objects
from desktop_app.objects.proofreading.rows import Rows

UNKNOWN = -1
"""Of an object whose box is too large to look for its pieces in a moment."""
_BLOCK: Index3 = (32, 256, 256)  # objects that begin in such a box are looked at together: some 8 MB of labels
_MOST_VOXELS = 32_000_000  # of the box around them, with some 12 bytes a voxel: 400 MB


def piece_counts(
    labels: BoxReader, rows: Rows, shape: Index3, go_on: Callable[[float], None] = lambda _: None
) -> NDArray[np.int32]:
    """The number of pieces of each object (N,); what touches by a face, an edge or a corner hangs together.

    Args:
        labels: Reads a box of the labels.
        rows: The objects.
        shape: Of all labels (Z, Y, X).
        go_on: Hears the share that is done, 0 to 1; raises to stop.
    """
    counts = np.full(rows.ids.size, UNKNOWN, np.int32)
    full = np.prod(rows.high - rows.low, axis=1) == rows.voxels
    counts[full] = 1
    done = 0
    for box, places in _together(rows, np.flatnonzero(~full), shape):
        go_on(done / rows.ids.size)
        done += places.size
        if box.size <= _MOST_VOXELS:
            counts[places] = _counted(labels(box), rows.ids[places])
    return counts


def _together(rows: Rows, places: NDArray[np.intp], shape: Index3) -> Iterator[tuple[Region, NDArray[np.intp]]]:
    """Rows that begin in one block, with the box around them; a large object is looked at by itself."""
    sizes = np.prod(rows.high[places] - rows.low[places], axis=1)
    for place in places[sizes > math.prod(_BLOCK)].tolist():
        yield rows.box(place), np.array([place])
    small = places[sizes <= math.prod(_BLOCK)]
    blocks = rows.low[small] // np.asarray(_BLOCK)
    counts = -(-np.asarray(shape) // np.asarray(_BLOCK))
    keys = (blocks[:, 0] * counts[1] + blocks[:, 1]) * counts[2] + blocks[:, 2]
    order = np.argsort(keys, kind="stable")
    for group in np.split(small[order], np.flatnonzero(np.diff(keys[order])) + 1):
        if group.size:
            low, high = rows.low[group].min(axis=0).tolist(), rows.high[group].max(axis=0).tolist()
            yield Region((low[0], low[1], low[2]), (high[0], high[1], high[2])), group


def _counted(labels: NDArray[np.uint32], ids: NDArray[np.uint32]) -> NDArray[np.intp]:
    """The number of pieces of each of ``ids``, which are sorted, in a box (Z, Y, X) that holds them wholly."""
    pieces = connected_objects(labels, connectivity=26)
    whose = np.zeros(int(pieces.max(initial=0)) + 1, labels.dtype)
    whose[pieces.reshape(-1)] = labels.reshape(-1)
    whose[0] = 0
    order = np.argsort(ids)
    where = np.searchsorted(ids[order], whose)
    where[where == ids.size] = 0
    hits = where[ids[order][where] == whose]
    counts = np.zeros(ids.size, np.intp)
    counts[order] = np.bincount(hits, minlength=ids.size)
    return counts
