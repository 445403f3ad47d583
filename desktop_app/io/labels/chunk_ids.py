"""Which ids each chunk of a label file holds, so that an object is found without reading all others."""

from __future__ import annotations

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3


class ChunkIds:
    """Ids by chunk, learned when a chunk is first asked about and forgotten when it changes.

    Memory: 4 bytes for each object in each chunk that it touches, some 40 MB for a million small objects.
    """

    def __init__(self) -> None:
        self._ids: dict[Index3, NDArray[np.uint32]] = {}

    def known(self, place: Index3) -> bool:
        """Whether the ids of a chunk are known."""
        return place in self._ids

    def learn(self, place: Index3, values: NDArray[np.uint32] | None) -> None:
        """Remember the ids of a chunk; None is an empty one."""
        self._ids[place] = np.zeros(0, np.uint32) if values is None else np.asarray(fastremap.unique(values))

    def forget(self, place: Index3) -> None:
        """The chunk has changed."""
        self._ids.pop(place, None)

    def any_of(self, place: Index3, ids: NDArray[np.uint32]) -> bool:
        """Whether a known chunk holds one of ``ids``, which are sorted."""
        held = self._ids[place]
        if held.size == 0 or ids.size == 0:
            return False
        found = np.minimum(np.searchsorted(held, ids), held.size - 1)
        return bool((held[found] == ids).any())
