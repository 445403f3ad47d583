"""What an image format is: one record of this kind, in one file, and one line in the table of ``formats``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Volume, VoxelSource


class LabelSink(Protocol):
    """A label file that grows by slabs of whole slices, from the first slice to the last."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels so far; it widens when an id needs it."""

    def append(self, values: NDArray[Any]) -> None:
        """Write the next slices: (Z, Y, X) of any integer type, never negative, never beyond ``Keeps.largest_id``."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """What of an image is still there when it is read back; what is not listed is refused or told before writing.

    Attributes:
        axes: Those of ``CZYX`` that a file can have; an image with several channels or slices needs C or Z.
        dtypes: NumPy names of the voxel types.
        voxel_size: Whether size and unit of a voxel are stored.
        affine: Whether the place of the image in the space of a scanner (``Volume.affine``) is stored.
        largest_id: The largest object number that a label file holds.
    """

    axes: str = "CZYX"
    dtypes: tuple[str, ...] = (
        "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
        "float16", "float32", "float64",
    )  # fmt: skip
    voxel_size: bool = True
    affine: bool = False
    largest_id: int = 2**32 - 1


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One image format, for reading and, where it has them, for writing images and labels.

    All functions that write get a temporary path, which keeps the ending; a folder exists and is empty. Who calls them
    puts it in place when all has been written.

    Attributes:
        name: Key in the table.
        title: Shown in file dialogs, as ``OME-Zarr``.
        kind: In words after “not a”, as ``TIFF image``.
        endings: Of its files, lower case, with their dots; compound ones such as ``.ome.tif`` are listed, too. Where
            endings of several formats fit a name, the longest counts.
        open: Opens an image lazily, with notes on all that is left out; gets the path and the memory in bytes for
            decoded pieces. Raises ``UnreadableFileError``.
        sniff: What a file is, in words (“a TIFF image”), if its first 512 bytes are those of this format, else "".
        files: The files that make up the image of a file, with itself; None where an image is always one file.
        folder: Whether an image is a folder; then there is nothing to sniff.
        sniff_folder: Whether a folder without one of the endings is an image of this format.
        label_endings: The endings under which label images are offered; fewer where some kinds of files lose values.
        keeps: What a file can hold.
        write: Writes an image: path, voxels, and the volume that gives axes, names and voxel size. None: is only read.
        label_sink: Opens a label file for writing: path, the image that the labels belong to, and a first guess of the
            type. The file is finished where the context ends without an error. None: labels go into another format.
        label_ending: The ending of label files for an image of this format; "" where ``label_sink`` is None.
    """

    name: str
    title: str
    kind: str
    endings: tuple[str, ...]
    open: Callable[[Path, int], Volume]
    sniff: Callable[[bytes], str]
    files: Callable[[Path], tuple[Path, ...]] | None = None
    folder: bool = False
    sniff_folder: Callable[[Path], bool] | None = None
    label_endings: tuple[str, ...] = ()
    keeps: Keeps = Keeps()
    write: Callable[[Path, VoxelSource, Volume], None] | None = None
    label_sink: Callable[[Path, Volume, np.dtype[Any]], AbstractContextManager[LabelSink]] | None = None
    label_ending: str = ""


def signatures(kinds: dict[bytes, str]) -> Callable[[bytes], str]:
    """A ``sniff`` for formats that begin with fixed bytes: by these, what the file is in words."""

    def sniff(start: bytes) -> str:
        return next((kind for magic, kind in kinds.items() if start.startswith(magic)), "")

    return sniff


def nothing_to_sniff(start: bytes) -> str:
    """The ``sniff`` of formats whose images are folders."""
    return ""
