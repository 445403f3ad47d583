"""How alike grey values must be, found by the wand itself: so that what is clicked has the clearest border.

Each of some tolerances, in the picture as it is and smoothed by some widths, gives an area. The best one differs most
from its surroundings, measured by how its grey values vary there, is rather round, and does not run out of the window:
what ``core.labelling.proposing`` asks of areas that grow over edges. One click takes 11 of 20 mitochondria in EM and 8
of 16 nuclei rightly, where the best of three fixed tolerances takes 4 and 3 (benchmarks/bench_assistants).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TOLERANCES = (0.03, 0.04, 0.05, 0.07, 0.09, 0.12, 0.15, 0.2, 0.27, 0.35)
"""Shares of the range of grey values, each about a third more than the one before: 0.1 s a click."""
_BLURS_PX = (0.0, 1.5, 3.0, 5.0)
"""Widths of the Gaussians, 0 for the small median: texture of mitochondria and stained nuclei is 3 to 10 px coarse."""
_BESIDE_PX = 3  # on both sides of a border in which it is seen how clear it is
_LEAST_PX, _MOST = 30, 0.5  # pixels of a thing, and its largest share of the window
_LEAKED = 0.3  # what is left of the score of an area that runs out of the window
_ROUND, _LARGER = 2.0, 0.1  # powers of roundness and area in the score; by eye on mitochondria and nuclei
_DISC = 2 * np.sqrt(np.pi) * 4 / np.pi  # sides of pixels around a disc, divided by the root of its area


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found.

    Attributes:
        blur_px: Width of the Gaussian; 0 for the small median.
        tolerance: In grey values.
    """

    blur_px: float
    tolerance: float


def evened(values: NDArray[np.float32], blur_px: float, depth_axis: int) -> NDArray[np.float32]:
    """Grey values (Z, Y, X) or (rows, columns) without noise, slice by slice.

    Args:
        values: What is smoothed.
        blur_px: Width of the Gaussian; 0 for a median of 3 × 3 pixels, which counts noise less than half.
        depth_axis: Across the slices; -1 for a picture.
    """
    from scipy import ndimage

    def along(inside: float) -> list[float]:
        return [inside * (axis != depth_axis) for axis in range(values.ndim)]

    if blur_px:
        return np.asarray(ndimage.gaussian_filter(values, along(blur_px), mode="nearest"), np.float32)
    size = [max(1, round(edge)) for edge in along(3)]
    return np.asarray(ndimage.median_filter(values, size, mode="nearest"), np.float32)


def fitted(picture: NDArray[np.float32], pixel: tuple[int, int], span: float) -> Fit | None:
    """The tolerance and smoothing that give the clearest thing; None where there is none.

    Args:
        picture: Grey values (rows, columns) around the click.
        pixel: The click in it.
        span: Range of the grey values of the whole slice.
    """
    found = ((_score(picture, area), fit) for fit, area in _areas(picture, pixel, span))
    score, fit = max(found, key=lambda one: one[0], default=(0.0, None))
    return fit if score > 0 else None


def _areas(
    picture: NDArray[np.float32], pixel: tuple[int, int], span: float
) -> Iterator[tuple[Fit, NDArray[np.bool_]]]:
    from scipy import ndimage

    for blur in _BLURS_PX:
        apart = evened(picture, blur, -1)
        apart = np.abs(apart - apart[pixel])
        for share in _TOLERANCES:
            parts, _ = ndimage.label(apart <= share * span)
            yield Fit(blur, share * span), np.asarray(parts == parts[pixel])


def _score(picture: NDArray[Any], area: NDArray[np.bool_]) -> float:
    """How clearly bordered and how round an area is; 0 for what is no thing."""
    from scipy import ndimage

    if not _LEAST_PX <= area.sum() <= _MOST * area.size:
        return 0.0
    leaks = bool(area[[0, -1]].any() or area[:, [0, -1]].any())
    rows, columns = np.flatnonzero(area.any(1)), np.flatnonzero(area.any(0))
    box = tuple(slice(max(0, int(p[0]) - _BESIDE_PX), int(p[-1]) + _BESIDE_PX + 1) for p in (rows, columns))
    grey, area = picture[box], ndimage.binary_opening(ndimage.binary_fill_holes(area[box]))
    inner = area & ~ndimage.binary_erosion(area, iterations=_BESIDE_PX, border_value=1)
    outer = ndimage.binary_dilation(area, iterations=_BESIDE_PX) & ~area
    if not inner.any() or not outer.any():
        return 0.0
    spread = max(float(np.hypot(grey[inner].std(), grey[outer].std())), 1e-6 * max(1.0, float(np.abs(grey).max())))
    clear = abs(float(grey[inner].mean() - grey[outer].mean())) / spread
    sides = sum(int(np.count_nonzero(np.diff(np.pad(area, 1), axis=axis))) for axis in range(2))
    size = float(area.sum())
    round_ = min(1.0, _DISC * np.sqrt(size) / sides)
    return float(clear * round_**_ROUND * size**_LARGER * (_LEAKED if leaks else 1.0))
