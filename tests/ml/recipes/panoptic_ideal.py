"""Maps of slices as a perfect network would give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.ml.recipes.panoptic.maps import CELL, SliceMaps
from tests.objects.panoptic.ideal import ideal_maps


def ideal_slice_maps(
    slices: NDArray[np.uint32], downsampling: int = 1, class_of: NDArray[np.uint8] | None = None
) -> SliceMaps:
    """Maps of labels ``(N, H, W)``; ``class_of`` gives the class number of a label."""
    found = [ideal_maps(one, step=CELL * downsampling, class_of=class_of) for one in slices]
    classes = 1 if class_of is None else int(class_of.max())
    probabilities = np.stack(
        [np.stack([np.where(one.classes == n, 0.98, 0.01) for n in range(1, 1 + classes)]) for one in found]
    )
    return SliceMaps(
        probabilities.astype(np.float16),
        np.stack([one.heatmap for one in found]),
        np.stack([one.offsets for one in found]) / np.float32(downsampling),
    )
