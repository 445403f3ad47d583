"""Chunks of a Zarr array taken straight from their files: the library needs ten times as long for small ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.zarr_files import require_there
from desktop_app.io.plain_files import open_plain
from desktop_app.io.unpacking import COMPRESSIONS, require_bounded


class ChunkFiles:
    """Reads chunks of an array of version 2 without filters, each a file in a folder.

    Args:
        image: The folder of the image that the array is in.
        array: Says shape, type and compression.
        complete: Whether a missing file is an error; else it is a chunk of the fill value.
    """

    def __init__(self, image: Path, array: zarr.Array[Any], complete: bool) -> None:
        self._image, self._folder, self._complete = image, image / array.path, complete
        self._key = array.metadata.encode_chunk_key
        self._compressor = array.metadata.compressor  # type: ignore[union-attr]
        self._chunks, self._dtype = array.chunks, np.dtype(array.dtype)
        self._stored = np.dtype(array.metadata.dtype.to_native_dtype())
        self._fill = array.fill_value

    @classmethod
    def of(cls, path: Path, array: zarr.Array[Any], *, complete: bool = False) -> ChunkFiles | None:
        """The chunks of an array in an image's folder; None where the library must read them."""
        told = array.metadata
        if told.zarr_format != 2 or not path.is_dir() or told.filters or told.order != "C":
            return None
        if told.compressor is not None and told.compressor.codec_id not in COMPRESSIONS:
            return None
        return cls(path, array, complete)

    def chunk(self, place: tuple[int, ...]) -> NDArray[Any]:
        """The chunk at a place of the grid, whole also at the border of the array; not to be written to.

        Raises:
            UnreadableFileError: If a chunk is missing that has to be there, or the whole image.
            OSError: If it cannot be read.
            ValueError: If it is cut off, or becomes larger than it may.
        """
        path = self._folder / self._key(place)
        try:
            with open_plain(path) as file:
                packed = file.read()
        except FileNotFoundError:
            if self._complete:
                raise UnreadableFileError(
                    self._folder.parent, "a piece of the copy for fast browsing is missing.",
                    hint="Delete the copy in the menu of the image, and prepare it anew.",
                ) from None  # fmt: skip
            require_there(self._image)
            return np.broadcast_to(np.array(self._fill, self._stored), self._chunks)  # takes no memory
        size = math.prod(self._chunks) * self._stored.itemsize
        if self._compressor is not None:
            require_bounded(self._compressor.codec_id, packed, size)
            packed = self._compressor.decode(packed)
        return np.frombuffer(packed, self._stored, math.prod(self._chunks)).reshape(self._chunks)
