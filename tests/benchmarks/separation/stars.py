"""Objects as stars: from a place inside, how far it is to the border along each of a number of rays.

After Schmidt et al. 2018 (arXiv 1806.03535) and Weigert et al. 2020 (arXiv 1908.03636). Lengths are in pixels along x.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from desktop_app.core.imaging import Index3

_GOLDEN = math.pi * (3 - math.sqrt(5))
"""Angle between neighbours of a Fibonacci lattice."""
_STEP = 0.5
"""Pixels between places at which a ray looks for the border: the border is known half as exactly."""
_ROUNDING = 1e-6
"""Share of a pixel by which a place may lie beside the cone of its rays."""
_NEAR = 0.25
"""Of the rays of a candidate: others that lie as near would be refused, too."""
UNKNOWN = -1
"""Object number of voxels of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Star:
    """Rays, and the faces of the body that their ends span.

    Attributes:
        rays: ``(R, 3) float64`` unit vectors (z, y, x) where a pixel is as long along each axis.
        faces: ``(F, 2)`` or ``(F, 3)`` numbers of the rays whose ends a face joins.
        thickness: Distance of slices over the width of pixels.
        dimensions: 2 or 3.
    """

    rays: NDArray[np.float64]
    faces: NDArray[np.int64]
    thickness: float
    dimensions: int

    @classmethod
    def of(cls, dimensions: int, count: int, thickness: float = 1.0) -> Star:
        """So many rays, evenly in a circle or, as a Fibonacci lattice, on a sphere."""
        if dimensions == 2:
            angles = np.arange(count) * 2 * math.pi / count
            rays = np.stack([np.zeros(count), np.sin(angles), np.cos(angles)], axis=1)
            ends = np.arange(count)
            return cls(rays, np.stack([ends, (ends + 1) % count], axis=1), 1.0, 2)
        z = 1 - (2 * np.arange(count) + 1) / count
        around, wide = np.arange(count) * _GOLDEN, np.sqrt(1 - z**2)
        rays = np.stack([z, wide * np.sin(around), wide * np.cos(around)], axis=1)
        return cls(rays, ConvexHull(rays).simplices.astype(np.int64), thickness, 3)

    @property
    def steps(self) -> NDArray[np.float64]:
        """``(R, 3)`` voxels (z, y, x) along each ray for a length of one pixel."""
        steps: NDArray[np.float64] = self.rays / np.array([self.thickness, 1.0, 1.0])
        return steps

    @property
    def _swelling(self) -> float:
        """How much longer rays must be for the body of equal ones to be as large as a ball (circle) of that radius."""
        hull = ConvexHull(self.rays[:, 3 - self.dimensions :])
        ball = math.pi if self.dimensions == 2 else 4 / 3 * math.pi
        return float((ball / hull.volume) ** (1 / self.dimensions))

    def lengths(
        self, ids: NDArray[np.int32], places: NDArray[np.float32], most: float
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """How far it is from places to where their objects end.

        Args:
            ids: ``(Z, Y, X)`` object numbers, 0 outside, ``UNKNOWN`` where nothing is known.
            places: ``(P, 3)`` in voxels, each inside an object.
            most: Pixels; longer rays count as so long.

        Returns:
            Lengths ``(P, R)``, and whether each ray ended; others left what is known at that length.
        """
        count = len(self.rays)
        shape = np.array(ids.shape)
        at = np.repeat(places.astype(np.float32), count, axis=0)
        along = np.tile(self.steps.astype(np.float32), (len(places), 1))
        own = ids[tuple(np.clip(np.rint(places).astype(np.int64), 0, shape - 1).T)].repeat(count)
        lengths, ended = np.full(len(at), most, np.float32), np.zeros(len(at), bool)
        going = np.arange(len(at))
        for step in range(1, math.ceil(most / _STEP) + 1):
            where = np.rint(at[going] + along[going] * np.float32(step * _STEP)).astype(np.int64)
            inside = ((where >= 0) & (where < shape)).all(axis=1)
            seen = np.full(len(going), UNKNOWN, np.int32)
            seen[inside] = ids[tuple(where[inside].T)]
            over = seen != own[going]
            stopped = going[over]
            lengths[stopped] = (step - 0.5) * _STEP  # half a step: the border lies somewhere between
            ended[stopped] = seen[over] != UNKNOWN
            going = going[~over]
            if not going.size:
                break
        return lengths.reshape(-1, count), ended.reshape(-1, count)

    def stencil(self, most: float) -> Stencil:
        """Which rays decide on each voxel around a place, up to so many pixels away."""
        reach = math.ceil(most)
        deep = 0 if self.dimensions == 2 else math.ceil(most / self.thickness)
        grids = np.meshgrid(*(np.arange(-edge, edge + 1) for edge in (deep, reach, reach)), indexing="ij")
        offsets = np.stack(grids, axis=-1).reshape(-1, 3) * np.array([self.thickness, 1.0, 1.0])
        used = slice(3 - self.dimensions, 3)
        offsets /= self._swelling
        rays = np.zeros((len(offsets), self.dimensions), np.int16)
        shares = np.full((len(offsets), self.dimensions), np.inf, np.float32)
        for face in self.faces:
            found = offsets[:, used] @ np.linalg.inv(self.rays[face][:, used])
            within = (found >= -_ROUNDING).all(axis=1) & np.isinf(shares[:, 0])
            rays[within], shares[within] = face, np.maximum(found[within], 0)
        shape = (*grids[0].shape, self.dimensions)
        return Stencil(rays.reshape(shape), shares.reshape(shape), self.thickness, most)


@dataclass(frozen=True, slots=True)
class Stencil:
    """The voxels around a place, each as a sum of rays of one face.

    A voxel at ``sum(share * ray)`` lies in the body whose rays are so long exactly where ``sum(share / length)`` is at
    most one.

    Attributes:
        rays: ``(z, y, x, 2 or 3)`` numbers of the rays.
        shares: Of the same shape: in pixels.
        thickness: Distance of slices over the width of pixels.
        most: Pixels that it reaches.
    """

    rays: NDArray[np.int16]
    shares: NDArray[np.float32]
    thickness: float
    most: float

    def body(
        self, place: Index3, lengths: NDArray[np.float32], shape: Index3
    ) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
        """A box of the image, and which of its voxels lie in the body.

        Args:
            place: Its middle, a voxel.
            lengths: ``(R,)`` of its rays.
            shape: Of the image (z, y, x).
        """
        longest = min(self.most, float(lengths.max()) + 1)  # as bodies are swollen a little
        wide, middle = math.floor(longest), [edge // 2 for edge in self.rays.shape[:3]]
        reach = (min(middle[0], math.floor(longest / self.thickness)), wide, wide)
        low = [max(0, p - r) for p, r in zip(place, reach, strict=True)]
        high = [min(edge, p + r + 1) for p, r, edge in zip(place, reach, shape, strict=True)]
        own = tuple(slice(a - p + m, b - p + m) for a, b, p, m in zip(low, high, place, middle, strict=True))
        inverse = 1 / np.maximum(lengths, np.float32(_ROUNDING))
        inside = (self.shares[own] * inverse[self.rays[own]]).sum(axis=-1) <= 1
        return tuple(slice(a, b) for a, b in zip(low, high, strict=True)), inside


@dataclass(frozen=True, slots=True)
class Candidates:
    """Places that may be the middle of an object, the surest first.

    Attributes:
        places: ``(P, 3)`` voxels.
        lengths: ``(P, R)`` of their rays.
        sureness: ``(P,)``.
    """

    places: NDArray[np.int64]
    lengths: NDArray[np.float32]
    sureness: NDArray[np.float32]

    @classmethod
    def of(
        cls, sureness: NDArray[np.float32], lengths: NDArray[np.float32], least: float, stride: Index3
    ) -> Candidates:
        """Of maps: sureness ``(Z, Y, X)`` and lengths ``(R, Z, Y, X)``; every ``stride``-th voxel at least so sure."""
        z, y, x = stride
        some = sureness[::z, ::y, ::x]
        found = np.argwhere(some >= least)
        sure = some[tuple(found.T)]
        order = np.argsort(-sure, kind="stable")
        places = found[order] * np.array(stride)
        return cls(places, lengths[(slice(None), *places.T)].T.astype(np.float32), sure[order])


def picked(candidates: Candidates, stencil: Stencil, shape: Index3, most_shared: float) -> NDArray[np.uint32]:
    """Labels ``(Z, Y, X)`` of the bodies that remain, the surest first.

    A candidate whose place lies in a body that was picked, or that shares more than ``most_shared`` of its voxels with
    those, is the same object again, and so are those close to it. Voxels of two bodies belong to the surer one.
    """
    labels, number, over = np.zeros(shape, np.uint32), 0, np.zeros(shape, bool)
    for index, (z, y, x) in enumerate(candidates.places.tolist()):
        if over[z, y, x]:
            continue
        lengths = candidates.lengths[index]
        box, inside = stencil.body((z, y, x), lengths, shape)
        there = labels[box]
        free = inside & (there == 0)
        whole = int(inside.sum())
        if whole == 0 or whole - int(free.sum()) > most_shared * whole:
            over[stencil.body((z, y, x), lengths * _NEAR, shape)[0]] = True
            continue
        number += 1
        there[free] = number
        over[box] |= inside
    return labels


def summits(regions: NDArray[np.uint32], depth: NDArray[np.float32]) -> NDArray[np.int64]:
    """The deepest voxel ``(N, 3)`` of each of the regions 1 to N ``(Z, Y, X)``."""
    order = np.argsort(depth.reshape(-1), kind="stable")
    places = np.zeros(int(regions.max(initial=0)) + 1, np.int64)
    places[regions.reshape(-1)[order]] = order  # the last one written is the deepest
    return np.stack(np.unravel_index(places[1:], regions.shape), axis=1)


def joined(
    tops: NDArray[np.int64], lengths: NDArray[np.float32], stencil: Stencil, shape: Index3, least: float
) -> NDArray[np.uint32]:
    """The number of the object of each region ``(N + 1,)``, from the bodies around their deepest voxels.

    The largest body comes first. A region belongs to the object before it with whose body its own shares most, if that
    is more than ``least`` of the smaller of both; else it is an object of its own.

    Args:
        tops: ``(N, 3)`` voxels.
        lengths: ``(N, R)`` of their rays.
        stencil: Of these.
        shape: Of the image (z, y, x).
        least: Share from which bodies are one.
    """
    table = np.zeros(len(tops) + 1, np.uint32)
    bodies: list[tuple[tuple[slice, ...], NDArray[np.bool_], int]] = []
    for index in np.argsort(-lengths.mean(axis=1), kind="stable").tolist():
        z, y, x = tops[index].tolist()
        box, inside = stencil.body((z, y, x), lengths[index], shape)
        size = int(inside.sum())
        shares = [_common(box, inside, *other[:2]) / max(1, min(size, other[2])) for other in bodies]
        best = int(np.argmax(shares)) if shares else 0
        if shares and shares[best] > least:
            table[index + 1] = best + 1
            continue
        bodies.append((box, inside, size))
        table[index + 1] = len(bodies)
    return table


def _common(
    box: tuple[slice, ...], inside: NDArray[np.bool_], other_box: tuple[slice, ...], other: NDArray[np.bool_]
) -> int:
    """Voxels that two bodies share."""
    low = [max(a.start, b.start) for a, b in zip(box, other_box, strict=True)]
    high = [min(a.stop, b.stop) for a, b in zip(box, other_box, strict=True)]
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return 0
    one, two = (
        tuple(slice(a - s.start, b - s.start) for a, b, s in zip(low, high, part, strict=True))
        for part in (box, other_box)
    )
    return int((inside[one] & other[two]).sum())
