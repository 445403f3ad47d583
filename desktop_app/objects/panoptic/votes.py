"""From clusters of objects to the object of each voxel: stacks vote, and each triple of ids gets one object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from desktop_app.objects.panoptic.clusters import Members

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
