"""Whether what was found looks like noise, in a sentence: by the sizes of the objects, and by slopes around them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.finding import SMALLEST
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume
from desktop_app.objects.slopes import slope_ratio

_FEWEST = 5
"""Objects that say something: a speck or two lie in many an image, also in one that holds nothing else."""


_EVEN = 1.3
"""Ratio of slopes below which they do not differ. Noise smoothed by 1 to 4 px had 1.06 to 1.27 in pictures of 256 px
and more (smaller ones have more by chance, and are not told); what was found in 159 pictures of BBBC038 had 13 and
more, in slices of embryos (BBBC050), ovules and cells 2.7 and more, in electron micrographs 2.8 and more."""
_LOOKED_AT = 16
"""Objects around which slopes are measured: of whatever size the image is, it takes a fraction of a second."""
_AROUND = (256, 1024)  # px, smallest and largest edge of what is looked at around each
_EDGES = 4  # diameters: an object and as much ground


def noise_words(
    voxels: NDArray[np.integer], places: NDArray[np.integer], card: ModelCard, volume: Volume, channel: int
) -> str:
    """Why this looks like noise, and what to do; empty where it does not.

    It does where half of the objects are smaller across than anything that can be looked for. In white noise half were
    below 2 px across in pictures, below 3.6 in volumes; in 40 pictures of BBBC038 and in embryos of BBBC050 half were
    above 9 px. Noise that was smoothed looks like nuclei that touch everywhere; there no grey value has steeper sides
    than others.

    Args:
        voxels: Of each object ``(n,)``.
        places: A voxel (z, y, x) in or near each ``(n, 3)``.
        card: Of the model, which sees slices or volumes.
        volume: What was looked at; how thick its voxels are counts.
        channel: That was looked at, from 0.
    """
    if voxels.size < _FEWEST:
        return ""
    across = _across(float(np.median(voxels)), card, volume)
    other = "choose another channel or size" if volume.channels > 1 else "choose another size, or another image"
    if across < SMALLEST:
        return f"This looks like noise, as half of the objects are less than {SMALLEST:g} px across: {other}."
    if slope_ratio(_around(places, across, volume, channel), across) < _EVEN:
        return f"This looks like noise, as what was found has no sharper edges than all around it: {other}."
    return ""


def _around(places: NDArray[np.integer], across: float, volume: Volume, channel: int) -> Iterator[NDArray[Any]]:
    """What lies around some of the objects ``(Y, X)``, in the slices through their places."""
    edge = int(np.clip(_EDGES * across, *_AROUND))
    chosen = places[np.linspace(0, len(places) - 1, min(_LOOKED_AT, len(places))).astype(np.intp)]
    for z, y, x in np.unique(chosen, axis=0).tolist():
        (top, bottom), (left, right) = (
            (start, min(length, start + edge))
            for start, length in (
                (max(0, min(middle - edge // 2, length - edge)), length)
                for middle, length in zip((y, x), volume.shape[1:], strict=True)
            )
        )
        yield volume.read(Region((z, top, left), (z + 1, bottom, right)), channel)[0]


def _across(voxels: float, card: ModelCard, volume: Volume) -> float:
    """The diameter in pixels (x) of the disc, or for models of volumes of the ball, with so many voxels."""
    if card.dimensions == 2 or volume.shape[0] == 1:
        return math.sqrt(4 * voxels / math.pi)
    thickness = volume.voxel_size.anisotropy if volume.voxel_size.known else 1.0
    diameter: float = (6 * voxels * thickness / math.pi) ** (1 / 3)
    return diameter
