"""A format of our own: a line of JSON and the voxels, packed together with gzip, with a compound ending and labels."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ArraySource, ImageReading, Region, Volume, VoxelSize, VoxelSource
from desktop_app.io.images.image_format import ImageFormat, Keeps, LabelSink

_MAGIC = b'{"toy": 1'


def _open(path: Path, cache_bytes: int, reading: ImageReading) -> Volume:
    try:
        with gzip.open(path) as file:
            header = json.loads(file.readline())
            voxels = np.frombuffer(file.read(), header["dtype"]).reshape(header["shape"])
    except (OSError, EOFError, ValueError, KeyError, zlib.error) as error:
        raise UnreadableFileError(path, "the toy is damaged.", details=repr(error)) from error
    affine = tuple(tuple(row) for row in header["affine"]) if header["affine"] else None
    return Volume(
        ArraySource(voxels), VoxelSize.model_validate(header["voxel_size"]), path.name.split(".")[0], path,
        affine=affine, notes=("Toys are read at once.",),
    )  # fmt: skip


def _sniff(start: bytes) -> str:
    try:
        return "a toy" if zlib.decompressobj(31).decompress(start).startswith(_MAGIC) else ""
    except zlib.error:
        return ""


def _header(shape: tuple[int, ...], dtype: np.dtype, like: Volume) -> bytes:
    facts = {"toy": 1, "shape": shape, "dtype": dtype.name, "affine": like.affine}
    return json.dumps({**facts, "voxel_size": like.voxel_size.model_dump()}).encode() + b"\n"


def _write(path: Path, source: VoxelSource, like: Volume) -> None:
    with gzip.open(path, "wb") as file:
        file.write(_header(source.shape, source.dtype, like))
        for channel in range(source.shape[0]):
            file.write(source.read(channel, Region.whole(source.shape[1:])).tobytes())


class _Labels:
    dtype = np.dtype(np.uint16)

    def __init__(self, file: Any) -> None:
        self._file = file

    def append(self, values: np.ndarray) -> None:
        self._file.write(values.astype(self.dtype).tobytes())


@contextmanager
def _labels(path: Path, like: Volume, dtype: np.dtype) -> Iterator[LabelSink]:
    with gzip.open(path, "wb") as file:
        file.write(_header((1, *like.shape), _Labels.dtype, like))
        yield _Labels(file)


TOY = ImageFormat(
    name="toy",
    title="Toy",
    kind="toy",
    endings=(".toy.gz",),
    open=_open,
    sniff=_sniff,
    label_endings=(".toy.gz",),
    keeps=Keeps(dtypes=("uint8", "uint16", "float32"), affine=True, largest_id=2**16 - 1),
    write=_write,
    label_sink=_labels,
    label_ending=".toy.gz",
)
