"""How far the objects of labels reach, beside a patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.core.imaging import Index3
from desktop_app.core.job import JobContext, Note
from desktop_app.ml.data.preparation import PreparedImage

_MANY = 0.05
"""Share of objects from which it is worth a warning; fewer may be mistakes of labelling."""
_SIDES = ((0, "start"), (1, "stop"))
"""Ends of a box: of its slices, and the name of those of its rows and columns."""


def tell_larger_objects(images: Sequence[PreparedImage], objects: str, patch: Index3, ctx: JobContext) -> None:
    """Say how many objects are larger than a patch, as these are never seen whole.

    Args:
        images: With a target that numbers their objects.
        objects: Its name.
        patch: Edges (z, y, x) in voxels; of a single slice where cross-sections are objects.
        ctx: Told; may cancel between images.
    """
    larger = total = 0
    for image in images:
        ctx.raise_if_cancelled()
        found = _extents(image.targets[objects], flat=patch[0] == 1)
        larger += int((found > np.array(patch)).any(axis=1).sum())
        total += len(found)
    if not larger:
        return
    size = " × ".join(str(edge) for edge in patch if edge > 1)
    are = "object is" if total == 1 else "objects is" if larger == 1 else "objects are"
    ctx.report(
        Note(
            "warning" if larger > _MANY * total else "info",
            f"{larger:,} of {total:,} {are} larger than a patch of {size} px, and never seen whole: a larger patch "
            "size may find such objects better.",
        )
    )


def _extents(numbers: NDArray[Any], *, flat: bool) -> NDArray[np.int64]:
    """``(n, 3)`` extents (z, y, x) of the objects of ``(Z, Y, X)`` numbers, read slice by slice; with ``flat`` those of
    each cross-section.
    """
    single: list[tuple[int, int, int]] = []
    whole: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for z, picture in enumerate(numbers):
        names, inverse = np.unique(picture, return_inverse=True)
        boxes = ndimage.find_objects(inverse.reshape(picture.shape) + 1)
        for name, box in zip(names.tolist(), boxes, strict=True):
            if not name or box is None:
                continue
            low, high = (np.array([z + end, *(getattr(p, side) for p in box)]) for end, side in _SIDES)
            if flat:
                single.append(tuple((high - low).tolist()))
            elif name in whole:
                whole[name] = np.minimum(whole[name][0], low), np.maximum(whole[name][1], high)
            else:
                whole[name] = low, high
    found = single if flat else [high - low for low, high in whole.values()]
    return np.array(found, np.int64).reshape(-1, 3)
