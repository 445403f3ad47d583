"""From what a network says of each voxel to its class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
