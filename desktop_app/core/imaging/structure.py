"""How much there is to see in a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Pixels: a block should hold an organelle, and a cell average noise away; by eye on electron microscopy.
_BLOCK, _CELL = 32, 4


def local_contrast(picture: NDArray[Any]) -> float:
    """Spread of grey values within small squares, of which the middle one counts.

    Single pixels are averaged first, which takes away most of the noise. A picture that is flat in more than half of
    its squares has next to none, however bright the rest is.

    Args:
        picture: (Y, X), any numeric dtype; what is not a number counts as 0.
    """
    values = np.nan_to_num(picture.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    cells = _grid(values, _CELL).mean(axis=(1, 3))
    return float(np.median(_grid(cells, _BLOCK // _CELL).std(axis=(1, 3))))


def _grid(values: NDArray[Any], edge: int) -> NDArray[Any]:
    """The picture as squares (rows, edge, columns, edge); what is left at the lower and right rim is cut off."""
    height, width = min(edge, values.shape[0]), min(edge, values.shape[1])
    rows, columns = values.shape[0] // height, values.shape[1] // width
    return values[: rows * height, : columns * width].reshape(rows, height, columns, width)
