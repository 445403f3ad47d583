"""Which grey values to show, and the picture that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 250_000  # values looked at: percentiles of so many are right to a tenth of a percent, and sorted in some ms


@dataclass(frozen=True, slots=True)
class Window:
    """Grey values shown black (``low``) and white (``high``)."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Never zero."""
        return max(self.high - self.low, float(np.finfo(np.float32).tiny))


def auto_window(picture: NDArray[Any], low: float = 0.3, high: float = 99.8) -> Window:
    """The window between two percentiles of the finite values, estimated on a regular subsample.

    Args:
        picture: Any shape, any numeric dtype; NaN and infinities are passed over.
        low: Percentile shown black, 0 to 100.
        high: Percentile shown white, 0 to 100.
    """
    flat = picture.reshape(-1)
    flat = flat[:: max(1, flat.size // _SAMPLES)].astype(np.float64)
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return Window(0.0, 1.0)
    a, b = (float(v) for v in np.percentile(flat, (low, high)))
    if b <= a:
        a, b = float(flat.min()), float(flat.max())
    return Window(a, b if b > a else a + max(1.0, abs(a) * 1e-6))


def to_uint8(picture: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """The picture scaled so that ``window`` spans 0 to 255; NaN is black.

    8 and 16 bit pictures go through a table, which is the fastest way for slices.
    """
    if picture.dtype == np.uint8 or picture.dtype == np.uint16:
        levels = np.arange(np.iinfo(picture.dtype).max + 1, dtype=np.float32)
        return _scaled(levels, window)[picture]
    with np.errstate(over="ignore"):
        values = picture.astype(np.float32, copy=False)
    return _scaled(values, window)


def _scaled(values: NDArray[np.float32], window: Window) -> NDArray[np.uint8]:
    steepest = float(np.finfo(np.float32).max)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values - np.float32(window.low)
        scaled *= np.float32(min(255.0 / window.width, steepest))
        scaled += np.float32(0.5)  # rounds: what follows cuts off
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)
