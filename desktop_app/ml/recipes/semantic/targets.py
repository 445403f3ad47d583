"""From labels to what a semantic network shall learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3
from desktop_app.core.recipes.semantic.parameters import SemanticTraining
from desktop_app.ml.data.targets import CLASSES, Sampling, TargetMaps
from desktop_app.ml.recipes.base import Task
from desktop_app.objects.depth import depth_map
from desktop_app.objects.resampling import Scales
from desktop_app.objects.size_balance import MOST, size_weights
from desktop_app.objects.touching import between_objects

DEPTH = "depth"
WEIGHT = "weight"
"""Name of the target that says which of the task's weights a voxel has: 0 none, so that it counts 1, else the number
of the weight, from 1."""


TOUCHING = "touching"
"""Name of the target that is 1 where two objects or more are near."""


SMALL = "small"
"""Name of the target that says how much more a voxel counts for lying in a small object: 0 no more."""

_SMALL_REACH = 2
"""Voxels (of the network) around a small object that count as its own do: where it is told from its neighbours."""

SMALL_STEPS = 255 / (MOST - 1)
"""Numbers of that target for each 1 by which the weight is above 1."""


def weighs_small(task: Task) -> bool:
    """Whether voxels of small objects count more than others."""
    parameters = task.parameters
    return task.kind == "objects" and isinstance(parameters, SemanticTraining) and parameters.size_balance > 0


def weighs_touching(task: Task) -> bool:
    """Whether voxels between objects count more than others."""
    parameters = task.parameters
    return task.kind == "objects" and isinstance(parameters, SemanticTraining) and parameters.touching_weight > 0


def learns_depth(task: Task) -> bool:
    """Whether the network also learns how deep inside an object each voxel lies."""
    parameters = task.parameters
    return task.kind == "objects" and isinstance(parameters, SemanticTraining) and parameters.separate_objects


def scales_of(task: Task) -> Scales:
    """How many voxels (z, y, x) of an image become one before the network sees them."""
    parameters = task.parameters
    return parameters.scales(task.dimensions) if isinstance(parameters, SemanticTraining) else (1.0, 1.0, 1.0)


def semantic_targets(labels: NDArray[Any], task: Task, sampling: Sampling) -> TargetMaps:
    """Class numbers and, where objects are learned, the depth scaled to 0..255; weights where some are set.

    Args:
        labels: ``(Z, Y, X)`` integers.
        task: What the values mean.
        sampling: Edge lengths of a voxel (z, y, x).
    """
    targets: TargetMaps = {CLASSES: task.class_numbers(labels)}
    parameters = task.parameters
    if task.kind == "objects" and isinstance(parameters, SemanticTraining):
        ids, (_, along, _) = task.object_ids(labels), scales_of(task)

        def reach(width: int) -> Index3:
            """So many voxels of the network along y and x, and as far along z, in voxels (z, y, x) of the labels."""
            thin = 0 if task.dimensions == 2 else round(width * along * sampling[2] / sampling[0])
            flat = max(1, round(width * along))
            return thin, flat, flat

        if learns_depth(task):
            targets[DEPTH] = np.rint(np.clip(_depth(ids, task, sampling), 0, 1) * 255).astype(np.uint8)
        if weighs_touching(task):
            targets[TOUCHING] = between_objects(ids, reach(parameters.touching_width)).astype(np.uint8)
        if weighs_small(task):
            weights = size_weights(ids, parameters.size_balance, reach(_SMALL_REACH))
            targets[SMALL] = np.rint((weights - 1) * SMALL_STEPS).astype(np.uint8)
    if task.value_weights:
        targets[WEIGHT], values = np.zeros(labels.shape, np.uint8), task.values_of(labels)
        for number, (value, _) in enumerate(task.value_weights, start=1):
            targets[WEIGHT][values == value] = number
    return targets


def _depth(ids: NDArray[Any], task: Task, sampling: Sampling) -> NDArray[np.float32]:
    """How deep inside its object each voxel lies, slice by slice where the network sees single ones."""
    if task.dimensions == 3:
        return depth_map(ids, sampling)
    depth = np.zeros(ids.shape, np.float32)
    for index, picture in enumerate(ids):
        depth[index] = depth_map(picture[None], sampling)[0]
    return depth
