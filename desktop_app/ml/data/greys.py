"""How the grey values of an image become network input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.imaging import Region, Volume

_MOST_SLICES = 24
_SAMPLES_PER_SLICE = 65_536
_LOWEST, _HIGHEST = -1.0, 5.0


@dataclass(frozen=True, slots=True)
class GreyScale:
    """A linear map of grey values, one per channel: ``(value - offset) / span``.

    Estimated once over the whole image, so that all its tiles agree.
    """

    offsets: tuple[float, ...]
    spans: tuple[float, ...]

    def apply(self, voxels: NDArray[Any]) -> NDArray[np.float32]:
        """Network input of grey values ``(C, Z, Y, X)``; NaN becomes the darkest value, outliers are cut."""
        shape = (-1,) + (1,) * (voxels.ndim - 1)
        offset = np.array(self.offsets, np.float32).reshape(shape)
        span = np.array(self.spans, np.float32).reshape(shape)
        scaled = (voxels.astype(np.float32) - offset) / span
        np.nan_to_num(scaled, copy=False, nan=0.0, posinf=_HIGHEST, neginf=_LOWEST)
        return np.clip(scaled, _LOWEST, _HIGHEST, out=scaled)


def grey_scale(volume: Volume, channels: tuple[int, ...], normalisation: Normalisation) -> GreyScale:
    """The grey scale of an image from a regular subsample of its slices.

    Args:
        volume: The image; at most 24 of its slices are read.
        channels: Channels that the network gets, in order.
        normalisation: Which statistics count.
    """
    pairs = [_statistics(_sample(volume, channel), normalisation) for channel in channels]
    return GreyScale(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


def _sample(volume: Volume, channel: int) -> NDArray[np.float64]:
    depth, height, width = volume.shape
    step = max(1, round((height * width / _SAMPLES_PER_SLICE) ** 0.5))
    parts = []
    for z in np.unique(np.linspace(0, depth - 1, min(depth, _MOST_SLICES)).round().astype(int)):
        picture = volume.read(Region((int(z), 0, 0), (int(z) + 1, height, width)), channel)
        parts.append(picture[0, ::step, ::step].reshape(-1).astype(np.float64))
    values = np.concatenate(parts)
    return values[np.isfinite(values)]


def _statistics(values: NDArray[np.float64], normalisation: Normalisation) -> tuple[float, float]:
    """(offset, span); the span is never zero."""
    if values.size == 0:
        return 0.0, 1.0
    if normalisation.kind == "zscore":
        offset, span = float(values.mean()), float(values.std())
    else:
        low, high = np.percentile(values, (normalisation.low, normalisation.high))
        offset, span = float(low), float(high - low)
        if span <= 0:
            span = float(values.max() - offset)
    return offset, span if span > 0 else 1.0
