"""Which objects of the three stacks are pictures of one object.

The consensus of MitoNet (Conrad and Narayan, Cell Systems 2023) with one change. There, clusters are linked where they
overlap in the mean by 1 % or by 100 voxels, so that objects that only touch are drawn into one as soon as the stacks
differ by a voxel at their boundary, the more the larger they are. Here they are linked where the smaller lies inside
the larger for the most part, which is what a fragment does, and what an object does that a stack glued to another.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from desktop_app.objects.panoptic.runs import SharedPixels

LINK_SHARE = 0.7  # of the smaller object, in the mean over all pairs of objects of two clusters


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of objects of different stacks that share voxels.

    Attributes:
        left: ``(e,) int64`` numbers of objects, counted through all stacks.
        right: ``(e,) int64``.
        iou: ``(e,) float64`` intersection over union.
        share: ``(e,) float64`` part of the smaller of the two that lies in the larger.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    iou: NDArray[np.float64]
    share: NDArray[np.float64]


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


def find_clusters(
    nodes: NDArray[np.int64], stacks: NDArray[np.int64], links: Links, cluster_iou: float, smallest: int
) -> Members:
    """Clusters of objects that agree, those that were found apart but belong together being merged.

    Objects that overlap by more than ``cluster_iou`` are one cluster. Clusters of which the one lies in the other for
    the most part are linked, and links are undone from the cluster with the most links on: where a linked cluster has
    more objects, its own objects are handed to all that it is linked to, so that the votes decide; else it takes in
    all that it is linked to, and their links with them.

    Args:
        nodes: ``(n,)`` sorted numbers of all objects.
        stacks: ``(n,)`` the stack of each object, 0, 1 or 2.
        links: Their overlaps.
        cluster_iou: Objects of a cluster overlap by more than this, 0 to 1.
        smallest: Clusters of fewer objects are left out.
    """
    size = len(nodes)
    left, right = np.searchsorted(nodes, links.left), np.searchsorted(nodes, links.right)
    close = links.iou > cluster_iou
    cluster = _groups(size, left[close], right[close])
    neighbours = _linked(cluster, stacks, left, right, links.share)
    alone = ~np.isin(cluster, np.fromiter(neighbours, np.int64, len(neighbours)))
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
    cluster: NDArray[np.int64],
    stacks: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    share: NDArray[np.float64],
) -> dict[int, set[int]]:
    """Clusters that share most of the smaller in the mean over all pairs of objects of different stacks."""
    ends = np.sort(np.stack([cluster[left], cluster[right]]), axis=0)
    across = ends[0] != ends[1]
    keys, pair = np.unique(ends[:, across], axis=1, return_inverse=True)
    count = int(cluster.max(initial=0)) + 1
    inside = np.bincount(cluster * 3 + stacks, minlength=3 * count).reshape(count, 3)  # stacks
    a, b = inside[keys[0]], inside[keys[1]]
    pairs = a.sum(axis=1) * b.sum(axis=1) - (a * b).sum(axis=1)
    mean = np.bincount(pair, weights=share[across], minlength=keys.shape[1]) / pairs
    neighbours: dict[int, set[int]] = {}
    for one, other in keys[:, mean > LINK_SHARE].T.tolist():
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    return neighbours


def _contents(cluster: NDArray[np.int64], wanted: dict[int, set[int]]) -> dict[int, set[int]]:
    inside: dict[int, set[int]] = {name: set() for name in wanted}
    contested = np.flatnonzero(np.isin(cluster, np.fromiter(wanted, np.int64, len(wanted))))
    for place, name in zip(contested.tolist(), cluster[contested].tolist(), strict=True):
        inside[name].add(place)
    return inside


def links_between(table: SharedPixels, sizes: NDArray[np.int64]) -> Links:
    """The overlaps of two stacks as links; ids are numbers of objects already, ``sizes`` are by number."""
    left, right = sizes[table.left], sizes[table.right]
    iou = table.shared / (left + right - table.shared)
    return Links(table.left, table.right, iou, table.shared / np.minimum(left, right))
