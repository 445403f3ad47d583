"""The way of the recipe ``panoptic`` through images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.panoptic import PanopticDecode, PanopticPrediction
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.ml.inference.engine import LabelStream, Way
from desktop_app.ml.inference.panoptic.numbering import ClassValues, Followed, Numbering, SliceBySlice
from desktop_app.ml.inference.panoptic.planning import Plan, planned
from desktop_app.ml.inference.panoptic.reading import SliceReader
from desktop_app.ml.inference.panoptic.run_store import RunStore, slabs
from desktop_app.ml.inference.panoptic.stack import StackRun, seeing_of, slice_maps
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic_decode import planes_of, stuff_numbers, track_rules
from desktop_app.ml.recipes.panoptic_maps import PanopticMaps, SliceMaps

_MARGIN = 64
_SHARE_OF_STACKS = 0.9


class PanopticEngine:
    """Slices of one plane, or of all three; objects are followed from slice to slice."""

    def maps(
        self, predictor: Predictor, volume: Volume, region: Region | None, way: Way, ctx: JobContext
    ) -> PanopticMaps:
        """Maps of the slices of a region; surroundings within the slices are seen, too."""
        prediction = _prediction(way)
        planes = planes_of(way.mode, prediction.plane)
        parts = []
        for number, plane in enumerate(planes):
            share = SubContext(ctx, number / len(planes), 1 / len(planes))
            reader = reader_of(predictor, volume, plane, region, way, _MARGIN * prediction.downsampling)
            plan = _plan(predictor, reader, way)
            found: list[SliceMaps] = []
            batches = slice_maps(predictor, reader, plan, way.replicas, share, seeing_of(reader, predictor.card))
            with closing(batches):
                for maps in batches:
                    found.append(maps)
                    done = sum(len(f) for f in found)
                    share.report(Progress(done, reader.count, f"{plane}, slice {done} of {reader.count}"))
            parts.append(SliceMaps.joined(found))
        return PanopticMaps(way.mode, planes, tuple(parts), prediction.downsampling)

    def stream(self, predictor: Predictor, volume: Volume, parameters: Any, way: Way, ctx: JobContext) -> LabelStream:
        """Labels of a volume of any size: runs of labels are all that is kept of it, and large ones lie on disk."""
        class_of: dict[int, str] = {}
        found = _checked(parameters)
        return LabelStream(
            self._stack(predictor, volume, found, way, ctx, class_of), class_of, counts=not found.semantic_only
        )

    def _stack(
        self,
        predictor: Predictor,
        volume: Volume,
        parameters: PanopticDecode,
        way: Way,
        ctx: JobContext,
        names: dict[int, str],
    ) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        plane = Plane(_prediction(way).plane)
        reader = reader_of(predictor, volume, plane, None, way)
        plan = _plan(predictor, reader, way)
        store = RunStore(plane, plan.run_bytes, way.scratch)
        try:
            smoothed = way.mode != "slice"
            numbering = numbering_of(parameters, predictor, reader, way.mode, ctx)
            run = StackRun(predictor, reader, plan, parameters, numbering, store, smoothed, way.replicas)
            numbers = run.run(SubContext(ctx, 0.0, _SHARE_OF_STACKS))
            names.update(class_names(numbers.class_of, predictor, parameters))
            painting = SubContext(ctx, _SHARE_OF_STACKS, 1 - _SHARE_OF_STACKS)
            for region in slabs(volume.shape, plan.label_bytes):
                painting.raise_if_cancelled()
                yield region, store.slab(region.start[0], region.stop[0], numbers.lookups)
                painting.report(Progress(region.stop[0], volume.shape[0], "Writing labels"))
        finally:
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
    return SliceReader(seen, used, greys, plane, whole, _prediction(way).downsampling, margin)


def numbering_of(
    parameters: PanopticDecode, predictor: Predictor, reader: SliceReader, mode: str, ctx: JobContext
) -> Numbering:
    """How the objects of a stack are numbered; a stack of one slice is a picture."""
    card = predictor.card
    if parameters.semantic_only:
        return ClassValues(card.class_values)
    if mode == "slice" or reader.count == 1:
        return SliceBySlice(parameters.min_size, stuff_numbers(card))
    rules = track_rules(parameters, card, reader.count)
    if rules.min_extent < parameters.min_extent:
        text = f"The stack has only {reader.count} slices; no object is left out for its extent."
        ctx.report(Note("info", text))
    return Followed(rules)


def class_names(class_of: NDArray[np.uint8], predictor: Predictor, parameters: PanopticDecode) -> dict[int, str]:
    """Class name of each number of the result."""
    card = predictor.card
    if parameters.semantic_only:
        return dict(zip(card.class_values, card.class_names, strict=False))
    return {number: card.class_names[kind - 1] for number, kind in enumerate(class_of.tolist()) if number}


def _plan(predictor: Predictor, reader: SliceReader, way: Way) -> Plan:
    return planned(predictor, reader, _prediction(way).tile_size, way.tiling.overlap, way.tiling.memory_gb)


def _prediction(way: Way) -> PanopticPrediction:
    if not isinstance(way.prediction, PanopticPrediction):
        raise TypeError(f"Expected parameters of the recipe panoptic, got {type(way.prediction).__name__}")
    return way.prediction


def _checked(parameters: Any) -> PanopticDecode:
    if not isinstance(parameters, PanopticDecode):
        raise TypeError(f"Expected parameters of the recipe panoptic, got {type(parameters).__name__}")
    return parameters
