"""Overlapping tiles over the whole image, then objects of the maps: the way of the recipe ``semantic``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, SubContext
from desktop_app.ml.inference.engine import LabelStream, Way
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.semantic.streaming import decode_stream

_SHARE_OF_NETWORK = 0.85


class TiledEngine:
    """Maps of all voxels by overlapping tiles with Gaussian weights."""

    def maps(
        self, predictor: Predictor, volume: Volume, region: Region | None, way: Way, ctx: JobContext
    ) -> NDArray[np.float16]:
        """Maps ``(C, Z, Y, X) float16`` of a region."""
        source = predictor.predict(volume, region, way.tiling, ctx, channels=way.channels, scratch=way.scratch)
        try:
            return source.read(Region.whole(source.shape)).astype(np.float16)
        finally:
            source.close()

    def stream(self, predictor: Predictor, volume: Volume, parameters: Any, way: Way, ctx: JobContext) -> LabelStream:
        """Labels of a volume of any size; large maps lie in the scratch folder."""
        class_of: dict[int, str] = {}
        counts = parameters.objects != "classes"
        return LabelStream(self._slabs(predictor, volume, parameters, way, ctx, class_of), class_of, counts)

    def _slabs(
        self, predictor: Predictor, volume: Volume, parameters: Any, way: Way, ctx: JobContext, names: dict[int, str]
    ) -> Iterator[tuple[Region, NDArray[np.uint32]]]:
        network = SubContext(ctx, 0.0, _SHARE_OF_NETWORK)
        maps = predictor.predict(volume, None, way.tiling, network, channels=way.channels, scratch=way.scratch)
        try:
            decoding = SubContext(ctx, _SHARE_OF_NETWORK, 1 - _SHARE_OF_NETWORK)
            memory = way.tiling.memory_gb
            stream = decode_stream(maps, parameters, predictor.card, decoding, memory, scratch=way.scratch)
            for region, labels in stream:
                names.update(stream.class_of)
                yield region, labels
            names.update(stream.class_of)
        finally:
            maps.close()
