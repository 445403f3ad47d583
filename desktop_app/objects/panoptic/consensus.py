"""One set of objects from the stacks along three axes, in one or two passes over the volume, else on tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from desktop_app.objects.panoptic.clusters import Links, Members, find_clusters, links_between
from desktop_app.objects.panoptic.runs import SharedPixels
from desktop_app.objects.panoptic.tables import Extent, Filter
from desktop_app.objects.panoptic.triples import BlockRuns, Labels, TripleIndex, Triples

JOIN_SHARE = 0.5  # of the smaller of two objects that claim the same voxels


@dataclass(frozen=True, slots=True)
class Claims:
    """Objects that have enough votes for a triple, a row per claim.

    Attributes:
        triple: ``(c,) int64``.
        owner: ``(c,) int64`` the object, 1, 2, 3 …
        votes: ``(c,) int64``.
        kinds: ``(objects + 1,) uint8`` class of each object; entry 0 is 0.
    """

    triple: NDArray[np.int64]
    owner: NDArray[np.int64]
    votes: NDArray[np.int64]
    kinds: NDArray[np.uint8]

    def with_regions(self, classes: NDArray[np.uint8], stuff: tuple[int, ...], votes: int) -> Claims:
        """With the claims of classes that have no objects: a plain vote.

        Args:
            classes: ``(t, 3) uint8`` class in each stack.
            stuff: Class numbers without objects.
            votes: Votes that are needed.
        """
        triple, owner, count, kinds = [self.triple], [self.owner], [self.votes], [self.kinds]
        for number, name in enumerate(stuff):
            said = (classes == name).sum(axis=1)
            place = np.flatnonzero(said >= votes)
            triple.append(place)
            owner.append(np.full(place.size, len(self.kinds) + number))
            count.append(said[place])
            kinds.append(np.array([name], np.uint8))
        return Claims(np.concatenate(triple), np.concatenate(owner), np.concatenate(count), np.concatenate(kinds))


def claim(nodes: NDArray[np.int64], members: Members, needed: NDArray[np.int64], kinds: NDArray[np.uint8]) -> Claims:
    """What each cluster claims.

    Args:
        nodes: ``(t, 3)`` number of the object in each stack, 0 where there is none.
        members: Objects of the clusters.
        needed: ``(clusters,)`` votes that each cluster needs.
        kinds: ``(clusters,)`` class of each cluster.
    """
    order = np.argsort(members.node, kind="stable")
    node, cluster = members.node[order], members.cluster[order]
    rows, owners = [], []
    for stack in range(3):
        first, last = (np.searchsorted(node, nodes[:, stack], side=side) for side in ("left", "right"))
        counts = last - first
        rows.append(np.repeat(np.arange(len(nodes)), counts))
        at = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        owners.append(cluster[at])
    width = max(members.count, 1)
    keys, votes = np.unique(np.concatenate(rows) * width + np.concatenate(owners), return_counts=True)
    triple, owner = np.divmod(keys, width)
    enough = votes >= needed[owner]
    led = np.concatenate([np.zeros(1, np.uint8), kinds])
    return Claims(triple[enough], owner[enough] + 1, votes[enough], led)


def join_claims(claims: Claims, voxels: NDArray[np.int64]) -> Claims:
    """The same with clusters of one class made one object where they claim most of the smaller together."""
    count = len(claims.kinds)
    ones = np.ones(claims.triple.size, np.int64)
    said = csr_array((ones, (claims.triple, claims.owner)), shape=(len(voxels), count))
    weighted = csr_array((voxels[claims.triple], (claims.triple, claims.owner)), shape=(len(voxels), count))
    shared = coo_array(said.T @ weighted)
    left, right = shared.coords
    sizes = np.bincount(claims.owner, weights=voxels[claims.triple], minlength=count)
    share = shared.data / np.minimum(sizes[left], sizes[right])
    same = (share > JOIN_SHARE) & (claims.kinds[left] == claims.kinds[right])
    graph = coo_array((np.ones(int(same.sum()), np.int8), (left[same], right[same])), shape=(count, count))
    group = connected_components(graph, directed=False)[1].astype(np.int64)
    kinds = np.zeros(count, np.uint8)
    kinds[group] = claims.kinds
    return Claims(claims.triple, group[claims.owner], claims.votes, kinds)


def decide(claims: Claims, voxels: NDArray[np.int64], triples: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The one object of each triple: that with the most votes, of equals the largest.

    Returns:
        ``(triples,)`` object, 0 where none has enough votes; and the class of each object.
    """
    sizes = np.bincount(claims.owner, weights=voxels[claims.triple], minlength=len(claims.kinds))
    order = np.lexsort((claims.owner, -sizes[claims.owner], -claims.votes, claims.triple))
    triple, first = np.unique(claims.triple[order], return_index=True)
    winner = np.zeros(triples, np.int64)
    winner[triple] = claims.owner[order[first]]
    return winner, claims.kinds


_JOINED = 100_000  # triples: fewer are not worth joining; by eye, some MB
_REMEMBERED_BYTES = 2**26  # bounds memory; what is forgotten is computed again


@dataclass(frozen=True, slots=True)
class ConsensusRules:
    """How objects of the three stacks become one.

    Attributes:
        votes: A voxel belongs to an object where so many stacks say so, 1 to 3.
        cluster_iou: Objects that overlap by more are one at once, 0 to 1.
        permit_single: Whether objects that fewer stacks found than votes are asked for are kept, too. They are asked
            for as many votes as stacks found them: an object of a single stack is kept whole.
        min_size: Objects of fewer voxels are left out.
        min_extent: Objects shorter than this along any axis are left out, or along each of the three.
        stuff: Classes without objects: a plain vote, one region each, never left out.
    """

    votes: int = 2
    cluster_iou: float = 0.75
    permit_single: bool = False
    min_size: int = 0
    min_extent: Extent = 0
    stuff: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreed:
    """The objects on which the stacks agree, numbered by the corner of their box, z first; entry 0 is the background.

    Attributes:
        class_of: ``(N + 1,) uint8`` class number.
        sizes: ``(N + 1,) int64`` voxels.
        boxes: ``(N + 1, 6) int64`` half-open: z, y, x first, then behind the last.
    """

    class_of: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of objects and regions."""
        return len(self.class_of) - 1


class Consensus:
    """Agreement of three stacks of the same volume.

    ``add`` every block of the volume once, in any cut and order; ``solve``; then ask for the labels: of the blocks as
    they were added ``at`` their origin, or of any other block by its ``labels`` in the three stacks.

    Args:
        class_of_xy: ``(n + 1,) uint8`` class of each object of the stack of xy slices.
        class_of_xz: The same for the stack of xz slices.
        class_of_yz: The same for the stack of yz slices.
        rules: How objects become one.
        most_bytes: Blocks are remembered as long as their runs take no more than this.
    """

    def __init__(
        self,
        class_of_xy: NDArray[np.uint8],
        class_of_xz: NDArray[np.uint8],
        class_of_yz: NDArray[np.uint8],
        rules: ConsensusRules | None = None,
        most_bytes: int = _REMEMBERED_BYTES,
    ) -> None:
        self._rules = rules or ConsensusRules()
        self._blocks: dict[tuple[int, int, int], BlockRuns] = {}
        self._bytes_left = most_bytes
        tables = (class_of_xy, class_of_xz, class_of_yz)
        self._first = np.cumsum([0, *(len(table) for table in tables[:2])])
        self._class_of = np.concatenate(tables)
        self._is_stuff = np.zeros(256, bool)
        self._is_stuff[list(self._rules.stuff)] = True
        self._counted: list[Triples] = [Triples.none()]
        self._index = TripleIndex(np.zeros((0, 3), np.int64))
        self._object_of = np.zeros(0, np.uint32)

    def add(self, xy: Labels, xz: Labels, yz: Labels, origin: tuple[int, int, int] = (0, 0, 0)) -> None:
        """Count a block.

        Args:
            xy: ``(Z, Y, X)`` objects of the stack of xy slices.
            xz: The same block of the stack of xz slices, axes in the order of the volume.
            yz: The same block of the stack of yz slices.
            origin: Place of the block in the volume (z, y, x).
        """
        block = BlockRuns.encode(xy, xz, yz)
        if block.nbytes <= self._bytes_left:
            self._blocks[origin] = block
            self._bytes_left -= block.nbytes
        self._counted.append(block.triples.moved(origin))
        if sum(len(t.ids) for t in self._counted[1:]) > max(len(self._counted[0].ids), _JOINED):
            self._counted = [Triples.together(self._counted)]

    def solve(self) -> Agreed:
        """The objects on which the stacks agree."""
        triples = Triples.together(self._counted)
        self._counted = [triples]
        nodes = np.where(triples.ids > 0, triples.ids + self._first, 0)
        claims = self._claims(triples, nodes)
        winner, kinds = decide(claims, triples.voxels, len(nodes))
        agreed, number = self._numbered(triples, winner, kinds)
        self._index = TripleIndex(triples.ids)
        self._object_of = number[winner]
        return agreed

    def at(self, origin: tuple[int, int, int]) -> NDArray[np.uint32] | None:
        """The agreed objects ``(Z, Y, X) uint32``, after ``solve``, of the block that was added at a place.

        None if it is not remembered; ``labels`` tells them.
        """
        block = self._blocks.get(origin)
        return None if block is None else self._painted(block)

    def labels(self, xy: Labels, xz: Labels, yz: Labels) -> NDArray[np.uint32]:
        """The agreed objects of a block ``(Z, Y, X) uint32``, after ``solve``.

        Raises:
            KeyError: The block holds objects together that were never counted together.
        """
        return self._painted(BlockRuns.encode(xy, xz, yz))

    def _painted(self, block: BlockRuns) -> NDArray[np.uint32]:
        return block.paint(self._object_of[self._index.find(block.triples.ids)])

    def _claims(self, triples: Triples, nodes: NDArray[np.int64]) -> Claims:
        """Which object has how many votes for which triple."""
        rules = self._rules
        things = np.where(self._is_stuff[self._class_of[nodes]], 0, nodes)
        smallest = 1 if rules.permit_single else 2
        present = np.unique(things)
        present = present[present > 0]
        members = find_clusters(
            present, self._stack(present), self._links(triples, things), rules.cluster_iou, smallest
        )
        needed = np.full(members.count, rules.votes)
        if rules.permit_single:
            needed = np.minimum(needed, self._stacks(members))
        kinds = np.zeros(members.count, np.uint8)
        kinds[members.cluster] = self._class_of[members.node]
        found = join_claims(claim(things, members, needed, kinds), triples.voxels)
        return found.with_regions(self._class_of[nodes], rules.stuff, rules.votes)

    def _links(self, triples: Triples, nodes: NDArray[np.int64]) -> Links:
        sizes = np.zeros(len(self._class_of), np.int64)
        for axis in range(3):
            np.add.at(sizes, nodes[:, axis], triples.voxels)
        found = []
        for a, b in ((0, 1), (0, 2), (1, 2)):
            left, right = nodes[:, a], nodes[:, b]
            both = (left > 0) & (right > 0) & (self._class_of[left] == self._class_of[right])
            found.append(links_between(SharedPixels.count(left[both], right[both], triples.voxels[both]), sizes))
        columns = ("left", "right", "iou", "share")
        return Links(*(np.concatenate([getattr(part, name) for part in found]) for name in columns))

    def _stack(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self._first, nodes, side="right") - 1

    def _stacks(self, members: Members) -> NDArray[np.int64]:
        """Number of stacks that have an object in each cluster."""
        pairs = np.unique(members.cluster * 3 + self._stack(members.node))
        return np.bincount(pairs // 3, minlength=members.count)

    def _numbered(
        self, triples: Triples, winner: NDArray[np.int64], kinds: NDArray[np.uint8]
    ) -> tuple[Agreed, NDArray[np.uint32]]:
        """Tables of the objects that are large enough, and the number of each winner."""
        total = len(kinds)
        sizes = np.bincount(winner, weights=triples.voxels, minlength=total).astype(np.int64)
        boxes = np.zeros((total, 6), np.int64)
        boxes[:, :3] = np.iinfo(np.int64).max
        np.minimum.at(boxes[:, :3], winner, triples.boxes[:, :3])
        np.maximum.at(boxes[:, 3:], winner, triples.boxes[:, 3:])
        boxes[sizes == 0] = 0
        large = Filter(self._rules.min_size, self._rules.min_extent).keep(sizes, boxes) | self._is_stuff[kinds]
        large[0] = False
        kept = np.flatnonzero(large & (sizes > 0))
        kept = kept[np.lexsort(boxes[kept][:, 2::-1].T)]
        number = np.zeros(total, np.uint32)
        number[kept] = np.arange(1, kept.size + 1)
        rows = np.concatenate([[0], kept])
        zero = np.arange(rows.size) > 0
        return Agreed(kinds[rows] * zero.astype(np.uint8), sizes[rows] * zero, boxes[rows] * zero[:, None]), number
