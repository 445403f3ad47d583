"""Whether what was found looks like noise, in a sentence; from the sizes of objects alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.finding import SMALLEST
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Volume

_FEWEST = 5
"""Objects that say something: a speck or two lie in many an image, also in one that holds nothing else."""


def noise_words(voxels: NDArray[np.integer], card: ModelCard, volume: Volume) -> str:
    """Why this looks like noise, and what to do; empty where it does not.

    It does where half of the objects are smaller across than anything that can be looked for. In white noise half were
    below 2 px across in pictures, below 3.6 in volumes; in 40 pictures of BBBC038 and in embryos of BBBC050 half were
    above 9 px. Noise that was smoothed looks like nuclei that touch everywhere, and is not told.

    Args:
        voxels: Of each object ``(n,)``.
        card: Of the model, which sees slices or volumes.
        volume: What was looked at; how thick its voxels are counts.
    """
    if voxels.size < _FEWEST or _across(float(np.median(voxels)), card, volume) >= SMALLEST:
        return ""
    other = "choose another channel or size" if volume.channels > 1 else "choose another size, or another image"
    return f"This looks like noise, as half of the objects are less than {SMALLEST:g} px across: {other}."


def _across(voxels: float, card: ModelCard, volume: Volume) -> float:
    """The diameter in pixels (x) of the disc, or for models of volumes of the ball, with so many voxels."""
    if card.dimensions == 2 or volume.shape[0] == 1:
        return math.sqrt(4 * voxels / math.pi)
    thickness = volume.voxel_size.anisotropy if volume.voxel_size.known else 1.0
    diameter: float = (6 * voxels * thickness / math.pi) ** (1 / 3)
    return diameter
