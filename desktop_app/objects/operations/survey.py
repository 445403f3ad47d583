"""Sizes and boxes of all objects, box by box."""

from __future__ import annotations

from dataclasses import dataclass

import fastremap
import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.objects.operations.base import Scene


@dataclass(slots=True)
class FoundObject:
    """An object.

    Attributes:
        voxels: Its size.
        box: Around it.
    """

    voxels: int
    box: Region


def survey(scene: Scene, only: tuple[int, ...] = ()) -> dict[int, FoundObject]:
    """Size and box of each object in order of its number, or of some; one box of labels is in memory at a time."""
    found: dict[int, FoundObject] = {}
    for piece, labels in scene.slabs_of(only) if only else scene.filled():
        for number, voxels, box in _objects(labels):
            if only and number not in only:
                continue
            placed = box.shift(piece.start)
            known = found.get(number)
            if known is None:
                found[number] = FoundObject(voxels, placed)
            else:
                known.voxels += voxels
                known.box = known.box.union(placed)
    return dict(sorted(found.items()))


def _objects(labels: NDArray[np.uint32]) -> list[tuple[int, int, Region]]:
    """Number, size and box of the objects in ``labels`` (Z, Y, X)."""
    filled = np.flatnonzero(labels.any(axis=(1, 2)))  # of drawn slices far apart most of a slab is empty
    if not filled.size:
        return []
    compact, numbers = fastremap.renumber(labels[filled], preserve_zero=True)
    original = {new: old for old, new in numbers.items()}
    sizes = np.bincount(compact.reshape(-1), minlength=len(original) + 1)
    boxes = scipy.ndimage.find_objects(compact)
    objects = []
    for new, box in enumerate(boxes, start=1):
        if box is not None:
            start, stop = (tuple(getattr(s, end) for s in box) for end in ("start", "stop"))
            first, last = int(filled[start[0]]), int(filled[stop[0] - 1])
            region = Region((first, start[1], start[2]), (last + 1, stop[1], stop[2]))
            objects.append((int(original[new]), int(sizes[new]), region))
    return objects
