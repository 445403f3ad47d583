"""One volume from slices to labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
from desktop_app.ml.inference.engine import LASTING, LabelStream, Way
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.decode import names_of, planes_of, shape_rules, stuff_numbers, track_rules
from desktop_app.ml.recipes.panoptic.inference.numbering import ClassValues, Followed, Numbering, Numbers, SliceBySlice
from desktop_app.ml.recipes.panoptic.inference.ortho import Direction, agreed_labels, voted_classes
from desktop_app.ml.recipes.panoptic.inference.planning import Plan, planned
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader
from desktop_app.ml.recipes.panoptic.inference.run_store import Lookups, RunStore, slabs
from desktop_app.ml.recipes.panoptic.inference.stack import SliceSettings, StackRun
from desktop_app.ml.recipes.panoptic.maps import in_order
from desktop_app.objects.panoptic.morphology import halo, reshape_labels
from desktop_app.objects.panoptic.pieces import PieceNumbers
from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.tables import least_extents

_SHARE_OF_STACKS = 0.9
_SHARE_FOR_LABELS = 0.1
_SHAPING_COPIES = 2


@dataclass(slots=True)
class VolumeRun:
    """A volume on its way.

    Attributes:
        predictor: The model.
        volume: The image.
        parameters: How maps become objects.
        way: How to go through the image.
        ctx: Hears about progress, and may cancel.
    """

    predictor: Predictor
    volume: Volume
    parameters: PanopticDecode
    way: Way
    ctx: JobContext
    _directions: list[Direction] = field(default_factory=list)
    _stores: list[RunStore] = field(default_factory=list)

    def stack(self) -> LabelStream:
        """Slices of one plane."""
        plane = Plane(prediction_of(self.way).plane)
        if self.way.mode == "ortho":
            plane = Plane.XY
            self.ctx.report(Note("info", "The image is flat, so it is looked at from one direction only."))
        names: dict[int, str] = {}
        return self._stream(self._painted((plane,), names), names)

    def agreement(self) -> LabelStream:
        """Slices of all planes, and what they agree on."""
        planes = planes_of("ortho", "")
        names: dict[int, str] = {}
        last = SubContext(self.ctx, _SHARE_OF_STACKS, 1 - _SHARE_OF_STACKS)
        facts = (self.volume.shape, self.parameters, self.predictor.card, self._label_bytes // len(planes), last)
        if self.parameters.semantic_only:
            stream = self._stream(voted_classes(lambda: self._found(planes), *facts), names)
        else:
            edges = self.volume.voxel_size.zyx
            stream = self._stream(agreed_labels(lambda: self._found(planes), *facts, names, edges), names)
        if self.parameters.keep_directions:
            stream.more = {f"_{plane}": self._direction(number) for number, plane in enumerate(planes)}
        return stream

    def _stream(self, made: Iterator[tuple[Region, NDArray[np.uint32]]], names: dict[int, str]) -> LabelStream:
        if self.parameters.semantic_only:
            card = self.predictor.card
            names.update(zip(card.class_values, card.class_names, strict=False))
        return LabelStream(made, names, not self.parameters.semantic_only, release=self._release)

    def _painted(self, planes: tuple[Plane, ...], names: dict[int, str]) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        direction = self._found(planes)[0]
        names.update(names_of(direction.numbers.class_of, self.predictor.card))
        ctx = SubContext(self.ctx, _SHARE_OF_STACKS, 1 - _SHARE_OF_STACKS)
        for region in slabs(self.volume.shape, self._label_bytes):
            ctx.raise_if_cancelled()
            yield region, direction.slab(region)
            ctx.report(Progress(region.stop[0], self.volume.shape[0], "Writing labels"))

    def _direction(self, number: int) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        """What a single direction found."""
        values = np.array((0, *self.predictor.card.class_values), np.uint32)
        for region in slabs(self.volume.shape, self._label_bytes):
            labels = self._directions[number].slab(region)
            yield region, values[labels] if self.parameters.semantic_only else labels

    def _found(self, planes: tuple[Plane, ...]) -> list[Direction]:
        """The stacks of these planes, one after the other."""
        for number, plane in enumerate(planes):
            share = SubContext(self.ctx, _SHARE_OF_STACKS * number / len(planes), _SHARE_OF_STACKS / len(planes))
            reader = reader_of(self.predictor, self.volume, plane, None, self.way)
            plan = plan_for(self.predictor, reader, self.way, self.parameters.fine_boundaries)
            self._warn(plan)
            by_itself = self.way.mode == "slice" or reader.count == 1
            card, scale = self.predictor.card, reader.downsampling
            settings = SliceSettings.of(self.parameters, card, scale, by_itself=by_itself)
            store = self._store(plane, plan.run_bytes // len(planes), settings.key if self.way.lasting else None)
            numbering = self._numbering(reader, by_itself, voting=len(planes) > 1)
            run = StackRun(self.predictor, reader, plan, settings, numbering, store)
            direction = Direction(store, run.run(share))
            if not by_itself and not self.parameters.semantic_only and shape_rules(self.parameters).changes:
                direction = self._reshaped(direction, plan.run_bytes // len(planes))
            self._directions.append(direction)
        return self._directions

    def _warn(self, plan: Plan) -> None:
        """Say so where a single slice is too large for the budget, or not all copies fit."""
        budget = self.way.tiling.memory_gb
        if plan.copies < self.way.replicas and not self._directions:
            text = f"The memory allows for {plan.copies} instead of {self.way.replicas} copies of the network."
            self.ctx.report(Note("info", text))
        if plan.least_bytes > budget * 2**30:
            needed = f"A slice of this image needs about {plan.least_bytes / 2**30:.1f} GB of memory"
            self.ctx.report(Note("warning", f"{needed}, more than the budget of {budget:g} GB."))

    def _store(self, plane: Plane, most_bytes: int, key: str | None = None) -> RunStore:
        """An empty store, or that of an interrupted run with the same key; what others left of this plane goes."""
        if key is not None and self.way.scratch is not None:
            path = self.way.scratch / f"{plane}_{key}{LASTING}"
            for other in set(self.way.scratch.glob(f"{plane}_*{LASTING}")) - {path}:
                with suppress(OSError):
                    other.unlink()
            store = RunStore.lasting(plane, path)
        else:
            store = RunStore(plane, most_bytes, self.way.scratch)
        self._stores.append(store)
        return store

    def _reshaped(self, direction: Direction, most_bytes: int) -> Direction:
        """A stack whose objects have their new shape, slab by slab."""
        kinds = direction.numbers.class_of
        pieces = PieceNumbers(np.isin(kinds, stuff_numbers(self.predictor.card)))
        rules = shape_rules(self.parameters)
        store = self._store(Plane.XY, most_bytes)
        shape = self.volume.shape
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
        return least_extents(self.parameters.min_extent, self.volume.voxel_size.zyx, self.volume.shape)

    def _numbering(self, reader: SliceReader, by_itself: bool, voting: bool) -> Numbering:
        """How the objects of a stack are numbered; one slice is a picture, and votes are for class numbers."""
        card, parameters = self.predictor.card, self.parameters
        if parameters.semantic_only:
            return ClassValues(tuple(range(1, 1 + len(card.class_names))) if voting else card.class_values)
        if by_itself:
            return SliceBySlice(parameters.min_area, stuff_numbers(card))
        if parameters.min_extent and 0 in self._extents and not self._directions:
            thin = min(self.volume.shape)
            text = f"The volume is only {thin} voxels thick; along that axis no object is left out for its extent."
            self.ctx.report(Note("info", text))
        rules = track_rules(parameters, card, in_order(self._extents, reader.plane))
        return Followed(rules)

    @property
    def _label_bytes(self) -> int:
        return int(self.way.tiling.memory_gb * 2**30 * _SHARE_FOR_LABELS)

    def _release(self) -> None:
        for store in self._stores:
            store.close()


def reader_of(
    predictor: Predictor, volume: Volume, plane: Plane, region: Region | None, way: Way, margin: int = 0
) -> SliceReader:
    """The slices of a region as the model sees them.

    Raises:
        UserError: If the image's channels do not fit the model.
    """
    seen = predictor.as_seen(volume, way.channels)
    used = predictor.used_channels(seen, way.channels)
    greys = predictor.greys_of(seen, used)
    whole = region or Region.whole(volume.shape)
    return SliceReader(seen, used, greys, plane, whole, prediction_of(way).downsampling, margin)


def plan_for(predictor: Predictor, reader: SliceReader, way: Way, fine: bool = False) -> Plan:
    """How much of the slices at a time."""
    return planned(predictor, reader, way, prediction_of(way).tile_size, fine)


def prediction_of(way: Way) -> PanopticPrediction:
    """The parameters of how the network sees the image."""
    if not isinstance(way.prediction, PanopticPrediction):
        raise TypeError(f"Expected parameters of the recipe panoptic, got {type(way.prediction).__name__}")
    return way.prediction
