"""The smallest integer type for labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def smallest_label_dtype(max_id: int) -> np.dtype[Any]:
    """uint8, uint16 or uint32, whichever just holds ``max_id``.

    Raises:
        ValueError: If ``max_id`` is negative or needs more than 32 bits.
    """
    if not 0 <= max_id < 2**32:
        raise ValueError(f"No label type holds {max_id}")
    return np.dtype(np.uint8 if max_id < 2**8 else np.uint16 if max_id < 2**16 else np.uint32)


def widened(dtype: np.dtype[Any], values: NDArray[Any]) -> np.dtype[Any]:
    """``dtype``, or the smallest wider label type that holds all ``values``.

    Raises:
        ValueError: If a value is negative or needs more than 32 bits.
    """
    if values.dtype.kind == "i" and int(values.min(initial=0)) < 0:
        raise ValueError("Labels cannot be negative")
    needed = smallest_label_dtype(int(values.max(initial=0)))
    return needed if needed.itemsize > dtype.itemsize else dtype
