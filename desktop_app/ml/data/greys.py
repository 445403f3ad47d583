"""How the grey values of an image become network input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.imaging import Region, Volume

_MOST_SLICES = 24  # looked at, spread over the depth
_SAMPLES_PER_SLICE = 65_536  # pixels: about 256 x 256 of a slice
_LOWEST, _HIGHEST = -1.0, 5.0  # bounds of normalised values: a hot pixel must not outshine all
_BEYOND = 0.5  # of the range that 0 and 1 stand for
_EIGHT_BITS = 255.0  # largest value of uint8


@dataclass(frozen=True, slots=True)
class GreyScale:
    """A linear map of grey values, one per channel: ``(value - offset) / span``.

    Estimated once over the whole image, so that all its tiles agree.

    Attributes:
        offsets: Grey value of each channel that becomes 0.
        spans: Grey values of each channel for a difference of 1.
        darkest: What a grey value that is not a number becomes.
        limits: Results beyond these are cut.
    """

    offsets: tuple[float, ...]
    spans: tuple[float, ...]
    darkest: float = 0.0
    limits: tuple[float, float] = (_LOWEST, _HIGHEST)

    def apply(self, voxels: NDArray[Any]) -> NDArray[np.float32]:
        """Network input of grey values ``(C, Z, Y, X)``; NaN becomes the darkest value, outliers are cut."""
        shape = (-1,) + (1,) * (voxels.ndim - 1)
        offset = np.array(self.offsets, np.float32).reshape(shape)
        span = np.array(self.spans, np.float32).reshape(shape)
        scaled = (voxels.astype(np.float32) - offset) / span
        low, high = self.limits
        np.nan_to_num(scaled, copy=False, nan=self.darkest, posinf=high, neginf=low)
        return np.clip(scaled, low, high, out=scaled)


AS_IT_IS = GreyScale((0.0,), (1.0,))
"""Of an image with one channel whose grey values are network input already."""


def grey_scale(volume: Volume, channels: tuple[int, ...], normalisation: Normalisation) -> GreyScale:
    """The grey scale of an image from a regular subsample of its slices.

    Args:
        volume: The image; at most 24 of its slices are read.
        channels: Channels that the network gets, in order.
        normalisation: Which statistics count.
    """
    if normalisation.kind == "range":
        return _range_scale(volume, channels, normalisation)
    pairs = [_statistics(_sample(volume, channel), normalisation) for channel in channels]
    return GreyScale(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


def _range_scale(volume: Volume, channels: tuple[int, ...], normalisation: Normalisation) -> GreyScale:
    """Grey values as shares of their range, then less the mean and over the standard deviation.

    The range of 8-bit values is 0 to 255. Others seldom fill the range of their type (12 bits stored in 16, float), so
    theirs is what the data show. Shares more than a half beyond it are cut.
    """
    mean, std = normalisation.mean, normalisation.std
    if volume.dtype == np.uint8:
        pairs = [(0.0, _EIGHT_BITS)] * len(channels)
    else:
        pairs = [_statistics(_sample(volume, channel), normalisation) for channel in channels]
    return GreyScale(
        tuple(low + mean * width for low, width in pairs),
        tuple(std * width for _, width in pairs),
        -mean / std,
        ((-_BEYOND - mean) / std, (1 + _BEYOND - mean) / std),
    )


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
