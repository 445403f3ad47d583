"""From a heatmap of centres and offsets to pixels that know their centre.

The post-processing of Panoptic-DeepLab (Cheng et al., CVPR 2020): local maxima of the heatmap are centres, and a pixel
belongs to the centre nearest to the place where its offset points.
"""

from __future__ import annotations

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from desktop_app.core.networks.panoptic import CELL

_BLOCK = 8  # px: smaller blocks have fewer centres to compare, but there are more of them
_WORTH_BLOCKS = 2  # pixels by blocks; below, comparing all is quicker
_FAR = 1e9  # px: beyond any image


def find_centres(heatmap: NDArray[np.floating], threshold: float, distance: int) -> NDArray[np.int64]:
    """Local maxima of the heatmap.

    Equal maxima that are no more than ``(distance - 1) // 2`` cells apart are one plateau and give one centre: the cell
    nearest to their mean.

    Args:
        heatmap: ``(h, w)`` float; cells that are not numbers are no centres.
        threshold: Centres are higher than this.
        distance: Edge of the square in which a centre is the highest, in cells of the heatmap, 1 or more.

    Returns:
        ``(n, 2) int64`` cells (y, x), in reading order.
    """
    if heatmap.size == 0:
        return np.zeros((0, 2), np.int64)
    high = np.where(heatmap > threshold, heatmap, -np.inf).astype(np.float32)
    peaks = (high == _square_maximum(high, distance)) & (high > -np.inf)
    cells = np.argwhere(peaks)
    if len(cells) < 2:
        return cells.astype(np.int64)
    reach = (distance - 1) // 2
    if reach > 1:
        near = _square_maximum(peaks, reach)  # squares around two peaks touch where the peaks are within reach
    else:
        near = np.zeros(high.shape, np.uint32)
        near[peaks] = 1 + np.unique(high[peaks], return_inverse=True)[1]
    plateaus = cc3d.connected_components(near, connectivity=8, out_dtype=np.uint32)
    return _middles(cells, plateaus[peaks].astype(np.int64))


def group_pixels(
    centres: NDArray[np.int64], offsets: NDArray[np.floating], foreground: NDArray[np.bool_], step: float
) -> NDArray[np.uint32]:
    """Give each cell of the foreground the number of its centre.

    Args:
        centres: ``(n, 2)`` cells (y, x).
        offsets: ``(2, h, w)`` float, dy and dx from each cell to its centre, in pixels.
        foreground: ``(h, w) bool``.
        step: Pixels of the offsets from one cell to the next.

    Returns:
        ``(h, w) uint32``, 1 + the row of the nearest centre; 0 outside the foreground, and everywhere without centres.
    """
    ids = np.zeros(foreground.shape, np.uint32)
    at = np.flatnonzero(foreground)
    if len(centres) == 0 or at.size == 0:
        return ids
    places = np.stack(np.divmod(at, foreground.shape[1]), axis=1) * float(step)
    places += offsets.reshape(2, -1)[:, at].T
    places = np.nan_to_num(places, posinf=_FAR, neginf=-_FAR)
    edges = foreground.shape[0] * step, foreground.shape[1] * step
    ids.reshape(-1)[at] = 1 + _nearest(cKDTree(centres * float(step)), places, edges)
    return ids


def fine_maps(
    heatmap: NDArray[np.floating], offsets: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same maps on a grid four times as fine: bilinear, corners on corners.

    Args:
        heatmap: ``(h, w)`` float.
        offsets: ``(2, h, w)`` float; their unit does not change.

    Returns:
        ``(4h, 4w)`` and ``(2, 4h, 4w) float32``.
    """
    maps = np.concatenate([heatmap[None], offsets]).astype(np.float32)
    for axis in (1, 2):
        maps = _stretched(maps, axis)
    return maps[0], maps[1:]


def _stretched(maps: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    length = maps.shape[axis]
    places = np.linspace(0, length - 1, CELL * length)
    low = np.clip(places.astype(np.int64), 0, max(length - 2, 0))
    share = (places - low).astype(np.float32).reshape([-1 if n == axis else 1 for n in range(3)])
    first, second = maps.take(low, axis), maps.take(np.minimum(low + 1, length - 1), axis)
    second -= first
    second *= share
    second += first
    return second


def _nearest(tree: cKDTree, places: NDArray[np.float64], edges: tuple[float, float]) -> NDArray[np.int64]:
    """The row of the nearest centre of each place.

    What is nearest to a centre is convex. So where the four corners of a block have the same centre, all of the block
    has it, and most places need not be looked up one by one.

    Args:
        tree: The centres.
        places: ``(n, 2)``.
        edges: Of the picture, in which most of the places lie.
    """
    rows, columns = (int(edge // _BLOCK) + 2 for edge in edges)
    if len(places) < _WORTH_BLOCKS * rows * columns:
        return tree.query(places)[1]
    corners = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1) * float(_BLOCK)
    found = tree.query(corners.reshape(-1, 2))[1].reshape(rows, columns)
    first = found[:-1, :-1]
    same = (first == found[1:, :-1]) & (first == found[:-1, 1:]) & (first == found[1:, 1:])
    known = np.full((rows + 1, columns + 1), -1, np.int64)  # with a border for all that lies outside
    known[1:-1, 1:-1] = np.where(same, first, -1)
    block = np.clip(places / _BLOCK + 1, 0, (rows, columns)).astype(np.intp)
    nearest = known[block[:, 0], block[:, 1]]
    rest = np.flatnonzero(nearest < 0)
    nearest[rest] = tree.query(places[rest])[1]
    return nearest


def _square_maximum(values: NDArray, edge: int) -> NDArray:
    """The maximum in a square around each cell; doubling windows, so that wide squares cost little more."""
    for axis in (0, 1):
        values = _line_maximum(values, min(edge, 2 * values.shape[axis]), axis)
    return values


def _line_maximum(values: NDArray, edge: int, axis: int) -> NDArray:
    if edge < 2:
        return values
    lines = np.moveaxis(values, axis, 0)
    before = edge // 2
    window = np.full((len(lines) + edge - 1, lines.shape[1]), False if values.dtype == bool else -np.inf, values.dtype)
    window[before : before + len(lines)] = lines
    width = 1
    while width < edge:
        shift = min(width, edge - width)
        window = np.maximum(window[:-shift], window[shift:])
        width += shift
    return np.moveaxis(window, 0, axis)


def _middles(cells: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cell of each group nearest to the mean of the group; the first in reading order where several are."""
    counts = np.maximum(np.bincount(group), 1)
    means = np.stack([np.bincount(group, weights=cells[:, n]) / counts for n in (0, 1)], axis=1)
    away = np.square(cells - means[group]).sum(axis=1)
    order = np.lexsort((np.arange(len(group)), away, group))
    _, first = np.unique(group[order], return_index=True)
    return cells[np.sort(order[first])].astype(np.int64)
