"""What an image format is: one record of this kind, in one file, and one line in the table of ``formats``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Volume, VoxelSource

_MOST_LISTED = 4  # names in one sentence: more are not read


@dataclass(frozen=True, slots=True)
class Series:
    """One of several images in a file.

    Attributes:
        name: By which it is chosen; no two of a file are alike.
        axes: A letter for each of its axes.
        shape: The length of each.
        dtype: NumPy name of the type of its voxels; "" where it is not known before the image is opened.
    """

    name: str
    axes: str
    shape: tuple[int, ...]
    dtype: str = ""

    def describe(self) -> str:
        """For a person: ``Overview: YX 480 × 640, uint8``."""
        lengths = " × ".join(str(n) for n in self.shape)
        return f"{self.name}: {self.axes} {lengths}" + (f", {self.dtype}" if self.dtype else "")


class LabelSink(Protocol):
    """A label file that grows by slabs of whole slices, from the first slice to the last.

    Those of a movie hold one time point after the other.
    """

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels so far; it widens when an id needs it."""

    def append(self, values: NDArray[Any]) -> None:
        """Write the next slices: (Z, Y, X) of any integer type, never negative, never beyond ``Keeps.largest_id``."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """What of an image is still there when it is read back; what is not listed is refused or told before writing.

    Attributes:
        axes: Those of ``TCZYX`` that a file can have; an image with several time points, channels or slices needs T,
            C or Z.
        dtypes: NumPy names of the voxel types.
        voxel_size: Whether size and unit of a voxel are stored.
        affine: Whether the place of the image in the space of a scanner (``Volume.affine``) is stored.
        channel_names: Whether the names of channels are stored.
        colors: Whether a colour picture is still one; else its colours become channels.
        time_step: Whether the time from one time point to the next is stored.
        largest_id: The largest object number that a label file holds.
    """

    axes: str = "CZYX"
    dtypes: tuple[str, ...] = (
        "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
        "float16", "float32", "float64",
    )  # fmt: skip
    voxel_size: bool = True
    affine: bool = False
    channel_names: bool = True
    colors: bool = True
    time_step: bool = True
    largest_id: int = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
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
        open: Opens an image lazily, with notes on all that is left out; gets the path, the memory in bytes for
            decoded pieces, and what the user said of the file. Series, axes and exchanged time are done here
            (``choose_series``, ``plan_axes``), the voxel size by who calls it. Raises ``UnreadableFileError``.
        sniff: What a file is, in words (“a TIFF image”), if its first 512 bytes are those of this format, else "".
        series: The images in a file, in its order; None where there is always one.
        label_series: Which of the images in a file holds labels, by name, "" where none does for certain; None where
            labels are not told from images.
        files: The files that make up the image of a file, with itself; None where an image is always one file.
        specimen: What a file says of the specimen that its image is of, "" where nothing; None where it never does.
            May raise ``UserError``, ``OSError`` or ``ValueError``.
        in_pieces: Whether voxels lie in small pieces already, so that a copy would not be quicker to browse.
        folder: Whether an image is a folder; then there is nothing to sniff.
        sniff_folder: Whether a folder without one of the endings is an image of this format.
        label_endings: The endings under which label images are offered; fewer where some kinds of files lose values.
        keeps: What a file can hold.
        write: Writes an image: path, voxels, and the volume that gives axes, names and voxel size. Of a movie
            (``times`` > 1, only where ``keeps`` has T) all time points are written. None: is only read.
        flavours: Other ways to write it, by the name that the user says.
        single: The same ways, "" the usual one, without smaller resolutions of large images; empty where there are none
            anyway.
        label_sink: Opens a label file for writing: path, the image that the labels belong to, with as many time points
            as labels will come, and a first guess of the type. The file is finished where the context ends without an
            error. None: labels go into another format.
        label_ending: The ending of label files for an image of this format, which may be that of another one; "": of
            the usual one.
    """

    name: str
    title: str
    kind: str
    endings: tuple[str, ...]
    open: Callable[[Path, int, ImageReading], Volume]
    sniff: Callable[[bytes], str]
    series: Callable[[Path], tuple[Series, ...]] | None = None
    label_series: Callable[[Path], str] | None = None
    files: Callable[[Path], tuple[Path, ...]] | None = None
    specimen: Callable[[Path], str] | None = None
    in_pieces: bool = False
    folder: bool = False
    sniff_folder: Callable[[Path], bool] | None = None
    label_endings: tuple[str, ...] = ()
    keeps: Keeps = Keeps()
    write: Callable[[Path, VoxelSource, Volume], None] | None = None
    flavours: Mapping[str, Callable[[Path, VoxelSource, Volume], None]] = field(default_factory=dict)
    single: Mapping[str, Callable[[Path, VoxelSource, Volume], None]] = field(default_factory=dict)
    label_sink: Callable[[Path, Volume, np.dtype[Any]], AbstractContextManager[LabelSink]] | None = None
    label_ending: str = ""


def choose_series(path: Path, names: Sequence[str], wanted: str) -> int:
    """Place of the image that is to be opened among those of a file: by its name, or by its number counted from 1.

    Args:
        path: The file, for the error.
        names: Of its images.
        wanted: What the user said; "" takes the first.

    Raises:
        UnreadableFileError: If there is none of that name.
    """
    if not wanted:
        return 0
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    listed = ", ".join(f"“{name}”" for name in names[:_MOST_LISTED]) + (", …" if len(names) > _MOST_LISTED else "")
    raise UnreadableFileError(
        path, f"there is no image “{wanted}” in it.", hint=f"It holds {listed}; say one of these names or its number."
    )


def others_note(names: Sequence[str], chosen: int) -> tuple[str, ...]:
    """A sentence on the images of a file that are not shown; nothing where there is one."""
    others = [f"“{name}”" for i, name in enumerate(names) if i != chosen]
    if not others:
        return ()
    listed = ", ".join(others[:_MOST_LISTED]) + (", …" if len(others) > _MOST_LISTED else "")
    count = f"{len(others)} more images" if len(others) > 1 else "one more image"
    return (f"The file holds {count} ({listed}); “{names[chosen]}” is used.",)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names of images as they are offered: those that are missing or there twice get their number, counted from 1."""
    doubled = {name for name in names if names.count(name) > 1}
    return tuple(
        f"{name or 'Image'} {i}" if not name or name in doubled else name for i, name in enumerate(names, start=1)
    )


def signatures(kinds: dict[bytes, str]) -> Callable[[bytes], str]:
    """A ``sniff`` for formats that begin with fixed bytes: by these, what the file is in words."""

    def sniff(start: bytes) -> str:
        return next((kind for magic, kind in kinds.items() if start.startswith(magic)), "")

    return sniff


def nothing_to_sniff(start: bytes) -> str:
    """The ``sniff`` of formats whose images are folders."""
    return ""
