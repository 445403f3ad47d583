"""N5 arrays written block by block, as their description says."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from desktop_app.io.images.lz4_parts import xxhash32


def _lz4(data: bytes) -> bytes:
    """In two parts, the second not packed, then the empty one that ends it."""
    first, second = data[: len(data) // 2], data[len(data) // 2 :]
    parts = [(0x26, imagecodecs.lz4_encode(first), first), (0x16, second, second), (0x16, b"", b"")]
    return b"".join(
        struct.pack("<8sBiiI", b"LZ4Block", token, len(packed), len(plain), _checksum(plain)) + packed
        for token, packed, plain in parts
    )


def _checksum(plain: bytes) -> int:
    """As the Java library has it: 28 bits, none for the end."""
    return xxhash32(plain, 0x9747B28C) & 0x0FFFFFFF if plain else 0


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda data: data, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "lz4": _lz4,
    "zstd": imagecodecs.zstd_encode, "blosc": lambda data: imagecodecs.blosc_encode(data, compressor="zstd"),
}  # fmt: skip
PACKED_AS_ZLIB = zlib.compress


def write_n5(folder: Path, array: np.ndarray, block: tuple[int, ...], packing: str = "gzip", **attributes: Any) -> Path:
    """An array (the outermost axis first) as an N5 folder; blocks at the end are cut to the array."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "dimensions": array.shape[::-1], "blockSize": block[::-1], "dataType": array.dtype.name,
        "compression": {"type": packing}, **attributes,
    }  # fmt: skip
    (folder / "attributes.json").write_text(json.dumps(told))
    for place in np.ndindex(*(math.ceil(n / b) for n, b in zip(array.shape, block, strict=True))):
        part = array[tuple(slice(p * b, (p + 1) * b) for p, b in zip(place, block, strict=True))]
        file = folder.joinpath(*(str(p) for p in place[::-1]))
        file.parent.mkdir(parents=True, exist_ok=True)
        head = struct.pack(f">HH{part.ndim}I", 0, part.ndim, *part.shape[::-1])
        file.write_bytes(head + PACKED[packing](part.astype(part.dtype.newbyteorder(">")).tobytes()))
    return folder


def group(folder: Path, **attributes: Any) -> Path:
    """A folder that holds arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "attributes.json").write_text(json.dumps(attributes))
    return folder
