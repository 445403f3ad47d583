"""Which parts of a shape are parted by a neck, and which only by the grid of voxels."""

from __future__ import annotations

import numpy as np

from desktop_app.objects.saddles import Saddles

_LEAST, _THIN = 0.9, 2.0
"""Voxels: by how much a neck must be thinner, in radius, than both parts, and up to which radius a part has no necks.

The distance of a voxel from the border is told to about half a voxel, and so is the middle of a band: along a ring of
even width it goes up and down by up to 0.83, and between 1 and 2 where the ring is 2 to 3 voxels wide. Of 82 kinds of
rings, 1.5 to 12 px wide and 10 to 80 px in radius, none is cut; with 0.8, 13 are."""


def necks(highest: int, voxel: float) -> Saddles:
    """Joins the objects that no neck parts; heights are distances from the border.

    The depth of a neck is how far the border is from the place where two objects meet, at its widest. A ring or a
    shell, along which the distance hardly changes, so is one object, however long it is.

    Args:
        highest: Objects are numbered 1 to this.
        voxel: Shortest edge of a voxel, in the unit of the distances.
    """
    least, thin = np.float32(_LEAST * voxel), np.float32(_THIN * voxel)
    return Saddles(highest, lambda radius, neck: bool(radius - neck < least or radius <= thin))
