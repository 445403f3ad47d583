"""Objects from affinities: how surely two voxels at some distance belong to one object.

The mutex watershed of Wolf et al. 2018 (doi 10.1007/978-3-030-01225-0_34) and 2020 (arXiv 1904.12654): affinities of
neighbours join, those of voxels further apart keep apart, the surest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3

_DIAGONAL = 0.7
"""Of a distance along each of two axes, for about the same distance."""
_THIRD = 3


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which voxels are compared.

    Attributes:
        offsets: (z, y, x) from one voxel to the other; those of neighbours come first.
        near: How many are of neighbours.
    """

    offsets: tuple[Index3, ...]
    near: int

    @classmethod
    def of(cls, dimensions: int, radius: float, thickness: float) -> Pairs:
        """Neighbours, and voxels a third of a radius and a radius apart, along the axes and diagonals of a slice."""
        near: list[Index3] = [(0, 1, 0), (0, 0, 1)]
        far: list[Index3] = []
        for reach in (radius / _THIRD, radius):
            flat, slanted = max(2, round(reach)), max(2, round(reach * _DIAGONAL))
            far += [(0, flat, 0), (0, 0, flat), (0, slanted, slanted), (0, slanted, -slanted)]
            if dimensions == 3:
                far.append((max(2, round(reach / thickness)), 0, 0))
        if dimensions == 3:
            near.append((1, 0, 0))
        return cls((*near, *far), len(near))


def ends(offset: Index3, shape: Sequence[int]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Boxes of the first and of the second voxels of all pairs, within ``shape``."""
    first = tuple(slice(max(0, -o), max(0, edge - max(0, o))) for o, edge in zip(offset, shape, strict=True))
    second = tuple(slice(max(0, o), max(0, edge + min(0, o))) for o, edge in zip(offset, shape, strict=True))
    return first, second


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs of nodes.

    Attributes:
        first: Number of one node of each pair, from 0.
        second: Of the other one.
        weight: How sure it is that they are one object, or that they are not.
        joins: Which of the two it says.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weight: NDArray[np.float32]
    joins: NDArray[np.bool_]


def voxel_edges(affinities: NDArray[np.float32], inside: NDArray[np.bool_], pairs: Pairs, keeping: float) -> Edges:
    """Edges between voxels of the foreground; of far pairs every second row and column, as published.

    Args:
        affinities: ``(offsets, Z, Y, X)``, each at the first voxel of its pair.
        inside: ``(Z, Y, X)`` the foreground, whose voxels are numbered in order.
        pairs: Of the affinities.
        keeping: How many times more it counts that two are not one.
    """
    numbers = np.cumsum(inside.reshape(-1)).reshape(inside.shape) - 1
    parts = []
    for index, (offset, values) in enumerate(zip(pairs.offsets, affinities, strict=True)):
        one, other = ends(offset, inside.shape)
        both = inside[one] & inside[other]
        joins = index < pairs.near
        if not joins:
            both[:, 1::2] = False
            both[:, :, 1::2] = False
        found = values[one][both]
        weight = found if joins else keeping * (1 - found)
        parts.append((numbers[one][both], numbers[other][both], weight, np.full(len(found), joins)))
    return Edges(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def region_edges(affinities: NDArray[np.float32], regions: NDArray[np.uint32], pairs: Pairs, keeping: float) -> Edges:
    """Edges between regions, each the mean of all pairs of voxels between two of them; region n is node n - 1."""
    count = int(regions.max(initial=0))
    sums: dict[bool, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
        joins: (np.zeros(count * count), np.zeros(count * count)) for joins in (True, False)
    }
    for index, (offset, values) in enumerate(zip(pairs.offsets, affinities, strict=True)):
        one, other = ends(offset, regions.shape)
        a, b = regions[one].astype(np.int64), regions[other].astype(np.int64)
        both = (a > 0) & (b > 0) & (a != b)
        low, high = np.minimum(a[both], b[both]) - 1, np.maximum(a[both], b[both]) - 1
        place = low * count + high
        total, number = sums[index < pairs.near]
        total += np.bincount(place, values[one][both], count * count)
        number += np.bincount(place, minlength=count * count)
    parts = []
    for joins, (total, number) in sums.items():
        known = np.flatnonzero(number)
        mean = (total[known] / number[known]).astype(np.float32)
        weight = mean if joins else np.float32(keeping) * (1 - mean)
        parts.append((known // max(1, count), known % max(1, count), weight, np.full(len(known), joins)))
    return Edges(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def mutex_watershed(count: int, edges: Edges) -> NDArray[np.int64]:
    """The number of the object of each of ``count`` nodes, from 1."""
    parents = list(range(count))
    apart: dict[int, set[int]] = {}
    order = np.argsort(-edges.weight, kind="stable")
    rows = zip(edges.first[order].tolist(), edges.second[order].tolist(), edges.joins[order].tolist(), strict=True)
    for first, second, joins in rows:
        a, b = first, second
        while parents[a] != a:
            parents[a] = a = parents[parents[a]]
        while parents[b] != b:
            parents[b] = b = parents[parents[b]]
        if a == b:
            continue
        those = apart.get(a)
        if those is not None and b in those:
            continue
        if not joins:
            apart.setdefault(a, set()).add(b)
            apart.setdefault(b, set()).add(a)
            continue
        _join(parents, apart, a, b)
    roots = np.array([_root(parents, node) for node in range(count)], np.int64)
    return np.unique(roots, return_inverse=True)[1].astype(np.int64) + 1


def _root(parents: list[int], node: int) -> int:
    while parents[node] != node:
        node = parents[node]
    return node


def _join(parents: list[int], apart: dict[int, set[int]], a: int, b: int) -> None:
    """Make two objects one; who is kept apart from either is kept apart from both."""
    if len(apart.get(a, ())) < len(apart.get(b, ())):
        a, b = b, a
    parents[b] = a
    theirs = apart.pop(b, None)
    if not theirs:
        return
    for other in theirs:
        apart[other].discard(b)
        apart[other].add(a)
    apart.setdefault(a, set()).update(theirs)
