"""What a network finds in an image kept aside, as the window lays it over that image while training goes on."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import FoundLabels
from desktop_app.ml.data.images import TrainingImage

_MOST_VOXELS = 2**23
"""Handed over of an image at each check: 32 MB, 32 slices of 512 × 512 px around the one with most in it."""


def labels_in_file(
    image: TrainingImage, labels: NDArray[np.uint32], z: int, step: int, *, classes: bool
) -> FoundLabels:
    """The labels around a slice, where they lie in the image's file; one slice at least.

    Args:
        image: The image, as it was checked.
        labels: Found in it, ``(Z, Y, X)``.
        z: The slice with most to see.
        step: Of the run.
        classes: Whether labels are class values.
    """
    depth, height, width = labels.shape
    around = max(1, _MOST_VOXELS // max(1, height * width))
    places = [image.in_file((each, 0, 0))[0] for each in range(depth)]
    first = max(0, min(places[z] - around // 2, max(places) + 1 - around))
    near = [each for each in range(depth) if first <= places[each] < first + around]
    start, stop = min(places[each] for each in near), max(places[each] for each in near) + 1
    values = np.zeros((stop - start, height, width), np.uint32)
    values[[places[each] - start for each in near]] = labels[near]
    _, y, x = image.in_file((z, 0, 0))
    box = Region((start, y, x), (stop, y + height, x + width))
    middle = cast(Index3, (places[z], y + height // 2, x + width // 2))
    file = str(image.files[0].absolute()) if image.files else ""
    return FoundLabels(image.name, file, image.time, step, box, values, classes, middle)
