"""The smallest integer type for labels."""

from __future__ import annotations

from typing import Any

import numpy as np


def smallest_label_dtype(max_id: int) -> np.dtype[Any]:
    """uint8, uint16 or uint32, whichever just holds ``max_id``.

    Raises:
        ValueError: If ``max_id`` is negative or needs more than 32 bits.
    """
    if not 0 <= max_id < 2**32:
        raise ValueError(f"No label type holds {max_id}")
    return np.dtype(np.uint8 if max_id < 2**8 else np.uint16 if max_id < 2**16 else np.uint32)
