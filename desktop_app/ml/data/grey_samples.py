"""Grey values of an image on a grid, which of them lie in flat places, and how strong its noise is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume

_SAMPLES_PER_SLICE = 65_536
"""Grey values looked at of a slice at most: their percentiles err by less than a hundredth of the span."""

_SAMPLES = 2**22
"""Of a whole channel: 32 MB as float64, sorted in half a second."""

_SLAB_BYTES = 2**26
"""Read at once, so that a chunked file need not be opened anew for each slice."""

_BYTES_READ = 2**34
"""A channel up to this size, 16 GB, is read slice by slice, in a minute or two. Of a larger one evenly spread slices of
that size together are read: several hundred, so that what shows in less than one of them is in none."""

_SQUARE = 6
"""Edge in px of the places whose spread is looked at: in crowded pictures, too, some of them lie wholly on background
or within an object, and blurred noise still shows most of its spread."""

_FLAT = 5
"""Edge in px of a square that is flat where all in it are equal. In 8-bit pictures of little noise nine neighbours are
often equal by chance, 25 hardly ever."""

_QUIET = 0.1
"""Quantile of these spreads that is noise: places with an outline or texture in them spread more. Of white noise it is
0.85 of the standard deviation."""


@dataclass(frozen=True, slots=True)
class GreySamples:
    """What was seen of one channel.

    Attributes:
        values: Grey values ``(n,) float64``.
        flat: Which of them lie in a square of 25 equal ones in their slice ``(n,)``.
        noise: Spread of the quietest places that are not flat, in grey values; 0 where all are.
    """

    values: NDArray[np.float64]
    flat: NDArray[np.bool_]
    noise: float


def grey_samples(volume: Volume, channel: int, check: Callable[[], None]) -> GreySamples:
    """Grey values on a grid within each slice.

    Args:
        volume: The image; of one larger than 16 GB not all slices are read.
        channel: Of the image.
        check: Called between pieces of work; may raise to stop.
    """
    depth, height, width = volume.shape
    wanted = max(1, min(_SAMPLES_PER_SLICE, _SAMPLES // depth))
    step = max(1, round((height * width / wanted) ** 0.5))
    slice_bytes = max(1, height * width * volume.dtype.itemsize)
    slices = min(depth, max(1, _BYTES_READ // slice_bytes))
    thickness = max(1, _SLAB_BYTES // slice_bytes) if slices == depth else 1
    values, spreads = [], []
    flat: list[NDArray[np.bool_]] = []
    for z in np.unique(np.linspace(0, depth - 1, slices).round().astype(int))[::thickness].tolist():
        check()
        slab = volume.read(Region((z, 0, 0), (min(z + thickness, depth), height, width)), channel)
        for picture in slab:
            plain = _flat(picture)
            values.append(picture[::step, ::step].reshape(-1).astype(np.float64))
            flat.append(plain[::step, ::step].reshape(-1))
            spreads.append(_spreads(picture, plain, step))
    return GreySamples(np.concatenate(values), np.concatenate(flat), _quietest(np.concatenate(spreads)))


def _flat(picture: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pixels of ``(Y, X)`` lie in a square of 25 equal ones; the border's values go on beyond.

    The rim of a flat place belongs to it: a bright picture on black has many dark pixels beside it.
    """
    wide = np.pad(picture, _FLAT - 1, mode="edge")
    across = _all(wide[:, 1:] == wide[:, :-1], _FLAT - 1, axis=1)
    down = _all(wide[1:, _FLAT // 2 : -(_FLAT // 2)] == wide[:-1, _FLAT // 2 : -(_FLAT // 2)], _FLAT - 1, axis=0)
    middles = _all(across, _FLAT, axis=0) & down
    return ~_all(_all(~middles, _FLAT, axis=0), _FLAT, axis=1)


def _all(marked: NDArray[np.bool_], length: int, axis: int) -> NDArray[np.bool_]:
    """Whether so many neighbours along an axis of ``(Y, X)`` are all marked; the result is shorter by all but one."""
    count = marked.shape[axis] - length + 1
    parts = [marked[(slice(None),) * axis + (slice(step, step + count),)] for step in range(length)]
    found = parts[0].copy()
    for part in parts[1:]:
        found &= part
    return found


def _spreads(picture: NDArray[Any], flat: NDArray[np.bool_], step: int) -> NDArray[np.float64]:
    """Standard deviations ``(n,)`` of some squares of ``(Y, X)``, about as many pixels together as on the grid.

    Those that are flat are left out; of those that are so in part the spread is -1.
    """
    pixels, plain = (_squares(values)[::step, ::step] for values in (picture, flat))
    counts = plain.sum(axis=(2, 3))
    some = pixels.astype(np.float64)
    with np.errstate(invalid="ignore"):  # values that are not numbers
        spreads = np.where(counts > 0, -1.0, some.std(axis=(2, 3)))
    result: NDArray[np.float64] = spreads[counts < plain.shape[2] * plain.shape[3]]
    return result


def _squares(picture: NDArray[Any]) -> NDArray[Any]:
    """``(rows, columns, edge, edge)`` of a picture ``(Y, X)``; what is left at its end is not in them."""
    (height, width), edge = picture.shape, [min(_SQUARE, length) for length in picture.shape]
    down, right = height // edge[0], width // edge[1]
    return picture[: down * edge[0], : right * edge[1]].reshape(down, edge[0], right, edge[1]).swapaxes(1, 2)


def _quietest(spreads: NDArray[np.float64]) -> float:
    """The noise; 0 where most squares are flat in part, which with noise none is."""
    seen = spreads[np.isfinite(spreads)]
    live = seen[seen >= 0]
    return float(np.quantile(live, _QUIET)) if live.size > seen.size / 2 else 0.0
