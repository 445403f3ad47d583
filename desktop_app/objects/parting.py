"""Parting one object at its necks: by its shape alone, whatever the sizes of its parts and the edges of its voxels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.basins import Basins, Meetings, root_of, whole_window
from desktop_app.objects.depth import limited_distance
from desktop_app.objects.numbering import numbered

_FINER, _MOST_FINE = 2, 16_000_000
"""How much finer the grid is on which necks are looked for, and its most voxels, of 40 bytes each; larger objects keep
to their own. The distance to the border is told to about half a voxel of it, which hides the necks of small parts:
balls 1:3 to 1:5 in voxels of four kinds went from 15 to 54 of 72 (benchmarks/bench_split)."""
_SEEN, _THIN = 1.1, 2.4
"""Voxels of that grid: by how much a neck must be thinner at least, in radius, and up to which radius a part has none.
See ``objects.necks`` for rings and bands."""
_MUCH_THINNER, _BEYOND, _SEEN_BEYOND = 0.5, 0.5, 0.6
"""A part is a small one that sits on a large one where its radius is less than this share of the other, and its middle
lies outside of the largest ball within the other by this share of its own radius; no bump of a rough border does. Its
neck is thinner by this many voxels of the grid, since all its radius is few."""


_THICK, _ALONE = 3, 0.5
"""From how many pixels between two slices a part may lie in one of them alone; at most this share of it goes on in the
slice above or below. A ball of 2.6 px is no more than that, and its neck is seen in its slice only: balls 1:5 in slices
3 and 5 px apart went from 0 and 2 to 3 and 5 of 6, and no rough ellipsoid of 72 is cut (benchmarks/bench_split)."""


@dataclass(frozen=True, slots=True)
class NeckParameters:
    """What counts as a neck.

    Attributes:
        widest: It is thinner than this share of the thinner of both parts. 0 to 1.
        least: It is thinner than both parts by this or more, in radius, in pixels (x).
        apart: The middles of both parts are this far apart or more, in pixels (x).
        sampling: Edges of a voxel in (z, y, x); only their proportions matter.
    """

    widest: float
    least: float = 0.9
    apart: float = 2.0
    sampling: tuple[float, float, float] = (1.0, 1.0, 1.0)


def part_at_necks(mask: NDArray[np.bool_], parameters: NeckParameters) -> NDArray[np.uint32]:
    """The parts of an object, numbered from 1.

    Parts are the basins of the distance to the border. Seen from the widest neck to the narrowest, two of them are one
    where there is no neck between them, measured by the radius of the thinner one: the persistence of the tops
    (Edelsbrunner et al. 2002, doi 10.1007/s00454-002-2885-2), relative to their height. So a small ball is parted from
    a large one, and the bumps of the large one stay. Where slices are further apart than pixels, slices in between
    are made by shape-based interpolation (Raya and Udupa 1990, doi 10.1109/42.52980), so that the distance rises and
    falls along z, too. What is still one then is looked at slice by slice for small parts that lie in one thick slice.

    Args:
        mask: ``(Z, Y, X)``.
        parameters: What counts as a neck.

    Returns:
        ``(Z, Y, X) uint32``, 0 outside of the mask.
    """
    if not mask.any():
        return np.zeros(mask.shape, np.uint32)
    z, y, x = parameters.sampling
    steps = max(1, round(z / min(y, x))) if mask.shape[0] > 1 else 1
    finer = _FINER if mask.size * steps * _FINER**3 <= _MOST_FINE else 1
    steps = steps * finer if mask.shape[0] > 1 else 1
    fine = np.stack(list(_filled_in(mask, steps, finer, parameters.sampling))) if steps * finer > 1 else mask
    sampling = z / steps, y / finer, x / finer
    distance = limited_distance(fine, sampling, math.inf)
    basins = _basins(fine, distance)
    table = _joined(fine, distance, basins, sampling, parameters)
    found = table[basins[::steps, ::finer, ::finer]]
    if steps >= _THICK * finer and len(np.unique(found[mask])) == 1:
        found = _with_flat_parts(mask, found, parameters)
    return numbered(np.where(mask, found, np.uint32(0)))[0].astype(np.uint32)


def _with_flat_parts(
    mask: NDArray[np.bool_], found: NDArray[np.uint32], parameters: NeckParameters
) -> NDArray[np.uint32]:
    """The one part ``(Z, Y, X)`` and those that lie in one thick slice alone, where a neck is seen in that slice.

    Args:
        mask: The object.
        found: Its parts, of which there is one.
        parameters: What counts as a neck.
    """
    found, free = found.copy(), int(found.max(initial=0)) + 1
    for depth, picture in enumerate(mask):
        flat = part_at_necks(picture[None], parameters)[0]
        largest = int(np.bincount(flat[flat > 0]).argmax()) if picture.any() else 0
        for number in range(1, int(flat.max(initial=0)) + 1):
            part = flat == number
            beside = [mask[near][part].mean() for near in (depth - 1, depth + 1) if 0 <= near < len(mask)]
            if number != largest and max(beside, default=0.0) <= _ALONE:
                found[depth][part] = free
                free += 1
    return found


def _basins(mask: NDArray[np.bool_], distance: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Numbers of the basins of the distance to the border ``(Z, Y, X) uint32``, one for each of its tops."""
    window, basins = whole_window(mask, distance), Basins(0)
    found = basins.find(window, np.zeros(mask.shape, np.uint32))
    basins.meet(window.start, window.shape, found)
    basins.finish_meeting()
    return basins.tops[found]


def _joined(
    mask: NDArray[np.bool_], distance: NDArray[np.float32], basins: NDArray[np.uint32],
    sampling: tuple[float, float, float], parameters: NeckParameters,
) -> NDArray[np.uint32]:  # fmt: skip
    """The number of each basin once those without a neck between them are one; 0 stays 0."""
    flat, depth = basins.reshape(-1), distance.reshape(-1)
    radius = np.zeros(int(flat.max(initial=0)) + 1, np.float32)
    np.maximum.at(radius, flat, depth)
    tops = np.flatnonzero((depth == radius[flat]) & (flat > 0))
    places = np.zeros((radius.size, 3))
    places[flat[tops]] = np.stack(np.unravel_index(tops, mask.shape), -1) * np.array(sampling)
    joined = np.arange(radius.size, dtype=np.uint32)
    pixel, voxel = min(parameters.sampling[1:]), min(sampling[1:])

    meetings = Meetings()
    meetings.add(whole_window(mask, distance), basins)
    edges = meetings.from_highest()
    for first, second, neck in zip(edges["a"].tolist(), edges["b"].tolist(), edges["low"].tolist(), strict=True):
        one, other = root_of(joined, first), root_of(joined, second)
        if first == 0 or one == other:
            continue
        if radius[one] < radius[other]:
            one, other = other, one
        thinner, thicker = float(radius[other]), float(radius[one])
        apart = math.dist(places[one], places[other])
        small = thinner < _MUCH_THINNER * thicker and apart >= thicker + _BEYOND * thinner
        least = _SEEN_BEYOND * voxel if small else max(parameters.least * pixel, _SEEN * voxel)
        shallow = neck > parameters.widest * thinner or thinner - neck < least
        if apart < parameters.apart * pixel or shallow or thinner <= _THIN * voxel:
            joined[other] = one
    return np.array([root_of(joined, number) for number in range(joined.size)], np.uint32)


def _filled_in(
    mask: NDArray[np.bool_], steps: int, finer: int, sampling: tuple[float, float, float]
) -> Iterator[NDArray[Any]]:
    """Slices ``(Y, X) bool`` where the mean distance to the outline says: ``steps`` for each one of the mask.

    Each slice has ``finer`` - 1 more rows and columns between each two; those that were there are as they were.
    """
    signed = [_stretched(_stretched(_signed_distance(one, sampling), finer, 0), finer, 1) for one in mask]
    for lower, upper in itertools.pairwise(signed):
        for step in range(steps):
            yield (1 - step / steps) * lower + step / steps * upper > 0
    yield signed[-1] > 0


def _stretched(values: NDArray[np.float32], steps: int, axis: int) -> NDArray[np.float32]:
    """``steps`` - 1 more between each two along an axis of ``(Y, X)``, on the straight line between them."""
    places = np.arange((values.shape[axis] - 1) * steps + 1)
    low = places // steps
    share = np.expand_dims((places % steps / steps).astype(np.float32), 1 - axis)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    return np.asarray((1 - share) * values.take(low, axis) + share * values.take(high, axis), np.float32)


def _signed_distance(mask: NDArray[np.bool_], sampling: tuple[float, float, float]) -> NDArray[np.float32]:
    """From each pixel ``(Y, X)`` to the outline: inside above 0, outside below, in an empty slice one slice below.

    In a full slice, which has no outline, it is as long as the slice.
    """
    import edt

    z, y, x = sampling
    inside, outside = (edt.edt(part.astype(np.uint8), anisotropy=(y, x)) for part in (mask, ~mask))
    # The outline runs between pixels, half a pixel from the middle of the last one.
    signed = np.where(mask, inside - min(y, x) / 2, min(y, x) / 2 - outside)
    farthest = np.float32(z)
    signed = np.clip(signed, -farthest, math.hypot(mask.shape[0] * y, mask.shape[1] * x))
    return np.asarray(signed, np.float32) if mask.any() else np.full(mask.shape, -farthest)
