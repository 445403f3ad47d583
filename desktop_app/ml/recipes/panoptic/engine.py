"""The way of the recipe ``panoptic`` through images: slices of one plane, or of all three."""

from __future__ import annotations

from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard, require_channels
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.recipes.looks import UNCERTAINTY
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room
from desktop_app.ml.inference.learned_tiles import larger_than_learned
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.decoding.decode import decode_panoptic, panoptic_classes
from desktop_app.ml.recipes.panoptic.inference.looks import looking
from desktop_app.ml.recipes.panoptic.inference.network_slices import NetworkSlices
from desktop_app.ml.recipes.panoptic.inference.planning import network_plan
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps, SliceMaps

_MARGIN = 64
"""Pixels of the network's image around a part of a slice that it sees besides: more changes hardly a pixel."""


class PanopticEngine:
    """Slices of one plane, or of all three; objects are followed from slice to slice."""

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> PanopticMaps:
        """Maps of the slices of a region; of a part, surroundings within the slices are seen, too.

        Where they are decoded only once, slices pass by while they are.
        """
        prediction = _prediction_of(plan)
        predictor = looking(predictor, turned=prediction.turned, uncertainty=prediction.uncertainty)
        box = region or Region.whole(volume.shape)
        planes = _planes(plan.mode, prediction.plane, box.shape)
        if plan.mode == "ortho" and len(planes) == 1 and box.shape == volume.shape:
            ctx.report(Note("info", "The image is flat, so it is looked at from one direction only."))
        slices = tuple(_slices(predictor, volume, plane, box, plan, ctx) for plane in planes)
        if plan.replicas > slices[0].plan.copies:
            text = f"The memory allows for {slices[0].plan.copies} instead of {plan.replicas} copies of the network."
            ctx.report(Note("info", text))
        if prediction.tile_size and (notes := [note for part in slices if (note := _of_its_tile(part)) is not None]):
            ctx.report(notes[0])
        parts = (
            slices
            if plan.once
            else tuple(
                _kept(part, SubContext(ctx, number / len(slices), 1 / len(slices)))
                for number, part in enumerate(slices)
            )
        )
        whole = box.shape == volume.shape
        names = (*map_names(predictor.card), *((UNCERTAINTY,) if prediction.uncertainty else ()))
        return PanopticMaps(plan.mode, planes, parts, prediction.downsampling, volume.voxel_size.zyx, whole, names)

    def decode(
        self, maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Objects and regions, or class values."""
        return decode_panoptic(maps, parameters, card, room, ctx)

    def classes(
        self, maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard, ctx: JobContext
    ) -> NDArray[np.uint8]:
        """Class numbers after the median over slices."""
        return panoptic_classes(maps, parameters, card, ctx)


def map_names(card: ModelCard) -> tuple[str, ...]:
    """``class:NAME`` per class, then ``centre`` and ``offsets``."""
    return (*(f"class:{name}" for name in card.class_names), "centre", "offsets")


def _planes(mode: str, plane: str, shape: Index3) -> tuple[Plane, ...]:
    """The planes whose slices are looked at; what is flat is looked at from one direction."""
    if mode != "ortho":
        return (Plane(plane),)
    return (Plane.XY, Plane.XZ, Plane.YZ) if min(shape) > 1 else (Plane.XY,)


def _slices(
    predictor: Predictor, volume: Volume, plane: Plane, region: Region, plan: InferencePlan, ctx: JobContext
) -> NetworkSlices:
    """The slices of a region, as the model sees them.

    Raises:
        UserError: If the image's channels do not fit the model.
    """
    prediction = _prediction_of(plan)
    seen = predictor.as_seen(volume, plan.channels)
    used = require_channels(predictor.card, seen, plan.channels)
    greys = predictor.greys_of(seen, used, ctx)
    margin = _MARGIN * prediction.downsampling
    reader = SliceReader(seen, used, greys, plane, region, prediction.downsampling, margin)
    return NetworkSlices(predictor, reader, network_plan(predictor, reader, plan, prediction.tile_size))


def _of_its_tile(slices: NetworkSlices) -> Note | None:
    """What is said where the network has not learned to see as much at once."""
    seen = map(min, slices.plan.load.tile, slices.reader.input_shape)
    return larger_than_learned(slices.predictor.card, tuple(seen))


def _kept(slices: NetworkSlices, ctx: JobContext) -> SliceMaps:
    found: list[SliceMaps] = []
    done, total = 0, len(slices)
    with closing(slices.batches(None, 0, ctx)) as batches:
        for maps in batches:
            found.append(maps)
            done += len(maps)
            ctx.report(Progress(done, total, f"{slices.reader.plane}, slice {done} of {total}"))
    return SliceMaps.joined(found)


def _prediction_of(plan: InferencePlan) -> PanopticPrediction:
    """The parameters of how the network sees the image."""
    if not isinstance(plan.prediction, PanopticPrediction):
        raise TypeError(f"Expected parameters of the recipe panoptic, got {type(plan.prediction).__name__}")
    return plan.prediction
