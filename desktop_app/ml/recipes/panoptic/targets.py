"""From labels to what a panoptic network shall learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.recipes.panoptic.parameters import PanopticTraining
from desktop_app.ml.data.targets import CLASSES, IGNORED, TargetMaps
from desktop_app.ml.recipes.base import Task
from desktop_app.objects.components import connected_objects
from desktop_app.objects.numbering import numbered

OBJECTS, HEATMAP, OFFSET_Y, OFFSET_X, INSIDE = "objects", "heatmap", "offset_y", "offset_x", "inside"


def panoptic_training(task: Task) -> PanopticTraining:
    """The training parameters of a panoptic task."""
    return PanopticTraining.model_validate(task.parameters.model_dump())


def stuff_numbers(task: Task) -> tuple[int, ...]:
    """Class numbers, from 1, of the classes without objects."""
    stuff = panoptic_training(task).stuff
    return tuple(number for number, name in enumerate(task.class_names, start=1) if name in stuff)


def panoptic_targets(labels: NDArray[Any], task: Task) -> TargetMaps:
    """Class numbers and objects of whole slices.

    An object is what hangs together within one slice (corners touch): two cross-sections of one object are two, because
    nothing in a single slice tells that they belong together, and the centre between them lies in neither.

    Args:
        labels: ``(Z, Y, X)`` integers: objects, classes, or class times divisor plus number.
        task: What the values mean.

    Returns:
        ``classes`` uint8: 0 background, 1 to K the classes, 255 unknown. ``objects`` int32: different numbers for
        different objects of a slice, 0 where there are none and for classes without objects.
    """
    classes = task.class_numbers(labels)
    without = (0, IGNORED, *stuff_numbers(task))
    numbers, _ = numbered(labels)
    numbers[np.isin(classes, without)] = 0
    objects = np.zeros(labels.shape, np.int32)
    for z, picture in enumerate(numbers):
        objects[z] = connected_objects(picture[None])[0]
    return {CLASSES: classes, OBJECTS: objects}


def patch_targets(targets: dict[str, torch.Tensor], task: Task) -> dict[str, torch.Tensor]:
    """What the loss takes, from classes and objects ``(1, Y, X)`` of one patch after cutting and bending.

    The heatmap is the sum of one Gaussian per object at its centroid, over the highest value of the patch, so that two
    centres that nearly coincide lower all others a little; a centre with no other near it would be as high with one
    Gaussian each of height 1 (Cheng et al. 2020, arXiv 1911.10194), and the centre threshold of 0.1 is far below both.
    Offsets lead from each pixel of an object to its centroid (dy, dx); of an object cut by the rim that is the
    centroid of what is seen.
    """
    ids = targets[OBJECTS][0].numpy()
    heatmap, offsets, inside = centre_maps(ids, panoptic_training(task).heatmap_width)
    return {
        CLASSES: targets[CLASSES],
        HEATMAP: torch.from_numpy(heatmap)[None],
        OFFSET_Y: torch.from_numpy(offsets[0])[None],
        OFFSET_X: torch.from_numpy(offsets[1])[None],
        INSIDE: torch.from_numpy(inside)[None],
    }


def centre_maps(
    ids: NDArray[np.integer], width: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Heatmap ``(Y, X)``, offsets ``(2, Y, X)`` in pixels, and where there are objects, of a slice ``(Y, X)``.

    Args:
        ids: Object numbers, small ones, 0 where there are none.
        width: Standard deviation of the Gaussians in pixels.
    """
    shape = ids.shape
    offsets = np.zeros((2, *shape), np.float32)
    y, x = np.nonzero(ids)
    inside = np.zeros(shape, bool)
    inside[y, x] = True
    if y.size == 0:
        return np.zeros(shape, np.float32), offsets, inside
    number = ids[y, x]
    sizes = np.bincount(number)
    centre_y, centre_x = (np.bincount(number, places) / np.maximum(sizes, 1) for places in (y, x))
    offsets[0, y, x] = centre_y[number] - y
    offsets[1, y, x] = centre_x[number] - x
    return _sum_of_gaussians(shape, centre_y[sizes > 0], centre_x[sizes > 0], width), offsets, inside


def _sum_of_gaussians(
    shape: tuple[int, ...], y: NDArray[np.float64], x: NDArray[np.float64], width: float
) -> NDArray[np.float32]:
    """One Gaussian per centroid, set at its pixel, as a product of profiles along y and x; the highest value is 1."""
    pixels = np.unique(np.stack([np.floor(y), np.floor(x)], axis=1), axis=0)
    along_y, along_x = (
        np.exp(-0.5 * ((np.arange(length)[:, None] - pixels[:, axis]) / width) ** 2).astype(np.float32)
        for axis, length in enumerate(shape)
    )
    heat = along_y @ along_x.T
    highest: NDArray[np.float32] = heat / heat.max()
    return highest
