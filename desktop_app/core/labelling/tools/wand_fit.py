"""How alike grey values must be, found by the wand itself: so that what is clicked has the clearest border.

Each of some tolerances, in the picture as it is and smoothed by some widths, gives an area. The best one differs most
from its surroundings, measured by how its grey values vary there, is rather round, and does not run out of the window:
what ``core.labelling.proposing`` asks of areas that grow over edges. One click takes 11 of 20 mitochondria in EM and 8
of 16 nuclei rightly, where the best of three fixed tolerances takes 4 and 3 (benchmarks/bench_assistants).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.bit_masks import BitFrame, packed
from desktop_app.core.imaging.flat_masks import filled, median_of_nine, parts_of

_Box: TypeAlias = tuple[slice, slice]

_TOLERANCES = (0.03, 0.04, 0.05, 0.07, 0.09, 0.12, 0.15, 0.2, 0.27, 0.35)
"""Shares of the range of grey values, each about a third more than the one before: 10 ms a click."""
_BLURS_PX = (0.0, 1.5, 3.0, 5.0)
"""Widths of the Gaussians, 0 for the small median: texture of mitochondria and stained nuclei is 3 to 10 px coarse."""
_BESIDE_PX = 3  # on both sides of a border in which it is seen how clear it is
_LEAST_PX, _MOST = 30, 0.5  # pixels of a thing, and its largest share of the window
_LESS = 0.99  # an area that keeps more at a smaller tolerance is the same thing
_LEAKED = 0.3  # what is left of the score of an area that runs out of the window
_ROUND, _LARGER = 2.0, 0.1  # powers of roundness and area in the score; by eye on mitochondria and nuclei
_DISC = 2 * math.sqrt(math.pi) * 4 / math.pi  # sides of pixels around a disc, divided by the root of its area


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found.

    Attributes:
        blur_px: Width of the Gaussian; 0 for the small median.
        tolerance: In grey values.
        even: The picture (rows, columns), smoothed so.
    """

    blur_px: float
    tolerance: float
    even: NDArray[np.float32]


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
    if values.ndim == 2:
        return median_of_nine(values)
    slices = np.moveaxis(values, depth_axis, 0)
    return np.moveaxis(np.stack([median_of_nine(one) for one in slices]), 0, depth_axis)


def fitted(picture: NDArray[np.float32], pixel: tuple[int, int], span: float) -> Fit | None:
    """The tolerance and smoothing that give the clearest thing; None where there is none.

    Args:
        picture: Grey values (rows, columns) around the click.
        pixel: The click in it.
        span: Range of the grey values of the whole slice.
    """
    scratch = np.empty((picture.shape[0] + 2) * (picture.shape[1] + 2), np.int32)
    areas = _areas(picture, pixel, span, scratch)
    found = ((_score(picture, box, area, scratch), fit) for fit, box, area in areas)
    score, fit = max(found, key=lambda one: one[0], default=(0.0, None))
    return fit if score > 0 else None


def _areas(
    picture: NDArray[np.float32], pixel: tuple[int, int], span: float, scratch: NDArray[np.int32]
) -> Iterator[tuple[Fit, _Box, NDArray[np.bool_]]]:
    """What hangs together with the click at each tolerance: a box of the picture, and the area in it.

    From the largest tolerance down: each area lies within the one before, and is looked for there alone.
    """
    for blur in _BLURS_PX:
        even = evened(picture, blur, -1)
        apart, box, size = np.abs(even - even[pixel]), (slice(0, picture.shape[0]), slice(0, picture.shape[1])), np.inf
        for share in reversed(_TOLERANCES):
            parts = parts_of(apart[box] <= share * span, scratch)
            area = np.asarray(parts == parts[pixel[0] - box[0].start, pixel[1] - box[1].start])
            inner = [_ends(np.asarray(area.any(axis))) for axis in (1, 0)]
            area = area[inner[0], inner[1]]
            box = _shifted(inner[0], box[0].start), _shifted(inner[1], box[1].start)
            before, size = size, float(np.count_nonzero(area))
            if _LESS * before > size >= _LEAST_PX and size <= _MOST * picture.size:
                yield Fit(blur, share * span, even), box, area


def _ends(line: NDArray[np.bool_]) -> slice:
    """From the first to the last that is true."""
    places = np.flatnonzero(line)
    return slice(int(places[0]), int(places[-1]) + 1)


def _shifted(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _score(picture: NDArray[Any], box: _Box, area: NDArray[np.bool_], scratch: NDArray[np.int32]) -> float:
    """How clearly bordered and how round an area is, which fills its box of the picture; 0 for what is no thing."""
    leaks = any(side.start == 0 or side.stop == edge for side, edge in zip(box, picture.shape, strict=True))
    wide = [
        slice(max(0, side.start - _BESIDE_PX), min(edge, side.stop + _BESIDE_PX))
        for side, edge in zip(box, picture.shape, strict=True)
    ]
    grey, whole = picture[wide[0], wide[1]], np.zeros([side.stop - side.start for side in wide], bool)
    whole[_shifted(box[0], -wide[0].start), _shifted(box[1], -wide[1].start)] = filled(area, scratch)
    frame = BitFrame.of(whole.shape)
    thing = frame.opened(packed(whole))
    beyond = frame.whole & ~thing
    inside = grey[frame.mask(thing & frame.grown(beyond, _BESIDE_PX))]
    outside = grey[frame.mask(frame.grown(thing, _BESIDE_PX) & beyond)]
    if not inside.size or not outside.size:
        return 0.0
    (mean, spread), (other, spread_there) = _mean_and_spread(inside), _mean_and_spread(outside)
    least = 1e-6 * max(1.0, abs(mean), abs(other))  # of a picture without noise
    clear = abs(mean - other) / max(math.hypot(spread, spread_there), least)
    size = float(thing.bit_count())
    round_ = min(1.0, _DISC * math.sqrt(size) / frame.sides(thing))
    return clear * round_**_ROUND * size**_LARGER * (_LEAKED if leaks else 1.0)


def _mean_and_spread(values: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of some values; NumPy's own take four times as long for so few."""
    mean = float(values.sum()) / values.size
    apart = values - np.float32(mean)
    return mean, math.sqrt(float(apart @ apart) / values.size)
