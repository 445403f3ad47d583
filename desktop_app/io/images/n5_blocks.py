"""The blocks of an N5 array: each is a file with a short head, and voxels packed in one of six ways.

Source: the description of N5 (github.com/saalfeldlab/n5, version 4).
"""

from __future__ import annotations

import bz2
import itertools
import lzma
import math
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.lz4_parts import unpacked_parts
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.page_cache import ArrayCache
from desktop_app.io.plain_files import require_plain
from desktop_app.io.unpacking import require_bounded, unpacked

_TYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64")
_PLAIN_MODE = 0  # blocks of other modes hold things of unequal length
_MOST_AXES = 6  # more have no meaning here
_LZMA_MEMORY = 256 * 2**20  # bytes that a block may need to be unpacked
_AS_ZIP = 47  # zlib finds out by itself whether gzip or its own head is there


def _zstd(packed: bytes, most: int) -> bytes:
    import imagecodecs

    require_bounded("zstd", packed, most)
    return bytes(imagecodecs.zstd_decode(packed, out=most))


def _blosc(packed: bytes, most: int) -> bytes:
    import imagecodecs

    require_bounded("blosc", packed, most)
    return bytes(imagecodecs.blosc_decode(packed))


UNPACKED: Mapping[str, Callable[[bytes, int], bytes]] = {
    "raw": lambda packed, most: packed[:most],
    "gzip": lambda packed, most: unpacked(zlib.decompressobj(_AS_ZIP), packed, most),
    "bzip2": lambda packed, most: unpacked(bz2.BZ2Decompressor(), packed, most),
    "xz": lambda packed, most: unpacked(lzma.LZMADecompressor(memlimit=_LZMA_MEMORY), packed, most),
    "lz4": unpacked_parts,
    "zstd": _zstd,
    "blosc": _blosc,
}
"""By the names that N5 gives them: a block unpacked, never more of it than a number of bytes."""


@dataclass(frozen=True, slots=True)
class N5Dataset:
    """An array of an N5 folder, as its ``attributes.json`` describes it.

    Attributes:
        folder: Where its blocks lie.
        shape: The outermost axis first, as everywhere here; the file lists the innermost first.
        block: Shape of a block.
        dtype: Type of a voxel.
        packing: How blocks are packed.
    """

    folder: Path
    shape: tuple[int, ...]
    block: tuple[int, ...]
    dtype: np.dtype[Any]
    packing: str

    @classmethod
    def of(cls, folder: Path, attributes: Mapping[str, Any]) -> N5Dataset:
        """The array in a folder.

        Raises:
            UnreadableFileError: If it is packed in an unknown way, or its numbers make no sense.
        """
        shape = tuple(int(n) for n in reversed(attributes["dimensions"]))
        block = tuple(int(n) for n in reversed(attributes["blockSize"]))
        dtype = str(attributes["dataType"])
        told = attributes.get("compression", attributes.get("compressionType", "raw"))
        packing = str(told.get("type", "raw")) if isinstance(told, Mapping) else str(told)
        if packing not in UNPACKED:
            raise UnreadableFileError(folder, f"it is packed in a way that is not known here ({packing}).")
        if dtype not in _TYPES:
            raise UnreadableFileError(folder, f"grey values of the type {dtype} are not supported.")
        if len(shape) != len(block) or not 2 <= len(shape) <= _MOST_AXES or min((*shape, *block)) < 1:
            raise UnreadableFileError(folder, "its description makes no sense.", hint="Copy it again.")
        return cls(folder, shape, block, np.dtype(dtype), packing)

    @property
    def grid(self) -> tuple[int, ...]:
        """How many blocks lie along each axis."""
        return tuple(-(-n // b) for n, b in zip(self.shape, self.block, strict=True))

    def file(self, place: tuple[int, ...]) -> Path:
        """Where the block at a place of the grid lies, whether it is there or not."""
        return self.folder.joinpath(*(str(n) for n in reversed(place)))

    def read(self, place: tuple[int, ...]) -> NDArray[Any] | None:
        """The voxels of a block, not more than reach into the array; None where it was never written."""
        file = self.file(place)
        try:
            require_memory(self.folder, require_plain(file), "one piece of it")
            data = file.read_bytes()
        except FileNotFoundError:
            if not self.folder.exists():  # a drive that was taken away: its blocks are not merely empty
                raise
            return None
        mode, axes = struct.unpack_from(">HH", data)
        if mode != _PLAIN_MODE or axes != len(self.shape):
            raise ValueError(f"{file.name}: blocks of mode {mode} with {axes} axes are not known here")
        shape = tuple(reversed(struct.unpack_from(f">{axes}I", data, 4)))  # behind mode and number of axes
        if any(n > b or n < 1 for n, b in zip(shape, self.block, strict=True)):
            raise ValueError(f"a block of {shape} in an array of blocks of {self.block}")
        count = math.prod(shape)
        voxels = UNPACKED[self.packing](data[4 + 4 * axes :], count * self.dtype.itemsize)
        return np.frombuffer(voxels, self.dtype.newbyteorder(">"), count).reshape(shape).astype(self.dtype)


class N5Array:
    """The voxels of one array, or of several of one shape that make up an image. Not for two threads at once.

    Args:
        path: The folder that was opened, for errors.
        datasets: One, or one for each place of the leading axes.
        lead: Lengths of the leading axes.
        cache_bytes: Memory for unpacked blocks.
    """

    def __init__(self, path: Path, datasets: list[N5Dataset], lead: tuple[int, ...], cache_bytes: int) -> None:
        first = datasets[0]
        self.shape, self.dtype = (*lead, *first.shape), first.dtype
        self._lead, self._datasets = lead, datasets
        self._cache = ArrayCache(cache_bytes)
        require_memory(path, math.prod(first.block) * first.dtype.itemsize, "one piece of it")

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part of it."""
        spans = [i if isinstance(i, slice) else slice(i, i + 1) for i in index]
        count = len(self._lead)
        out = np.zeros([s.stop - s.start for s in spans], self.dtype)
        for step in np.ndindex(*out.shape[:count]):
            place = tuple(s.start + n for s, n in zip(spans, step, strict=False))
            number = int(np.ravel_multi_index(place, self._lead)) if place else 0
            self._paste(number, spans[count:], out[step])
        return out[tuple(slice(None) if isinstance(i, slice) else 0 for i in index)]

    def _paste(self, number: int, spans: list[slice], out: NDArray[Any]) -> None:
        """Copy the blocks of an array into the box that begins at ``spans``."""
        dataset = self._datasets[number]
        ranges = [range(s.start // b, -(-s.stop // b)) for s, b in zip(spans, dataset.block, strict=True)]
        for place in itertools.product(*ranges):
            block = self._block(number, place)
            starts = [n * b for n, b in zip(place, dataset.block, strict=True)]
            lower = [max(a, s.start) for a, s in zip(starts, spans, strict=True)]
            upper = [min(a + n, s.stop) for a, n, s in zip(starts, block.shape, spans, strict=True)]
            if any(a >= b for a, b in zip(lower, upper, strict=True)):
                continue
            target = tuple(slice(a - s.start, b - s.start) for a, b, s in zip(lower, upper, spans, strict=True))
            out[target] = block[tuple(slice(a - c, b - c) for a, b, c in zip(lower, upper, starts, strict=True))]

    def _block(self, number: int, place: tuple[int, ...]) -> NDArray[Any]:
        nothing = np.zeros((0,) * len(place), self.dtype)

        def read() -> NDArray[Any]:
            found = self._datasets[number].read(place)
            return nothing if found is None else found

        return self._cache.get((number, *place), read)
