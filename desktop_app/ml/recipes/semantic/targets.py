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
from desktop_app.objects.touching import between_objects

DEPTH = "depth"
WEIGHT = "weight"
"""Name of the target that says which of the task's weights a voxel has: 0 none, so that it counts 1, else the number
of the weight, from 1."""


TOUCHING = "touching"
"""Name of the target that is 1 where two objects or more are near."""


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
    if learns_depth(task):
        ids = task.object_ids(labels)
        if task.dimensions == 2:
            depth = np.zeros(ids.shape, np.float32)
            for index, picture in enumerate(ids):
                depth[index] = depth_map(picture[None], sampling)[0]
        else:
            depth = depth_map(ids, sampling)
        targets[DEPTH] = np.rint(np.clip(depth, 0, 1) * 255).astype(np.uint8)
    if weighs_touching(task):
        ids, reach = task.object_ids(labels), _touching_reach(task, sampling)
        targets[TOUCHING] = between_objects(ids, reach).astype(np.uint8)
    if task.value_weights:
        targets[WEIGHT], values = np.zeros(labels.shape, np.uint8), task.values_of(labels)
        for number, (value, _) in enumerate(task.value_weights, start=1):
            targets[WEIGHT][values == value] = number
    return targets


def _touching_reach(task: Task, sampling: Sampling) -> Index3:
    """How far from two objects voxels count more, along (z, y, x) of the labels."""
    parameters, (_, along, _) = task.parameters, scales_of(task)
    width = parameters.touching_width * along if isinstance(parameters, SemanticTraining) else 0.0
    thin = 0 if task.dimensions == 2 else round(width * sampling[2] / sampling[0])
    flat = max(1, round(width))
    return thin, flat, flat
