"""How the grey values of an image become network input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.imaging import Volume
from desktop_app.core.job import Note
from desktop_app.ml.data.grey_samples import GreySamples, grey_samples

_LOWEST, _HIGHEST = -1.0, 5.0
"""Network input beyond these is cut: what is five times as bright as nearly all says no more than that it is bright."""

_BEYOND = 0.5
"""By how many spans shares of a range may lie beyond it before they are cut."""

_BLACK = 0.25
"""Where flat places do not count: by how many spans one of them, or anything else, may be darker than the darkest of
the rest. Noise below the first percentile reaches down to about that."""

_EIGHT_BITS = 255.0  # largest value of uint8


_EXACT_BYTES = {"u": 2, "i": 2, "f": 4, "b": 1}
"""Numbers of at most so many bytes are exact as float32; of larger ones small differences far from 0 would be lost."""


@dataclass(frozen=True, slots=True)
class GreyScale:
    """A linear map of grey values, one per channel: ``(value - offset) / span``.

    Estimated once over the whole image, so that all its tiles agree.

    Attributes:
        offsets: Grey value of each channel that becomes 0.
        spans: Grey values of each channel for a difference of 1.
        darkest: What a grey value that is not a number becomes.
        limits: Results beyond these are cut.
        broken: Share of the grey values looked at that are not numbers or infinite, 0 to 1.
    """

    offsets: tuple[float, ...]
    spans: tuple[float, ...]
    darkest: float = 0.0
    limits: tuple[float, float] = (_LOWEST, _HIGHEST)
    broken: float = 0.0

    def of_channel(self, channel: int) -> GreyScale:
        """The grey scale of one channel alone."""
        return replace(self, offsets=(self.offsets[channel],), spans=(self.spans[channel],))

    def apply(self, voxels: NDArray[Any]) -> NDArray[np.float32]:
        """Network input of grey values ``(C, Z, Y, X)``; NaN becomes the darkest value, outliers are cut."""
        shape = (-1,) + (1,) * (voxels.ndim - 1)
        exact: Any = np.float64 if voxels.dtype.itemsize > _EXACT_BYTES[voxels.dtype.kind] else np.float32
        offset = np.array(self.offsets).reshape(shape)
        span = np.array(self.spans, exact).reshape(shape)
        whole = np.rint(offset) if voxels.dtype.kind in "ui" else np.zeros_like(offset)
        scaled = voxels.astype(exact)
        scaled -= whole.astype(exact)
        scaled -= (offset - whole).astype(exact)
        scaled /= span
        scaled = scaled.astype(np.float32, copy=False)
        low, high = self.limits
        np.nan_to_num(scaled, copy=False, nan=self.darkest, posinf=high, neginf=low)
        return np.clip(scaled, low, high, out=scaled)


AS_IT_IS = GreyScale((0.0,), (1.0,))
"""Of an image with one channel whose grey values are network input already."""


def grey_scale(
    volume: Volume, channels: tuple[int, ...], normalisation: Normalisation, check: Callable[[], None] = lambda: None
) -> GreyScale:
    """The grey scale of an image from a regular subsample of all its slices.

    Args:
        volume: The image; of one larger than 16 GB not all slices are read.
        channels: Channels that the network gets, in order.
        normalisation: Which statistics count.
        check: Called between pieces of work; may raise to stop.
    """
    if normalisation.kind == "range" and volume.dtype == np.uint8:
        return _range_scale([(0.0, _EIGHT_BITS)] * len(channels), normalisation)
    samples = [grey_samples(volume, channel, check) for channel in channels]
    pairs = [_statistics(seen, normalisation) for seen in samples]
    broken = 1 - sum(np.isfinite(seen.values).sum() for seen in samples) / sum(seen.values.size for seen in samples)
    if normalisation.kind in ("range", "stretched"):
        return replace(_range_scale(pairs, normalisation), broken=broken)
    if normalisation.kind == "clipped":
        return replace(_clipped_scale(pairs), broken=broken)
    lowest = _LOWEST if normalisation.flat else -_BLACK
    return GreyScale(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs), limits=(lowest, _HIGHEST), broken=broken)


def broken_note(greys: GreyScale, name: str) -> Note | None:
    """What to tell of grey values that are not numbers; None where there are none."""
    if greys.broken == 0:
        return None
    share = f"{greys.broken:.2%}" if greys.broken >= 1e-4 else "A few"  # 0.01 % is the least that two decimals show
    text = f"{name}: {share} of the grey values looked at are not numbers (NaN) or infinite; they are taken as black."
    return Note("warning", text)


def _range_scale(pairs: Sequence[tuple[float, float]], normalisation: Normalisation) -> GreyScale:
    """Grey values as shares of a range, then less the mean and over the standard deviation.

    Shares more than a half beyond the range are cut.

    Args:
        pairs: Lowest value and width of the range of each channel. Few images fill the range of their type (12 bits
            stored in 16, float, dim 8 bits), so this is what the data show; but of 8 bits 0 to 255 where a model of
            an earlier version, or of another program, wants that.
        normalisation: Mean and standard deviation as shares of the range.
    """
    mean, std = normalisation.mean, normalisation.std
    return GreyScale(
        tuple(low + mean * width for low, width in pairs),
        tuple(std * width for _, width in pairs),
        -mean / std,
        ((-(_BEYOND if normalisation.flat else _BLACK) - mean) / std, (1 + _BEYOND - mean) / std),
    )


def _clipped_scale(pairs: Sequence[tuple[float, float]]) -> GreyScale:
    """Grey values as they are, cut where those of all channels end.

    Args:
        pairs: Lowest value and width of the range of each channel.
    """
    low, high = min(low for low, _ in pairs), max(low + width for low, width in pairs)
    return GreyScale((0.0,) * len(pairs), (1.0,) * len(pairs), low, (low, high))


def _statistics(seen: GreySamples, normalisation: Normalisation) -> tuple[float, float]:
    """(offset, span); the span is never zero."""
    finite = np.isfinite(seen.values)
    telling = finite if normalisation.flat else finite & ~seen.flat
    values = seen.values[telling]
    if values.size == 0 or values.min() == values.max():
        values = seen.values[finite]
    if values.size == 0:
        return 0.0, 1.0
    if normalisation.kind == "zscore":
        offset, span = float(values.mean()), float(values.std())
    else:
        low, high = np.percentile(values, (normalisation.low, normalisation.high))
        offset, span = float(low), float(high - low)
        if span <= 0:
            span = float(values.max() - offset)
    span = max(span, normalisation.least_span * seen.noise)
    return offset, span if span > 0 else 1.0
