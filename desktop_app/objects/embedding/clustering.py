"""Objects of spatial embeddings: the surest voxels first, each with all voxels that point where it points.

The rule is that of Neven et al. 2019 (arXiv 1906.11109) and Lalit et al. 2021 (arXiv 2101.10033): the surest voxel
that is still free is the centre of an object, all voxels whose embeddings lie within its reach belong to it. Here a
centre looks only at embeddings near it, which are found by their cell, and is moved once to the mean of those within
its reach, so that the noise of one voxel does not decide; where embeddings agree, that changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.embedding.cells import PointCells
from desktop_app.objects.embedding.field import EmbeddingField, FieldMembers, members_of

_SCANNED = 256
"""Candidates looked at together for the next free one: about the voxels that a small object has."""


@dataclass(frozen=True, slots=True)
class ClusterRules:
    """When voxels are an object.

    Attributes:
        seed_threshold: Seeds below this begin no object.
        foreground_threshold: Voxels whose seed is not above this belong to nothing.
        min_size: Objects must have more voxels than this.
        min_foreground: There must be more foreground voxels than this, or nothing is found.
        min_left: The search ends when no more foreground voxels than this are free.
        min_free: Share of the voxels within reach that must be free, or they are part of what was found before.
        reach: How many times the radii an embedding may lie from a centre.
        centring: How often a centre is moved to the mean of the embeddings within its reach.
    """

    seed_threshold: float = 0.9
    foreground_threshold: float = 0.5
    min_size: int = 36
    min_foreground: int = 0
    min_left: int = 0
    min_free: float = 0.5
    reach: float = 1.0
    centring: int = 1


def clustered(
    field: EmbeddingField, rules: ClusterRules, open_faces: NDArray[np.bool_] | None = None
) -> NDArray[np.uint32]:
    """Objects of a field.

    Args:
        field: Embeddings of a box.
        rules: When voxels are an object.
        open_faces: ``(3, 2) bool``: faces (z, y, x; low, high) of the box beyond which the image goes on. What touches
            them may go on, too, and is an object whatever its size.

    Returns:
        ``(Z, Y, X) uint32``, numbered from 1, the surest first.
    """
    labels = np.zeros(field.seeds.shape, np.uint32)
    members = members_of(field, rules.foreground_threshold)
    if members.at.size <= rules.min_foreground or members.at.size == 0:
        return labels
    edge = np.zeros(members.at.size, bool)
    if open_faces is not None:
        edge = _at_faces(members.at, field.seeds.shape, open_faces)
    search = _Search(members, rules, edge, _far_corner(field))
    labels.reshape(-1)[search.places] = search.numbers()
    return labels


def _far_corner(field: EmbeddingField) -> NDArray[np.float64]:
    shape = field.seeds.shape[-field.axes :]
    return np.array([n * edge for n, edge in zip(shape, field.aspect[-field.axes :], strict=True)], np.float64)


def _at_faces(at: NDArray[np.int64], shape: tuple[int, ...], open_faces: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether voxels lie at an open face of the box."""
    touching = np.zeros(at.size, bool)
    for place, size, (low, high) in zip(np.unravel_index(at, shape), shape, open_faces, strict=True):
        if low:
            touching |= place == 0
        if high:
            touching |= place == size - 1
    return touching


class _Search:
    """One search for objects among the foreground voxels; arrays are in the order of cells."""

    def __init__(
        self, members: FieldMembers, rules: ClusterRules, edge: NDArray[np.bool_], corner: NDArray[np.float64]
    ) -> None:
        self._rules = rules
        wished = rules.reach * np.exp(np.median(members.log_radii, axis=0)).astype(np.float64)
        self._cells = PointCells(members.embeddings, wished, np.zeros_like(corner), corner)
        order = self._cells.order
        self.places = members.at[order]
        self._embeddings, self._log_radii = members.embeddings[order], members.log_radii[order]
        self._edge, self._free = edge[order], np.ones(order.size, bool)
        self._candidates = _surest_first(members.seeds, order, rules.seed_threshold)

    def numbers(self) -> NDArray[np.uint32]:
        """The object of each voxel, 0 for none."""
        found = np.zeros(self.places.size, np.uint32)
        rules, left, number, position = self._rules, self.places.size, 0, 0
        while left > rules.min_left:
            position = self._next_free(position)
            if position >= self._candidates.size:
                break
            seed = self._candidates[position]
            near = self._proposal(seed)
            free = self._free[near]
            count = int(np.count_nonzero(free))
            large = near.size > rules.min_size or bool(self._edge[near].any())
            if large and count > rules.min_free * near.size:
                number += 1
                found[near] = number
            self._free[near] = False
            left -= count
            if self._free[seed]:
                self._free[seed] = False
                left -= 1
        return found

    def _next_free(self, position: int) -> int:
        """Position of the next candidate that no object has taken, or the end."""
        while position < self._candidates.size:
            free = self._free[self._candidates[position : position + _SCANNED]]
            step = int(free.argmax())
            if free[step]:
                return position + step
            position += free.size
        return position

    def _proposal(self, seed: np.int64) -> NDArray[np.int64]:
        """All voxels within the reach of a seed, centred as the rules say."""
        centre, log_radii = self._embeddings[seed], self._log_radii[seed]
        near = self._within(centre, log_radii)
        for _ in range(self._rules.centring):
            free = near[self._free[near]]
            if free.size < 2:
                break
            centre = self._embeddings[free].mean(axis=0)
            log_radii = self._log_radii[free].mean(axis=0)
            near = self._within(centre, log_radii)
        return near

    def _within(self, centre: NDArray[np.float32], log_radii: NDArray[np.float32]) -> NDArray[np.int64]:
        """All voxels whose embedding lies in an ellipsoid."""
        radii = np.float32(self._rules.reach) * np.exp(log_radii)
        near = self._cells.near(centre - radii, centre + radii)
        distances = ((self._embeddings[near] - centre) / radii) ** 2
        return near[distances.sum(axis=1) < 1]


def _surest_first(seeds: NDArray[np.float32], order: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
    """Places, in the order of cells, of all seeds not below the threshold; of equal ones the first voxel first."""
    chosen = np.flatnonzero(seeds >= threshold)
    chosen = chosen[np.argsort(-seeds[chosen], kind="stable")]
    at = np.empty(order.size, np.int64)
    at[order] = np.arange(order.size)
    return at[chosen]
