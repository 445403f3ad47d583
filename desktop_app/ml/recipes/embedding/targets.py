"""From labels to what a network of spatial embeddings shall learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skimage import measure

from desktop_app.core.recipes.embedding.parameters import EmbeddingTraining
from desktop_app.ml.data.targets import CLASSES, LabelTargets, PatchTargets, Sampling, TargetMaps
from desktop_app.ml.recipes.base import Task
from desktop_app.objects.embedding.centres import centre_image

OBJECTS = "objects"
CENTRES = "centres"
THICKNESS = "thickness"
"""A single number a patch: distance of slices over the width of pixels."""


def object_targets(task: Task, anisotropy: float) -> LabelTargets:
    """Class numbers and object numbers of an image; of a patch also centres, of what is seen of each object,
    unless the patch comes with them.

    Args:
        task: What the labels mean.
        anisotropy: Distance of slices over the width of pixels.
    """
    parameters = EmbeddingTraining.model_validate(task.parameters.model_dump())
    edges = (anisotropy, 1.0, 1.0)

    def of_labels(labels: NDArray[Any], _: Sampling) -> TargetMaps:
        return {CLASSES: task.class_numbers(labels), OBJECTS: task.object_ids(labels).astype(np.int32)}

    def of_patch(cut: PatchTargets) -> PatchTargets:
        seen = cut[OBJECTS].numpy()
        if task.dimensions == 2:  # pieces of an object in one slice are objects of their own
            seen = measure.label(seen, connectivity=2)
        names, numbers = np.unique(seen, return_inverse=True)
        numbers = numbers.reshape(cut[OBJECTS].shape).astype(np.int32)
        numbers += int(names[0] != 0)
        centres = cut.get(CENTRES)
        if centres is None:
            centres = torch.from_numpy(centre_image(numbers, parameters.centre, edges))
        return {
            CLASSES: cut[CLASSES],
            OBJECTS: torch.from_numpy(numbers),
            CENTRES: centres,
            THICKNESS: torch.full((1, 1, 1), anisotropy),
        }

    return LabelTargets(task.class_names, {CLASSES: "nearest", OBJECTS: "nearest"}, of_labels, of_patch)
