"""Labels compared whatever the numbers of their objects are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def same_partition(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Whether two label arrays of one shape have the same objects under any numbers; background is one of them."""
    pairs = np.unique(np.stack([first.reshape(-1), second.reshape(-1)]).astype(np.int64), axis=1)
    return len(np.unique(pairs[0])) == pairs.shape[1] == len(np.unique(pairs[1]))
