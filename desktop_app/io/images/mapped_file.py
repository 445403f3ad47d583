"""Files mapped into memory, without the program seeming to need as much memory as the file is large."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.io.images.page_cache import CACHE_BYTES


class MappedFile:
    """A file mapped for reading.

    What was read stays mapped, and counts as the program's memory, until more than ``cache_bytes`` were read; then it
    is let go of, which costs nothing but time when it is read again. Who looks at an image from all sides asks for more
    cache than usual and keeps everything mapped.

    Args:
        path: The file.
        cache_bytes: See above.
    """

    def __init__(self, path: Path, cache_bytes: int = CACHE_BYTES) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._budget = cache_bytes if cache_bytes <= CACHE_BYTES else None
        self._touched = 0

    def array(self, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> NDArray[Any]:
        """A read-only view of a part of the file."""
        return np.ndarray(shape, dtype, buffer=self._map, offset=offset)

    def touched(self, count: int) -> None:
        """Say that about ``count`` bytes were read."""
        self._touched += count
        if self._budget is not None and self._touched > self._budget:
            self.release()

    def release(self) -> None:
        """Let go of all that was read; the system keeps it cached where it can."""
        self._touched = 0
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
