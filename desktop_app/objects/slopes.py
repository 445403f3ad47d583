"""How alike the slopes of an image are at its dark, middle and bright places: in noise they do not differ."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_PARTS = 10  # of the grey values, darkest to brightest: objects that fill a tenth of an image are a part of their own
_SMOOTHED = (0.2, 0.5)  # diameters: outlines of objects stay, and noise within them, be it finer or coarser, goes
_LEAST = 0.7  # px, of a Gaussian: less does not smooth


def slope_ratio(pictures: Iterable[NDArray[Any]], diameter: float) -> float:
    """The steepest tenth of the grey values by the flattest one, at the smoothing where they differ most.

    In a Gaussian random field, which is what noise becomes by smoothing, the slope at a place does not depend on the
    value there (R. Adler, The Geometry of Random Fields, 1981): the ratio is near 1. Objects have flat ground around
    them and steep sides between dark and bright.

    Args:
        pictures: Parts of an image, ``(Y, X)``, of any number type.
        diameter: Of its objects, px.

    Returns:
        1 or more; infinite where some grey values lie on flat ground alone, or lines of pixels show no slopes.
    """
    greys = [np.asarray(picture, np.float32) for picture in pictures if min(picture.shape) > 1]
    if not greys:
        return math.inf
    return max(_ratio(greys, max(_LEAST, share * diameter)) for share in _SMOOTHED)


def _ratio(greys: list[NDArray[np.float32]], sigma: float) -> float:
    smooth = [ndimage.gaussian_filter(grey, sigma) for grey in greys]
    slopes = np.concatenate([np.hypot(*np.gradient(each)).ravel() for each in smooth])
    order = np.argsort(np.concatenate([each.ravel() for each in smooth]), kind="stable")
    means = [float(slopes[part].mean()) for part in np.array_split(order, _PARTS)]
    return max(means) / min(means) if min(means) > 0 else math.inf
