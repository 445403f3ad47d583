"""Three stacks of slices, along z, y and x, and what they agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.job import JobContext, Progress, SubContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.inference.engine import LabelSlab
from desktop_app.ml.recipes.panoptic.decoding.numbering import Numbers
from desktop_app.ml.recipes.panoptic.decoding.rules import consensus_rules, names_of
from desktop_app.ml.recipes.panoptic.decoding.run_store import RunStore, slabs
from desktop_app.objects.panoptic.consensus import Consensus
from desktop_app.objects.panoptic.tables import least_extents

_SLABS_PER_MEMORY = 2  # what agreement remembers takes no more than half of the labels of a slab


@dataclass(frozen=True, slots=True)
class Direction:
    """One stack as it was found.

    Attributes:
        store: Runs of its slices.
        numbers: Of its objects.
    """

    store: RunStore
    numbers: Numbers

    def slab(self, region: Region) -> NDArray[np.uint32]:
        """Its labels in whole slices z."""
        return self.store.slab(region.start[0], region.stop[0], self.numbers.lookups)


def agreed_labels(
    directions: Callable[[], list[Direction]],
    shape: Index3,
    parameters: PanopticDecode,
    card: ModelCard,
    slab_bytes: int,
    ctx: JobContext,
    names: dict[int, str],
    edges: tuple[float, float, float],
) -> Iterator[LabelSlab]:
    """Labels slab by slab: once over the volume to count what the stacks share, then from what is remembered of it.

    Slabs that were too many to remember are read once more.

    Args:
        directions: The stacks of xy, xz and yz slices.
        shape: Of the volume.
        parameters: How they agree.
        card: The model.
        slab_bytes: Labels of one stack in memory at a time.
        ctx: Hears about progress, and may cancel between slabs.
        names: Gets the class name of each object.
        edges: Edge lengths of a voxel (z, y, x).
    """
    xy, xz, yz = (direction for direction in directions())
    rules = consensus_rules(parameters, card, least_extents(parameters.min_extent, edges, shape))
    memory = slab_bytes // _SLABS_PER_MEMORY
    consensus = Consensus(xy.numbers.class_of, xz.numbers.class_of, yz.numbers.class_of, rules, memory)
    counting, painting = SubContext(ctx, 0.0, 0.5), SubContext(ctx, 0.5, 0.5)
    for region in slabs(shape, slab_bytes):
        counting.raise_if_cancelled()
        consensus.add(xy.slab(region), xz.slab(region), yz.slab(region), region.start)
        counting.report(Progress(region.stop[0], shape[0], "Comparing the three directions"))
    names.update(names_of(consensus.solve().class_of, card))
    for region in slabs(shape, slab_bytes):
        painting.raise_if_cancelled()
        labels = consensus.at(region.start)
        if labels is None:
            labels = consensus.labels(xy.slab(region), xz.slab(region), yz.slab(region))
        yield region, labels
        painting.report(Progress(region.stop[0], shape[0], "Writing labels"))


def voted_classes(
    directions: Callable[[], list[Direction]],
    shape: Index3,
    parameters: PanopticDecode,
    card: ModelCard,
    slab_bytes: int,
    ctx: JobContext,
) -> Iterator[LabelSlab]:
    """Class values that at least so many directions give, slab by slab; their stores hold class numbers."""
    found = directions()
    values = np.array((0, *card.class_values), np.uint32)
    for region in slabs(shape, slab_bytes):
        ctx.raise_if_cancelled()
        volumes = [direction.slab(region).astype(np.uint8) for direction in found]
        yield region, values[voted(volumes, parameters.votes, len(card.class_names))]
        ctx.report(Progress(region.stop[0], shape[0], "Writing labels"))


def voted(volumes: list[NDArray[np.uint8]], votes: int, classes: int) -> NDArray[np.uint8]:
    """The class ``(Z, Y, X) uint8`` that has at least ``votes`` votes; the one with most, 0 where there is none."""
    best = np.zeros(volumes[0].shape, np.uint8)
    most = np.full(volumes[0].shape, votes - 1, np.uint8)
    for number in range(1, classes + 1):
        counts = np.zeros(best.shape, np.uint8)
        for volume in volumes:
            counts += volume == number
        more = counts > most
        best[more] = number
        most[more] = counts[more]
    return best
