"""Copy the labels of one slice onto another."""

from __future__ import annotations

import numpy as np

from desktop_app.core.imaging.region import Plane
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.stroke import changed_box


def copy_slice(
    store: LabelStore, plane: Plane, source: int, target: int, locked: frozenset[int] = frozenset()
) -> Edit | None:
    """Lay the labels of slice ``source`` onto the empty voxels of slice ``target``; locked labels are not copied.

    Returns:
        The edit, already done; None if nothing changed or one of the slices does not exist.
    """
    slices = store.shape[plane.depth_axis]
    if not (0 <= source < slices and 0 <= target < slices):
        return None
    region = plane.slab(store.shape, target)
    before, other = store.read(region), store.read(plane.slab(store.shape, source))
    change = (before == 0) & (other != 0) & ~np.isin(other, list(locked))
    small = changed_box(change, region)
    if small.empty:
        return None
    z, y, x = region.start
    inside = small.shift((-z, -y, -x)).slices
    after = np.where(change, other, before)[inside]
    store.write(small, after)
    return Edit.between(small, before[inside], after, "Copy from slice")
