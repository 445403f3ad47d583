"""Colour pictures as grey ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.imaging.voxel_source import VoxelSource

_LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue in ITU-R BT.601


@dataclass(frozen=True, slots=True)
class GreySource:
    """One channel of brightness instead of red, green and blue (luma of ITU-R BT.601)."""

    picture: VoxelSource

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(1, Z, Y, X)."""
        return (1, *self.picture.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, as in the picture."""
        return self.picture.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The brightness in ``region``."""
        grey = sum(np.float32(w) * self.picture.read(c, region).astype(np.float32) for c, w in enumerate(_LUMA))
        values = np.asarray(grey, np.float32)
        return values if self.dtype.kind == "f" else np.rint(values).astype(self.dtype)


def as_grey(volume: Volume) -> Volume:
    """A colour picture as a grey one; any other volume as it is."""
    if not volume.rgb:
        return volume
    return replace(volume, source=GreySource(volume.source), rgb=False, channel_names=())
