"""Which objects of the three stacks are pictures of one object: the consensus of MitoNet (Conrad and Narayan, 2023)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from desktop_app.objects.panoptic.runs import Overlaps

LINK_IOU = 0.01
LINK_VOXELS = 100


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of objects of different stacks that share voxels.

    Attributes:
        left: ``(e,) int64`` numbers of objects, counted through all stacks.
        right: ``(e,) int64``.
        iou: ``(e,) float64`` intersection over union.
        shared: ``(e,) int64`` voxels.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    iou: NDArray[np.float64]
    shared: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Members:
    """Which object is in which cluster; an object may be in several.

    Attributes:
        node: ``(m,) int64`` number of the object.
        cluster: ``(m,) int64`` number of its cluster, 0, 1, 2 …
        count: Number of clusters.
    """

    node: NDArray[np.int64]
    cluster: NDArray[np.int64]
    count: int


def find_clusters(nodes: NDArray[np.int64], links: Links, cluster_iou: float, smallest: int) -> Members:
    """Clusters of objects that agree, those that were found apart but belong together being merged.

    Objects that overlap by more than ``cluster_iou`` are one cluster. Clusters of which the objects still overlap are
    linked, and links are undone from the cluster with the most links on: where a linked cluster has more objects, its
    own objects are handed to all that it is linked to, so that the votes decide; else it takes in all that it is
    linked to, and their links with them.

    Args:
        nodes: ``(n,)`` sorted numbers of all objects.
        links: Their overlaps.
        cluster_iou: Objects of a cluster overlap by more than this, 0 to 1.
        smallest: Groups of fewer overlapping objects, and clusters of fewer, are left out.
    """
    size = len(nodes)
    left, right = np.searchsorted(nodes, links.left), np.searchsorted(nodes, links.right)
    group = _groups(size, left, right)
    large = np.bincount(group, minlength=1)[group] >= smallest
    close = links.iou > cluster_iou
    cluster = _groups(size, left[close], right[close])
    neighbours = _linked(cluster, left, right, links)
    alone = large & ~np.isin(cluster, np.fromiter(neighbours, np.int64, len(neighbours)))
    alone &= np.bincount(cluster, minlength=1)[cluster] >= smallest
    node, number = [nodes[alone]], [cluster[alone]]
    for name, inside in settle(_contents(cluster, neighbours), neighbours).items():
        if len(inside) >= smallest:
            node.append(nodes[np.sort(np.fromiter(inside, np.int64, len(inside)))])
            number.append(np.full(len(inside), name, np.int64))
    names, place = np.unique(np.concatenate(number), return_inverse=True)
    return Members(np.concatenate(node), place.astype(np.int64), len(names))


def settle(members: dict[int, set[int]], neighbours: dict[int, set[int]]) -> dict[int, set[int]]:
    """Undo the links between clusters, as ``find_clusters`` says.

    Args:
        members: Objects of each cluster; used up.
        neighbours: Linked clusters of each cluster, both ways; used up.

    Returns:
        Objects of the clusters that are left.
    """
    queue = [(-len(near), name) for name, near in neighbours.items()]
    heapq.heapify(queue)
    while queue:
        degree, name = heapq.heappop(queue)
        near = neighbours.get(name, set())
        if degree == 0 or -degree != len(near):
            continue
        if max(len(members[other]) for other in near) > len(members[name]):
            changed = _hand_over(name, members, neighbours)
        else:
            changed = _take_in(name, members, neighbours)
        for other in changed:
            heapq.heappush(queue, (-len(neighbours[other]), other))
    return members


def _hand_over(name: int, members: dict[int, set[int]], neighbours: dict[int, set[int]]) -> set[int]:
    near = neighbours.pop(name)
    given = members.pop(name)
    for other in near:
        members[other] |= given
        neighbours[other].discard(name)
    return near


def _take_in(name: int, members: dict[int, set[int]], neighbours: dict[int, set[int]]) -> set[int]:
    near = neighbours[name]
    beyond: set[int] = set()
    for other in near:
        members[name] |= members.pop(other)
        beyond |= neighbours.pop(other)
    beyond -= near | {name}
    for other in beyond:
        neighbours[other] -= near
        neighbours[other].add(name)
    neighbours[name] = beyond
    return beyond | {name}


def _groups(size: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of the connected group of each of ``size`` objects, in the order of their first objects."""
    graph = coo_array((np.ones(left.size, np.int8), (left, right)), shape=(size, size))
    group = connected_components(graph, directed=False)[1].astype(np.int64)
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse]


def _linked(
    cluster: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64], links: Links
) -> dict[int, set[int]]:
    """Clusters whose objects overlap in the mean over all pairs, in which pairs that do not overlap count as 0."""
    ends = np.sort(np.stack([cluster[left], cluster[right]]), axis=0)
    across = ends[0] != ends[1]
    keys, pair = np.unique(ends[:, across], axis=1, return_inverse=True)
    sizes = np.bincount(cluster, minlength=1)
    pairs = sizes[keys[0]] * sizes[keys[1]]
    iou = np.bincount(pair, weights=links.iou[across], minlength=keys.shape[1]) / pairs
    shared = np.bincount(pair, weights=links.shared[across], minlength=keys.shape[1]) / pairs
    neighbours: dict[int, set[int]] = {}
    for a, b in keys[:, (iou > LINK_IOU) | (shared > LINK_VOXELS)].T.tolist():
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    return neighbours


def _contents(cluster: NDArray[np.int64], wanted: dict[int, set[int]]) -> dict[int, set[int]]:
    inside: dict[int, set[int]] = {name: set() for name in wanted}
    contested = np.flatnonzero(np.isin(cluster, np.fromiter(wanted, np.int64, len(wanted))))
    for place, name in zip(contested.tolist(), cluster[contested].tolist(), strict=True):
        inside[name].add(place)
    return inside


def links_between(table: Overlaps, left_sizes: NDArray[np.int64], right_sizes: NDArray[np.int64]) -> Links:
    """The overlaps of two stacks as links; ids are numbers of objects already, sizes are by number."""
    iou = table.shared / (left_sizes[table.left] + right_sizes[table.right] - table.shared)
    return Links(table.left, table.right, iou, table.shared)
