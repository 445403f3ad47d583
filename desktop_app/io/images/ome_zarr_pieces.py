"""Whether the pieces of a Zarr array are there: what is missing is read as the fill value, and would not be seen."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import zarr

_LOOKED_AT = 64  # pieces, evenly spread: 64 looks at a disk of the network take a tenth of a second


def missing_pieces(path: Path, array: zarr.Array[Any]) -> tuple[str, ...]:
    """A sentence where pieces of an image are missing, as in a copy that was stopped, or where nothing was recorded.

    Args:
        path: The folder of the image.
        array: In it.
    """
    edges = array.shards or array.chunks
    grid = tuple(math.ceil(n / c) for n, c in zip(array.shape, edges, strict=True))
    total = math.prod(grid)
    looked_at = min(total, _LOOKED_AT)
    numbers = [number * (total - 1) // max(1, looked_at - 1) for number in range(looked_at)]
    places = np.transpose(np.unravel_index(numbers, grid)).tolist()
    root, key_of = f"{path / array.path}/", array.metadata.encode_chunk_key
    missing = sum(not os.access(root + key_of(tuple(place)), os.F_OK) for place in places)
    if not missing:
        return ()
    many = (
        f"{missing} of its {total}" if len(places) == total else f"About {missing / len(places):.0%} of its {total:,}"
    )
    return (f"{many} pieces are not there; they are shown as {array.fill_value}. Is the copy complete?",)
