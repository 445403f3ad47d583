"""From maps of slices to labels of a region of any size, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Plane, Region
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.recipes.looks import UNCERTAINTY, UNCERTAINTY_END
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.inference.engine import LASTING, LabelSlab, LabelStream, Room
from desktop_app.ml.malloc_tuning import give_back_freed_memory
from desktop_app.ml.recipes.panoptic.decoding.directions import Direction, agreed_labels, voted, voted_classes
from desktop_app.ml.recipes.panoptic.decoding.numbering import ClassValues, Followed, Numbering, Numbers, SliceBySlice
from desktop_app.ml.recipes.panoptic.decoding.planning import ObjectPlan, object_plan
from desktop_app.ml.recipes.panoptic.decoding.rules import names_of, shape_rules, stuff_numbers, track_rules
from desktop_app.ml.recipes.panoptic.decoding.run_store import Lookups, RunStore, slabs
from desktop_app.ml.recipes.panoptic.decoding.stack import SliceSettings, StackRun, smoothed_slices
from desktop_app.ml.recipes.panoptic.decoding.sureness import Sureness
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps, SliceMapsSource, across, in_order
from desktop_app.objects.panoptic.reshaping import PieceNumbers, halo, reshape_labels
from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.tables import least_extents

_SHARE_OF_STACKS = 0.9
"""Of the time; painting and writing labels takes the rest."""
_SHARE_FOR_LABELS = 0.1
"""Of the memory budget, for labels of slabs; the rest is for network, objects and runs (their plans say how much)."""
_SHARE_FOR_CELLS = 0.02
"""Of the memory budget, for how sure the network was: written and read in turn, so a file is hardly slower."""
_SHAPING_COPIES = 2
"""Copies of a slab while the shape of its objects changes."""


def decode_panoptic(
    maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard, room: Room, ctx: JobContext
) -> LabelStream:
    """Labels of the maps of a region; runs of labels are all that is kept of it, and large ones lie on disk.

    In mode ``slice`` each slice stands for itself, and numbers go on from slice to slice; in mode ``stack`` objects
    are followed through the slices; with maps of three directions these vote. A single slice of a stack is decoded by
    itself, too, but nothing is left out for its size, which only the volume would tell.

    Args:
        maps: Of the region.
        parameters: How maps become objects; stuff classes are those of the card.
        card: The model.
        room: Memory and disk.
        ctx: Hears about progress, and may cancel.
    """
    work = _Work(maps, parameters, card, room, ctx)
    return work.agreement() if len(maps.parts) > 1 else work.stack()


def panoptic_classes(
    maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard, ctx: JobContext
) -> NDArray[np.uint8]:
    """Class numbers ``(Z, Y, X)``, smoothed over neighbouring slices unless each stands for itself; maps in memory."""
    found = []
    for part, plane in zip(maps.parts, maps.planes, strict=True):
        median = 1 if maps.mode == "slice" else parameters.median
        slices = [classes for classes, *_ in smoothed_slices(part, parameters.confidence, median, ctx)]
        found.append(across(np.stack(slices), plane))
    if len(found) == 1:
        return np.ascontiguousarray(found[0])
    return voted(found, parameters.votes, len(card.class_names))


@dataclass(slots=True)
class _Work:
    """Maps on their way to labels."""

    maps: PanopticMaps
    parameters: PanopticDecode
    card: ModelCard
    room: Room
    ctx: JobContext
    _directions: list[Direction] = field(default_factory=list)
    _stores: list[RunStore] = field(default_factory=list)
    _sureness: Sureness | None = None
    _spreads: list[Sureness] = field(default_factory=list)

    def stack(self) -> LabelStream:
        """Slices of one plane."""
        names: dict[int, str] = {}
        return self._stream(self._painted(names), names)

    def agreement(self) -> LabelStream:
        """Slices of all planes, and what they agree on."""
        names: dict[int, str] = {}
        last = SubContext(self.ctx, _SHARE_OF_STACKS, 1 - _SHARE_OF_STACKS)
        facts = (self.maps.shape, self.parameters, self.card, self._label_bytes // len(self.maps.planes), last)
        if self.parameters.semantic_only:
            stream = self._stream(voted_classes(self._found, *facts), names)
        else:
            stream = self._stream(agreed_labels(self._found, *facts, names, self.maps.edges), names)
        if self.parameters.keep_directions:
            found = {f"_{plane}": self._direction(number) for number, plane in enumerate(self.maps.planes)}
            stream.more = {**stream.more, **found}
        return stream

    def _stream(self, made: Iterator[LabelSlab], names: dict[int, str]) -> LabelStream:
        if self.parameters.semantic_only:
            names.update(zip(self.card.class_values, self.card.class_names, strict=False))
        likely = None if self.parameters.semantic_only else self._likely
        stream = LabelStream(made, names, not self.parameters.semantic_only, likely=likely, release=self._release)
        if self._tells_spread:
            stream.more = {UNCERTAINTY_END: self._uncertain()}
        return stream

    def _uncertain(self) -> Iterator[LabelSlab]:
        """How uncertain voxels are, in percent, once their slices were seen; of three directions the mean."""
        for region in slabs(self.maps.shape, self._label_bytes):
            shares = [spread.read(region) for spread in self._spreads]
            yield region, np.rint(100 * sum(shares) / len(shares)).astype(np.uint32)

    def _painted(self, names: dict[int, str]) -> Iterator[LabelSlab]:
        direction = self._found()[0]
        names.update(names_of(direction.numbers.class_of, self.card))
        ctx, depth = SubContext(self.ctx, _SHARE_OF_STACKS, 1 - _SHARE_OF_STACKS), self.maps.shape[0]
        for region in slabs(self.maps.shape, self._label_bytes):
            ctx.raise_if_cancelled()
            yield region, direction.slab(region)
            ctx.report(Progress(region.stop[0], depth, "Writing labels"))

    def _direction(self, number: int) -> Iterator[LabelSlab]:
        """What a single direction found."""
        values = np.array((0, *self.card.class_values), np.uint32)
        for region in slabs(self.maps.shape, self._label_bytes):
            labels = self._directions[number].slab(region)
            yield region, values[labels] if self.parameters.semantic_only else labels

    def _found(self) -> list[Direction]:
        """The stacks of all planes, one after the other."""
        count = len(self.maps.planes)
        for number, (plane, part) in enumerate(zip(self.maps.planes, self.maps.parts, strict=True)):
            share = SubContext(self.ctx, _SHARE_OF_STACKS * number / count, _SHARE_OF_STACKS / count)
            plan = object_plan(part, self.room.memory, self.parameters.fine_boundaries)
            self._warn(plan)
            by_itself = self.maps.mode == "slice" or len(part) == 1
            settings = SliceSettings.of(self.parameters, self.card, self.maps.scale, by_itself=by_itself)
            key = f"{settings.key}{'u' if self._tells_spread else ''}" if self.room.lasting else None
            store = self._store(plane, plan.run_bytes // count, key)
            numbering = self._numbering(plane, by_itself, voting=count > 1)
            sureness = self._sureness_of(plane, part, key) if number == 0 else None
            spread = self._spread_of(plane, part, key) if self._tells_spread else None
            run = StackRun(plane, part, plan, settings, numbering, store, sureness, spread)
            direction = Direction(store, run.run(share))
            give_back_freed_memory()
            if not by_itself and not self.parameters.semantic_only and shape_rules(self.parameters).changes:
                direction = self._reshaped(direction, plan.run_bytes // count)
            self._directions.append(direction)
        return self._directions

    def _warn(self, plan: ObjectPlan) -> None:
        """Say so where a single slice is too large for the budget."""
        budget = self.room.memory_gb
        if plan.least_bytes > budget * 2**30:
            needed = f"A slice of this image needs about {plan.least_bytes / 2**30:.1f} GB of memory"
            self.ctx.report(Note("warning", f"{needed}, more than the budget of {budget:g} GB."))

    def _store(self, plane: Plane, most_bytes: int, key: str | None = None) -> RunStore:
        """An empty store, or that of an interrupted run with the same key; what others left of this plane goes."""
        if key is not None and self.room.scratch is not None:
            path = self.room.scratch / f"{plane}_{key}{LASTING}"
            kept = {path, self._cell_file(plane, key, "sure"), self._cell_file(plane, key, "spread")}
            for other in set(self.room.scratch.glob(f"{plane}_*{LASTING}")) - kept:
                with suppress(OSError):
                    other.unlink()
            store = RunStore.lasting(plane, path)
        else:
            store = RunStore(plane, most_bytes, self.room.scratch)
        self._stores.append(store)
        return store

    def _sureness_of(self, plane: Plane, part: SliceMapsSource, key: str | None) -> Sureness | None:
        """Room for how sure the network is of the slices of the first plane; with three, one speaks for all."""
        if self.parameters.semantic_only:
            return None
        self._sureness = self._cells(plane, part, key, "sure")
        return self._sureness

    def _spread_of(self, plane: Plane, part: SliceMapsSource, key: str | None) -> Sureness:
        """Room for how far the looks at the slices of a plane disagree."""
        spread = self._cells(plane, part, key, "spread")
        self._spreads.append(spread)
        return spread

    def _cells(self, plane: Plane, part: SliceMapsSource, key: str | None, what: str) -> Sureness:
        cells = [-(-n // self.maps.step) for n in part.size]
        shape, lasting = (len(part), cells[0], cells[1]), None if key is None else self._cell_file(plane, key, what)
        most = int(self.room.memory * _SHARE_FOR_CELLS)
        return Sureness(plane, shape, self.maps.step, most, self.room.scratch, lasting)

    @property
    def _tells_spread(self) -> bool:
        return UNCERTAINTY in self.maps.channels

    def _cell_file(self, plane: Plane, key: str, what: str) -> Path | None:
        return None if self.room.scratch is None else self.room.scratch / f"{plane}_{key}.{what}{LASTING}"

    def _likely(self, region: Region) -> NDArray[np.float32]:
        """How likely the likeliest class of each voxel in a box is, once its slices were seen."""
        assert self._sureness is not None
        return self._sureness.read(region)

    def _reshaped(self, direction: Direction, most_bytes: int) -> Direction:
        """A stack whose objects have their new shape, slab by slab."""
        kinds = direction.numbers.class_of
        pieces = PieceNumbers(np.isin(kinds, stuff_numbers(self.card)))
        rules = shape_rules(self.parameters)
        store = self._store(Plane.XY, most_bytes)
        shape = self.maps.shape
        for region in slabs(shape, self._label_bytes // _SHAPING_COPIES):
            self.ctx.raise_if_cancelled()
            wide = region.expand((halo(rules), 0, 0), shape)
            first = region.start[0] - wide.start[0]
            changed = reshape_labels(direction.slab(wide), rules)[first : first + region.shape[0]]
            for labels in pieces.push(changed):
                store.append(SliceRuns.encode(labels))
        direction.store.close()
        done = pieces.finish(self.parameters.min_size, self._extents)
        return Direction(store, Numbers(Lookups(done.lut), kinds[done.source]))

    @property
    def _extents(self) -> Index3:
        """The least voxels of an object along (z, y, x)."""
        return least_extents(self.parameters.min_extent, self.maps.edges, self.maps.shape)

    def _numbering(self, plane: Plane, by_itself: bool, voting: bool) -> Numbering:
        """How the objects of a stack are numbered; one slice is a picture, and votes are for class numbers."""
        card, parameters = self.card, self.parameters
        if parameters.semantic_only:
            return ClassValues(tuple(range(1, 1 + len(card.class_names))) if voting else card.class_values)
        if by_itself:
            judged = self.maps.mode == "slice" or self.maps.whole
            return SliceBySlice(parameters.min_area if judged else 0, stuff_numbers(card))
        if parameters.min_extent and 0 in self._extents and not self._directions:
            thin = min(self.maps.shape)
            text = f"The volume is only {thin} voxels thick; along that axis no object is left out for its extent."
            self.ctx.report(Note("info", text))
        rules = track_rules(parameters, card, in_order(self._extents, plane))
        return Followed(rules)

    @property
    def _label_bytes(self) -> int:
        return int(self.room.memory * _SHARE_FOR_LABELS)

    def _release(self) -> None:
        for store in self._stores:
            store.close()
        for cells in (self._sureness, *self._spreads):
            if cells is not None:
                cells.close()
