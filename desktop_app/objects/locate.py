"""Where an object is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.imaging.region import slabs


def locate(
    read: Callable[[Region], NDArray[np.uint32]],
    shape: Index3,
    number: int,
    check: Callable[[float], None] = lambda _: None,
) -> Index3 | None:
    """The voxel of an object that is nearest to its middle.

    The labels are read slab by slab, so that a volume may be larger than memory; of a hollow or bent object the answer
    is a voxel of the object all the same.

    Args:
        read: Gives labels (Z, Y, X) uint32 of a box.
        shape: Of all labels (Z, Y, X).
        number: Of the object.
        check: Called with the share that is done, 0 to 1; may raise to stop.

    Returns:
        Index (z, y, x), or None if no voxel has that number.
    """
    sums, count = np.zeros(3), 0
    depths: set[int] = set()
    parts = slabs(shape)
    for place, slab in enumerate(parts):
        check(place / len(parts))
        found = np.argwhere(read(slab) == number) + np.asarray(slab.start)
        if found.size:
            sums += found.sum(axis=0)
            count += len(found)
            depths.update(int(z) for z in np.unique(found[:, 0]))
    if not count:
        return None
    middle = sums / count
    z = min(depths, key=lambda depth: abs(depth - middle[0]))
    box = Region((z, 0, 0), (z + 1, shape[1], shape[2]))
    rows = np.argwhere(read(box)[0] == number)
    y, x = rows[np.argmin(((rows - middle[1:]) ** 2).sum(axis=1))]
    return z, int(y), int(x)
