"""The pixels of a tile of a CZI file, unpacked; the library for the format knows only the older ways."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError

_RAW, _JPEG, _LZW, _JPEG_XR, _ZSTD, _ZSTD_WITH_HEAD = 0, 1, 2, 4, 5, 6  # of the format
_BYTES_APART = 1  # flag of the head: all low bytes stand in front of all high bytes


def decoded(path: Path, data: bytes, packing: int, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The pixels of a tile.

    Args:
        path: The file, for errors.
        data: As they are stored.
        packing: The format's number for how they are packed.
        shape: (rows, columns, samples).
        dtype: Type of a value.

    Returns:
        (rows, columns, samples); colours are red, green, blue.

    Raises:
        UnreadableFileError: If the packing is not known here, or values are missing.
    """
    pixels = _unpacked(path, data, packing, shape, dtype)
    values = np.frombuffer(pixels, dtype) if isinstance(pixels, bytes | bytearray) else np.asarray(pixels)
    if values.size < math.prod(shape):
        raise UnreadableFileError(path, "a tile of it is cut off.", hint="Copy it again from the microscope.")
    values = values.ravel()[: math.prod(shape)].reshape(shape)
    if shape[2] in (3, 4) and packing not in (_JPEG, _JPEG_XR):
        return values[..., [2, 1, 0, 3][: shape[2]]]  # stored as blue, green, red
    return values


def _unpacked(path: Path, data: bytes, packing: int, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Any:
    """The values, never more than the tile has: decoders that believe the picture inside get the room it must fit."""
    import imagecodecs

    size = math.prod(shape) * dtype.itemsize
    room = partial(np.empty, shape if shape[2] > 1 else shape[:2], dtype)
    if packing == _RAW:
        return data
    if packing == _JPEG:
        return imagecodecs.jpeg8_decode(data, out=room())
    if packing == _LZW:
        return imagecodecs.lzw_decode(data, out=size)
    if packing == _JPEG_XR:
        return imagecodecs.jpegxr_decode(data, out=room())
    if packing == _ZSTD:
        return imagecodecs.zstd_decode(data, out=size)
    if packing == _ZSTD_WITH_HEAD:
        head = data[0]  # its length in bytes; the longer one tells how bytes are ordered
        apart = head >= 3 and data[1] == 1 and bool(data[2] & _BYTES_APART)  # bytes: the head that says more
        values = imagecodecs.zstd_decode(data[head:], out=size)
        return _joined(values) if apart else values
    raise UnreadableFileError(
        path, f"its pixels are packed in a way that is not known here (number {packing}).",
        hint="Save it in ZEN without compression.",
    )  # fmt: skip


def _joined(data: bytes | bytearray) -> bytes:
    """Values of two bytes whose low bytes stand in front of all high bytes."""
    halves = np.frombuffer(data, np.uint8).reshape(2, -1)
    return halves.T.tobytes()
