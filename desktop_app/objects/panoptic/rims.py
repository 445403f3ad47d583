"""Pixels at the rim of an object that a coarse grid gave to the wrong one, or to none."""

from __future__ import annotations

import cc3d
import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.panoptic.counting import occurrences, stretches


def loose_fragments(ids: NDArray[np.uint32], limit: int) -> NDArray[np.int64]:
    """Flat indices of the pixels of scraps: pieces under ``limit`` pixels that are not the largest of their id.

    Args:
        ids: ``(H, W) uint32``, 0 is the background.
        limit: Pieces of so many pixels are large enough to stand for themselves.
    """
    found, count = cc3d.connected_components(ids, connectivity=8, out_dtype=np.uint32, return_N=True)
    pieces, flat = found.reshape(-1), ids.reshape(-1)
    sizes, owner = occurrences(pieces, count + 1), np.zeros(count + 1, np.int64)
    sizes[0] = 0
    for part in stretches(pieces.size):
        owner[pieces[part]] = flat[part]
    largest = np.zeros(int(owner.max(initial=0)) + 1, np.int64)
    np.maximum.at(largest, owner, sizes)
    loose = (sizes < limit) & (sizes < largest[owner])
    if not loose.any():
        return np.zeros(0, np.int64)
    return np.concatenate([part.start + np.flatnonzero(loose[pieces[part]]) for part in stretches(pieces.size)])


def grow_into(
    ids: NDArray[np.uint32], classes: NDArray[np.uint8], kind_of: NDArray[np.uint8], rounds: int
) -> NDArray[np.int64]:
    """Let objects grow, in place, into pixels of their class that have none; edges before corners.

    Args:
        ids: ``(H, W) uint32``, changed in place.
        classes: ``(H, W) uint8``; where it is 0 nothing grows.
        kind_of: Class number of each id; entry 0 is 0.
        rounds: Pixels that objects grow at most.

    Returns:
        Flat indices of the pixels that no object reached.
    """
    height, width = ids.shape
    waiting = np.flatnonzero((ids == 0) & (classes > 0))
    if waiting.size == 0:
        return waiting
    row = width + 2
    wide = np.zeros((height + 2) * row, ids.dtype)
    wide.reshape(height + 2, row)[1:-1, 1:-1] = ids
    around = np.array([[-row], [-1], [1], [row], [-row - 1], [-row + 1], [row - 1], [row + 1]])
    wanted = classes.reshape(-1)[waiting]
    place = waiting + row + 1 + 2 * (waiting // width)
    for _ in range(rounds):
        near = wide[place + around]
        fits = kind_of[near] == wanted
        reached = fits.any(axis=0)
        if not reached.any():
            break
        found = np.take_along_axis(near, fits.argmax(axis=0)[None], axis=0)[0]
        wide[place[reached]] = found[reached]
        place, wanted = place[~reached], wanted[~reached]
    ids[...] = wide.reshape(height + 2, row)[1:-1, 1:-1]
    return place - 2 * (place // row) - width - 1
