"""Images that lie in pictures of their own, in one file or many: each is decoded when it is asked for, and kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import ArrayCache

ReadPlane = Callable[[tuple[int, ...]], NDArray[Any]]


class PlaneStack:
    """An array of pictures, as ``StoredVoxels`` needs it; those decoded last are kept. Not for two threads at once.

    Args:
        path: The file, for errors.
        shape: Lengths of the leading axes, then those of a picture.
        inner: How many axes a picture has: rows and columns, perhaps samples.
        dtype: Type of a voxel.
        read: Gives the picture at a place of the leading axes.
        cache_bytes: Memory for decoded pictures.
    """

    def __init__(
        self, path: Path, shape: tuple[int, ...], inner: int, dtype: np.dtype[Any], read: ReadPlane, cache_bytes: int
    ) -> None:
        self.shape, self.dtype = shape, dtype
        self._path, self._lead, self._read = path, len(shape) - inner, read
        self._cache = ArrayCache(cache_bytes)
        require_memory(path, math.prod(shape[self._lead :]) * dtype.itemsize, "one slice")

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part of it."""
        lead, inside = index[: self._lead], index[self._lead :]
        spans = [range(i, i + 1) if not isinstance(i, slice) else range(i.start, i.stop) for i in lead]
        counts = tuple(len(span) for span in spans)
        out: NDArray[Any] | None = None
        for number in np.ndindex(*counts):
            place = tuple(span[n] for span, n in zip(spans, number, strict=True))
            picture = self._cache.get(place, lambda place=place: self._decoded(place))[inside]  # type: ignore[misc]
            if out is None:
                out = np.empty((*counts, *picture.shape), self.dtype)
            out[number] = picture
        if out is None:
            raise IndexError(f"Nothing at {index}")
        return out[tuple(slice(None) if isinstance(i, slice) else 0 for i in lead)]

    def _decoded(self, place: tuple[int, ...]) -> NDArray[Any]:
        picture = np.asarray(self._read(place))
        if picture.shape != self.shape[self._lead :]:
            raise UnreadableFileError(
                self._path, f"its pictures differ in size: one is {_times(picture.shape)}, the first "
                f"{_times(self.shape[self._lead :])}.",
            )  # fmt: skip
        return picture


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)
