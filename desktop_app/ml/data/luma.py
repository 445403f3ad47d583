"""Colour pictures as grey ones, for models that expect one channel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume, VoxelSource

_WEIGHTS = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class LumaSource:
    """The brightness of an RGB source: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Attributes:
        source: Red, green and blue as channels 0 to 2.
    """

    source: VoxelSource

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(1, Z, Y, X)."""
        return 1, *self.source.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Float32 whatever the colours are."""
        return np.dtype(np.float32)

    def read(self, channel: int, region: Region) -> NDArray[np.float32]:
        """The brightness (Z, Y, X) in ``region``; there is only channel 0."""
        grey = np.zeros(region.shape, np.float32)
        for number, weight in enumerate(_WEIGHTS):
            grey += np.float32(weight) * self.source.read(number, region).astype(np.float32)
        return grey


def in_grey(volume: Volume) -> Volume:
    """A colour picture as a grey one of a single channel."""
    return replace(volume, source=LumaSource(volume.source), rgb=False, channel_names=())
