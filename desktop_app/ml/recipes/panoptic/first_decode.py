"""Parameters of making objects before any is tuned: what the labels tell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.object_sizes import small_and_usual
from desktop_app.ml.recipes.base import Start, Task, TrainingData, kept_decode
from desktop_app.ml.recipes.panoptic.targets import OBJECTS, panoptic_targets

_SMALLEST_SHARE = 0.25
"""Of the area of a small object of the labels: what is smaller is taken for a mistake. As the form advises."""

_THICK, _FEW_SLICES = 4.0, 12
"""Slices so many times thicker than a pixel, or so few of them: whole objects may then show in two or three."""

_SHORT_EXTENT = 2
"""Pixels that an object must reach through along each axis in such stacks."""

_PROBE_SLICES = 64
"""Slices of an image whose objects are measured; a few hundred cross-sections tell the 5th percentile well enough."""


def first_panoptic_decode(data: TrainingData, start: Start, scale: int) -> dict[str, Any]:
    """As the model to finetune has them, or the defaults; the smallest area and extent as the training labels are.

    Args:
        data: Images to learn from.
        start: Of the run.
        scale: At which they are seen; areas count at full size.
    """
    decode = kept_decode(PanopticDecode(), start)
    if _has_few_slices(data):
        decode["min_extent"] = _SHORT_EXTENT
    sizes = small_and_usual(np.concatenate([section_sizes(image, data.task) for image in data.train]))
    if sizes is not None:
        decode["min_area"] = max(1, round(_SMALLEST_SHARE * sizes[0] * scale**2))
    return decode


def section_sizes(image: TrainingImage, task: Task) -> NDArray[np.int64]:
    """Pixels of each cross-section of the objects in some slices of an image, evenly spread."""
    depth, *plane = image.region.shape
    parts = [np.zeros(0, np.int64)]
    for z in np.unique(np.linspace(0, depth - 1, min(depth, _PROBE_SLICES)).round().astype(int)).tolist():
        box = Region((z, 0, 0), (z + 1, *plane)).shift(image.region.start)
        objects = panoptic_targets(image.truth.read(box), task)[OBJECTS]
        counts = np.bincount(objects.reshape(-1))[1:]
        parts.append(counts[counts > 0])
    return np.concatenate(parts)


def _has_few_slices(data: TrainingData) -> bool:
    """Whether objects reach through few slices: because these are thick, or because there are few."""
    thick = data.voxel_size.known and data.voxel_size.anisotropy >= _THICK
    return thick or any(1 < image.region.shape[0] < _FEW_SLICES for image in data.train)
