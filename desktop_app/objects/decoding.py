"""From what a network says of each voxel to objects: the part of decoding that needs no network and no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.components import connected_objects
from desktop_app.objects.depth import relative_depth
from desktop_app.objects.filters import fill_holes, relabel, remove_large, remove_small
from desktop_app.objects.watershed import SeedParameters, find_seeds, flood, smooth_depth


@dataclass(frozen=True, slots=True)
class ObjectRules:
    """How voxels become objects.

    Attributes:
        method: ``watershed`` separates touching objects, ``connected`` gives one object per island.
        seeds: How seeds are found; for the watershed only.
        min_size: Smaller objects are removed, in voxels.
        max_size: Larger objects are removed, in voxels; 0 keeps all.
        fill_holes: Whether holes inside objects are closed.
    """

    method: Literal["watershed", "connected"] = "watershed"
    seeds: SeedParameters = field(default_factory=SeedParameters)
    min_size: int = 0
    max_size: int = 0
    fill_holes: bool = True


def class_map(probabilities: NDArray[np.float32], threshold: float) -> NDArray[np.uint8]:
    """The likeliest class of each voxel that is likely enough to belong to any.

    Args:
        probabilities: ``(C, Z, Y, X) float32`` of the classes without the background, 0 to 1.
        threshold: A voxel belongs to something where its classes together exceed this.

    Returns:
        ``(Z, Y, X) uint8``: 0 nothing, 1 the first class, 2 the second …
    """
    if probabilities.shape[0] == 1:
        return (probabilities[0] > np.float32(threshold)).astype(np.uint8)
    certain = probabilities.sum(axis=0, dtype=np.float32) > np.float32(threshold)
    best = probabilities.argmax(axis=0).astype(np.uint8)
    return np.where(certain, best + np.uint8(1), np.uint8(0))


def decode_objects(classes: NDArray[Any], depth: NDArray[np.float32] | None, rules: ObjectRules) -> NDArray[np.uint32]:
    """Objects of a whole volume in memory.

    Args:
        classes: ``(Z, Y, X)`` bool or uint8 class numbers; objects never cross classes.
        depth: ``(Z, Y, X) float32`` depth map, or None where none was learned.
        rules: How objects are made.

    Returns:
        ``(Z, Y, X) uint32``, objects numbered 1, 2, 3 …
    """
    if rules.method == "connected":
        labels = connected_objects(classes)
    else:
        height = height_map(classes, depth, rules.seeds)
        labels = flood(classes, height, find_seeds(classes, height, rules.seeds))
    if rules.fill_holes:
        labels = fill_holes(labels)
    labels = remove_large(remove_small(labels, rules.min_size), rules.max_size)
    return relabel(labels)


def height_map(classes: NDArray[Any], depth: NDArray[np.float32] | None, seeds: SeedParameters) -> NDArray[np.float32]:
    """The smoothed depth map ``(Z, Y, X) float32``; the shape of the foreground stands in where none was learned."""
    return smooth_depth(relative_depth(classes, seeds.aspect) if depth is None else depth, seeds)


def class_of_objects(labels: NDArray[np.uint32], classes: NDArray[np.uint8]) -> dict[int, int]:
    """The class number of each object.

    Args:
        labels: ``(Z, Y, X) uint32``; all classed voxels of an object have the same class.
        classes: ``(Z, Y, X) uint8`` from ``class_map``.
    """
    kinds = np.zeros(int(labels.max(initial=0)) + 1, np.uint8)
    known = classes > 0
    kinds[labels[known]] = classes[known]
    ids = np.flatnonzero(kinds[1:]) + 1
    return dict(zip(ids.tolist(), kinds[ids].tolist(), strict=True))
