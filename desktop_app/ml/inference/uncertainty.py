"""The map that says how uncertain voxels are: apart from the others, as a layer, and as a file beside a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.labelling.uncertainty import TITLE, uncertainty_scheme, uncertainty_steps
from desktop_app.core.recipes.looks import MOST_SPREAD, UNCERTAINTY, UNCERTAINTY_END
from desktop_app.ml.inference.engine import LabelSlab, LabelStream
from desktop_app.ml.inference.maps import ReadableMaps

_PERCENT = 100  # of the largest spread: the step in which files hold it, fine enough for a byte
_SLAB_VOXELS = 8_000_000
"""Voxels that are read at once: 32 MB."""


@dataclass(frozen=True, slots=True)
class SomeMaps:
    """Some of the maps, as if there were no others.

    Attributes:
        maps: All of them.
        places: Which ones.
    """

    maps: ReadableMaps
    places: tuple[int, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.maps.channels[place] for place in self.places)

    @property
    def shape(self) -> Index3:
        """Size (z, y, x)."""
        return self.maps.shape

    def read(self, region: Region) -> NDArray[np.float32]:
        """Those in a box."""
        return self.maps.read(region)[list(self.places)]


def telling_maps(maps: ReadableMaps) -> ReadableMaps:
    """The maps without the uncertainty: what labels are made of."""
    if UNCERTAINTY not in maps.channels:
        return maps
    return SomeMaps(maps, tuple(n for n, name in enumerate(maps.channels) if name != UNCERTAINTY))


def with_uncertainty(stream: LabelStream, maps: ReadableMaps) -> LabelStream:
    """The same labels with a file more, where the maps say how uncertain voxels are."""
    if UNCERTAINTY in maps.channels:
        stream.more = {**stream.more, UNCERTAINTY_END: _slabs(maps)}
    return stream


def uncertainty_layers(maps: ReadableMaps) -> tuple[MapLayer, ...]:
    """How uncertain voxels are as a layer, where the maps say it."""
    if UNCERTAINTY not in maps.channels:
        return ()
    return (uncertainty_layer(_percent(maps, Region.whole(maps.shape))),)


def uncertainty_layer(percent: NDArray[np.uint32]) -> MapLayer:
    """Percent of the largest spread ``(Z, Y, X)`` as a layer in three steps."""
    return MapLayer(UNCERTAINTY, TITLE, uncertainty_steps(percent), uncertainty_scheme())


def _slabs(maps: ReadableMaps) -> Iterator[LabelSlab]:
    depth, height, width = maps.shape
    step = max(1, _SLAB_VOXELS // (height * width))
    for start in range(0, depth, step):
        region = Region((start, 0, 0), (min(depth, start + step), height, width))
        yield region, _percent(maps, region)


def _percent(maps: ReadableMaps, region: Region) -> NDArray[np.uint32]:
    """Percent ``(Z, Y, X)`` of the largest spread that there can be."""
    values = SomeMaps(maps, (maps.channels.index(UNCERTAINTY),)).read(region)[0]
    return np.rint(np.clip(values / MOST_SPREAD, 0, 1) * _PERCENT).astype(np.uint32)
