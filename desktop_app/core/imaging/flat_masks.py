"""Growing, shrinking and filling masks of one slice, and looking past its noise, for tools that answer at once.

SciPy takes 0.2 to 1 ms for each of these in a window of 200 × 200 pixels, whatever it holds; shifted copies 0.02 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Mask

OVER_EDGES = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
"""Pixels that hang together; SciPy takes 0.05 ms to make it."""


def rimmed(mask: Mask, value: bool) -> Mask:
    """A mask (rows, columns) with one more pixel of a value all around; ``numpy.pad`` takes 20 times as long."""
    out = np.full((mask.shape[0] + 2, mask.shape[1] + 2), value)
    out[1:-1, 1:-1] = mask
    return out


def grown(mask: Mask, steps: int) -> Mask:
    """A mask (rows, columns) with all pixels that are so many steps over edges away, or fewer."""
    out = mask.copy()
    for _ in range(steps):
        before = out.copy()
        out[1:] |= before[:-1]
        out[:-1] |= before[1:]
        out[:, 1:] |= before[:, :-1]
        out[:, :-1] |= before[:, 1:]
    return out


def shrunk(mask: Mask, steps: int, *, beyond: bool = False) -> Mask:
    """A mask (rows, columns) without the pixels from which so few steps over edges lead out of it.

    Args:
        mask: What is shrunk.
        steps: How far.
        beyond: Whether what lies beyond the picture belongs to the mask.
    """
    empty = rimmed(~mask, not beyond)
    return np.asarray(~grown(empty, steps)[1:-1, 1:-1])


def opened(mask: Mask) -> Mask:
    """A mask (rows, columns) without single pixels and frays; beyond the picture there is nothing."""
    return grown(shrunk(mask, 1), 1)


def parts_of(mask: Mask, scratch: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
    """Numbers of the parts of a mask (rows, columns) that hang together over edges; 0 beyond them.

    Args:
        mask: What is parted.
        scratch: Room for as many numbers as the mask has pixels or more, which the answer takes up: who asks many times
            a click saves a third of the time, which goes into fresh memory.
    """
    from scipy import ndimage

    room = np.empty(mask.size, np.int32) if scratch is None else scratch[: mask.size]
    found = room.reshape(mask.shape)
    ndimage.label(mask, OVER_EDGES, output=found)
    return found


def filled(mask: Mask, scratch: NDArray[np.int32] | None = None) -> Mask:
    """A mask (rows, columns) without holes: pixels from which no steps over edges lead to the rim of the picture.

    Args:
        mask: What is filled.
        scratch: As for ``parts_of``, with one more pixel all around.
    """
    empty = parts_of(rimmed(~mask, True), scratch)
    return np.asarray(empty[1:-1, 1:-1] != empty[0, 0])


def median_of_nine(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each pixel and the eight around it; the rim is repeated.

    Of three sorted columns of three the median is the middle one of: the largest of the smallest, the middle of the
    middle and the smallest of the largest (Smith, Implementing median filters in XC4000E FPGAs, 1996).

    Args:
        picture: Grey values (rows, columns).
    """
    wide = np.pad(picture, 1, mode="edge")
    low, middle, high = _sorted(wide[:-2], wide[1:-1], wide[2:])
    lows = np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:])
    middles = _sorted(middle[:, :-2], middle[:, 1:-1], middle[:, 2:])[1]
    highs = np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:])
    return _sorted(lows, middles, highs)[1]


def _sorted(
    a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The smallest, the middle and the largest of three pictures, pixel by pixel."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    return np.minimum(low, c), np.maximum(low, np.minimum(high, c)), np.maximum(high, c)
