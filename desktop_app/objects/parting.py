"""Parting one object at its necks: by its shape alone, whatever the sizes of its parts and the edges of its voxels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.basins import Basins, Meetings, whole_window
from desktop_app.objects.depth import limited_distance
from desktop_app.objects.numbering import numbered

_THIN = 2.0
"""Pixels: up to which radius a part has no necks, as in ``objects.necks``."""


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
    least: float = 1.1
    apart: float = 2.0
    sampling: tuple[float, float, float] = (1.0, 1.0, 1.0)


def part_at_necks(mask: NDArray[np.bool_], parameters: NeckParameters) -> NDArray[np.uint32]:
    """The parts of an object, numbered from 1.

    Parts are the basins of the distance to the border. Seen from the widest neck to the narrowest, two of them are one
    where there is no neck between them, measured by the radius of the thinner one: the persistence of the tops
    (Edelsbrunner et al. 2002, doi 10.1007/s00454-002-2885-2), relative to their height. So a small ball is parted from
    a large one, and the bumps of the large one stay. Where slices are further apart than pixels, slices in between
    are made by shape-based interpolation (Raya and Udupa 1990, doi 10.1109/42.52980), so that the distance rises and
    falls along z, too.

    Args:
        mask: ``(Z, Y, X)``.
        parameters: What counts as a neck.

    Returns:
        ``(Z, Y, X) uint32``, 0 outside of the mask.
    """
    steps = max(1, round(parameters.sampling[0] / min(parameters.sampling[1:]))) if mask.shape[0] > 1 else 1
    z, y, x = parameters.sampling
    fine = np.stack(list(_filled_in(mask, steps, parameters.sampling))) if steps > 1 else mask
    sampling = z / steps, y, x
    distance = limited_distance(fine, sampling, math.inf)
    basins = _basins(fine, distance)
    found = _joined(fine, distance, basins, sampling, parameters)[basins[::steps]]
    return numbered(np.where(mask, found, np.uint32(0)))[0].astype(np.uint32)


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
    joined, pixel = np.arange(radius.size, dtype=np.uint32), min(sampling[1:])

    def one_of(number: int) -> int:
        while joined[number] != number:
            joined[number] = joined[joined[number]]
            number = int(joined[number])
        return number

    meetings = Meetings()
    meetings.add(whole_window(mask, distance), basins)
    edges = meetings.from_highest()
    for first, second, neck in zip(edges["a"].tolist(), edges["b"].tolist(), edges["low"].tolist(), strict=True):
        one, other = one_of(first), one_of(second)
        if first == 0 or one == other:
            continue
        if radius[one] < radius[other]:
            one, other = other, one
        thinner = float(radius[other])
        near = math.dist(places[one], places[other]) < parameters.apart * pixel
        shallow = neck > parameters.widest * thinner or thinner - neck < parameters.least * pixel
        if near or shallow or thinner <= _THIN * pixel:
            joined[other] = one
    return np.array([one_of(number) for number in range(joined.size)], np.uint32)


def _filled_in(mask: NDArray[np.bool_], steps: int, sampling: tuple[float, float, float]) -> Iterator[NDArray[Any]]:
    """Slices ``(Y, X) bool`` with ``steps`` - 1 more between each two, where the mean distance to the outline says."""
    signed = [_signed_distance(one, sampling) for one in mask]
    for lower, upper in itertools.pairwise(signed):
        for step in range(steps):
            yield (1 - step / steps) * lower + step / steps * upper > 0
    yield signed[-1] > 0


def _signed_distance(mask: NDArray[np.bool_], sampling: tuple[float, float, float]) -> NDArray[np.float32]:
    """From each pixel ``(Y, X)`` to the outline: inside above 0, outside below, in an empty slice one slice below."""
    import edt

    z, y, x = sampling
    inside, outside = (edt.edt(part.astype(np.uint8), anisotropy=(y, x)) for part in (mask, ~mask))
    # The outline runs between pixels, half a pixel from the middle of the last one.
    signed = np.where(mask, inside - min(y, x) / 2, min(y, x) / 2 - outside)
    farthest = np.float32(z)
    return np.asarray(np.maximum(signed, -farthest), np.float32) if mask.any() else np.full(mask.shape, -farthest)
