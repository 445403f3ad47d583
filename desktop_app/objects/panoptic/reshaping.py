"""Objects in another shape; parts that come loose become objects of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.panoptic.morphology import MorphologyRules, reshape_labels
from desktop_app.objects.panoptic.pieces import PieceNumbers
from desktop_app.objects.panoptic.slices import PanopticSlice
from desktop_app.objects.panoptic.tables import Extent


def reshaped(
    labels: NDArray[np.uint32],
    kinds: NDArray[np.uint8],
    rules: MorphologyRules,
    stuff: tuple[int, ...],
    min_size: int = 0,
    min_extent: Extent = 0,
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Labels of a whole volume in their new shape, and the class of each object.

    Args:
        labels: ``(Z, Y, X)`` objects 1..n.
        kinds: ``(n + 1,) uint8`` class of each.
        rules: How the shape changes; if they do nothing, all stays as it is.
        stuff: Classes whose regions are never parted.
        min_size: Objects of fewer voxels are left out.
        min_extent: Objects shorter than this along any axis are left out, or along each of the three.
    """
    if not rules.changes:
        return labels, kinds
    numbers = PieceNumbers(np.isin(kinds, stuff))
    found = numbers.push(reshape_labels(labels, rules))
    pieces = numbers.finish(min_size, min_extent)
    return pieces.lut[found], kinds[pieces.source]


def reshaped_slice(found: PanopticSlice, rules: MorphologyRules, stuff: tuple[int, ...]) -> PanopticSlice:
    """The objects of a slice by itself in their new shape."""
    labels, kinds = reshaped(found.labels[None], found.class_of, rules, stuff)
    return PanopticSlice(labels[0], kinds)
