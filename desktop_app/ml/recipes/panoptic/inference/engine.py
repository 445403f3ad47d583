"""The way of the recipe ``panoptic`` through images."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Progress, SubContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.inference.engine import LabelStream, Way
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.decode import planes_of
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader
from desktop_app.ml.recipes.panoptic.inference.stack import seeing_of, slice_maps
from desktop_app.ml.recipes.panoptic.inference.volume_run import VolumeRun, plan_for, prediction_of, reader_of
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps, SliceMaps

_MARGIN = 64


class PanopticEngine:
    """Slices of one plane, or of all three; objects are followed from slice to slice."""

    def maps(
        self, predictor: Predictor, volume: Volume, region: Region | None, way: Way, ctx: JobContext
    ) -> PanopticMaps:
        """Maps of the slices of a region; surroundings within the slices are seen, too."""
        prediction = prediction_of(way)
        planes = planes_of(way.mode, prediction.plane)
        parts = []
        for number, plane in enumerate(planes):
            share = SubContext(ctx, number / len(planes), 1 / len(planes))
            reader = reader_of(predictor, volume, plane, region, way, _MARGIN * prediction.downsampling)
            parts.append(_maps_of(predictor, reader, way, share))
        return PanopticMaps(way.mode, planes, tuple(parts), prediction.downsampling, volume.voxel_size.zyx)

    def stream(self, predictor: Predictor, volume: Volume, parameters: Any, way: Way, ctx: JobContext) -> LabelStream:
        """Labels of a volume of any size: runs of labels are all that is kept of it, and large ones lie on disk."""
        if not isinstance(parameters, PanopticDecode):
            raise TypeError(f"Expected parameters of the recipe panoptic, got {type(parameters).__name__}")
        run = VolumeRun(predictor, volume, parameters, way, ctx)
        return run.agreement() if way.mode == "ortho" and min(volume.shape) > 1 else run.stack()


def _maps_of(predictor: Predictor, reader: SliceReader, way: Way, ctx: JobContext) -> SliceMaps:
    found: list[SliceMaps] = []
    plan = plan_for(predictor, reader, way)
    batches = slice_maps(predictor, reader, plan, ctx, seeing_of(reader, predictor.card))
    with closing(batches):
        for maps in batches:
            found.append(maps)
            done = sum(len(part) for part in found)
            ctx.report(Progress(done, reader.count, f"{reader.plane}, slice {done} of {reader.count}"))
    return SliceMaps.joined(found)
