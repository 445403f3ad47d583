"""From maps to objects or class numbers, without a network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.recipes.base import Decoded
from desktop_app.objects.decoding import ObjectRules, class_map, class_of_objects, decode_objects
from desktop_app.objects.watershed import SeedParameters


def decode_semantic(maps: NDArray[np.floating[Any]], parameters: SemanticDecode, card: ModelCard) -> Decoded:
    """Labels of maps ``(C, Z, Y, X)`` float16 or float32: one map per class, then the depth if the model has one.

    A voxel belongs to something where its classes together exceed the threshold, and then to the likeliest class.
    """
    maps = maps.astype(np.float32, copy=False)
    count = len(card.class_names)
    classes = class_map(maps[:count], parameters.threshold)
    if parameters.objects == "classes":
        values = np.array((0, *card.class_values), np.uint32)
        return Decoded(values[classes], dict(zip(card.class_values, card.class_names, strict=False)), classes)
    depth = maps[count] if maps.shape[0] > count else None
    rules = object_rules(parameters, card)
    if card.dimensions == 2 and classes.shape[0] > 1:
        labels = _slice_by_slice(classes, depth, rules)
    else:
        labels = decode_objects(classes, depth, rules)
    names = {label: card.class_names[number - 1] for label, number in class_of_objects(labels, classes).items()}
    return Decoded(labels, names, classes)


def object_rules(parameters: SemanticDecode, card: ModelCard) -> ObjectRules:
    """How a model's voxels become objects."""
    return ObjectRules(
        method="connected" if parameters.objects == "connected" else "watershed",
        seeds=SeedParameters(
            seed_threshold=parameters.seed_threshold,
            seed_distance=parameters.seed_distance,
            smoothing=parameters.smoothing,
            sampling=card.voxel_size.zyx,
        ),
        min_size=parameters.min_size,
        max_size=parameters.max_size,
        fill_holes=parameters.fill_holes,
    )


def _slice_by_slice(
    classes: NDArray[np.uint8], depth: NDArray[np.float32] | None, rules: ObjectRules
) -> NDArray[np.uint32]:
    """Each slice on its own, for models that see single slices; ids go on from slice to slice."""
    labels = np.zeros(classes.shape, np.uint32)
    highest = 0
    for z in range(classes.shape[0]):
        part = decode_objects(classes[z : z + 1], None if depth is None else depth[z : z + 1], rules)
        labels[z : z + 1] = np.where(part > 0, part + np.uint32(highest), 0)
        highest = max(highest, int(labels[z].max(initial=0)))
    return labels
