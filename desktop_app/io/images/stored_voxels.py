"""Voxels of any stored array whose parts can be read one by one: what most formats have in common."""

from __future__ import annotations

import lzma
import math
import struct
import threading
import tokenize
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Movie, Region, Volume, VoxelSize
from desktop_app.core.imaging.resolutions import usable_resolutions
from desktop_app.core.imaging.volume import Affine
from desktop_app.io.images.axes import AxisPlan, plan_axes
from desktop_app.io.images.memory import require_memory

DAMAGE = (
    OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError, struct.error,
    zlib.error, lzma.LZMAError, MemoryError, OverflowError, AssertionError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
"""What libraries raise for files that are cut off or make no sense."""
_TYPES = "buif"  # kinds of NumPy types that are grey values: yes/no, integers, floats

_Opener: TypeAlias = Callable[[Path, int, ImageReading], Volume]


class StoredArray(Protocol):
    """An array in a file; an index has a whole number or a slice for each axis, and gives what NumPy would."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis, the outermost first."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel as it is stored."""

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """A part of it."""


@dataclass(frozen=True, slots=True)
class StoredVoxels:
    """The voxels of one time point of a stored array. Safe to use from several threads.

    Attributes:
        path: The file.
        plan: Which stored axis is which, and the time point.
        array: Where the voxels are.
        opener: Opens the file again, in another process.
        cache_bytes: Memory for decoded pieces.
        reading: What the user said of the file.
        lock: Held while the array is read, by all time points.
    """

    path: Path
    plan: AxisPlan
    array: StoredArray
    opener: _Opener
    cache_bytes: int
    reading: ImageReading
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.plan.full_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel, in native byte order; yes/no voxels are uint8."""
        stored = np.dtype(self.array.dtype)
        return np.dtype(np.uint8) if stored.kind == "b" else stored.newbyteorder("=")

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        require_memory(self.path, math.prod(region.shape) * self.dtype.itemsize, "the part asked for")
        index = self.plan.index(channel, *region.slices)
        try:
            with self.lock:
                block = np.asarray(self.array[index])
        except DAMAGE as error:
            raise damaged(self.path, error) from error
        return np.array(self.plan.as_zyx(block), dtype=self.dtype, order="C")

    def at_time(self, time: int) -> StoredVoxels:
        """Another time point of the same array."""
        return replace(self, plan=self.plan.at_time(time))

    def release(self) -> None:
        """Let go of what was read, for readers that pass once over files larger than memory."""
        release = getattr(self.array, "release", None)
        if release is not None:
            release()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the path: workers open the file themselves."""
        return _reopened, (self.opener, self.path, self.cache_bytes, self.reading, self.plan.time)


def _reopened(opener: _Opener, path: Path, cache_bytes: int, reading: ImageReading, time: int) -> Any:
    return opener(path, cache_bytes, reading).at_time(time).source


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of its image beside the voxels.

    Attributes:
        voxel_size: Edges of a voxel.
        affine: Place in the space of a scanner, None where there is none.
        channel_names: One for each channel; others are not taken.
        time_step: Seconds from one time point to the next; None where not stated.
        notes: Sentences on what is odd or left out.
    """

    voxel_size: VoxelSize = field(default_factory=VoxelSize.unknown)
    affine: Affine | None = None
    channel_names: tuple[str, ...] = ()
    time_step: float | None = None
    notes: tuple[str, ...] = ()


def stored_volume(
    path: Path, array: StoredArray, axes: str, stated: Stated, opener: _Opener, cache_bytes: int, reading: ImageReading,
    *, name: str = "", rgb: bool = False, alpha: bool = False,
) -> Volume:  # fmt: skip
    """A volume over a stored array.

    Args:
        path: The file.
        array: Its voxels.
        axes: A letter for each axis of the array, as ``plan_axes`` takes them.
        stated: What else the file says.
        opener: Opens the file again, in another process: a function of a module.
        cache_bytes: Memory for decoded pieces.
        reading: What the user said of the file.
        name: Shown to the user; "" takes the name of the file.
        rgb: The samples of a pixel are colours.
        alpha: The last sample of a pixel is its opacity.

    Raises:
        UnreadableFileError: If there is no picture in it, or its type is none of grey values.
    """
    dtype = np.dtype(array.dtype)
    if dtype.kind not in _TYPES or dtype.itemsize > 8:
        raise UnreadableFileError(path, f"grey values of the type {dtype} are not supported.")
    plan = plan_axes(axes, tuple(array.shape), rgb=rgb, alpha=alpha, name=str(path), reading=reading)
    source = StoredVoxels(path, plan, array, opener, cache_bytes, reading)
    names = stated.channel_names if len(stated.channel_names) == plan.channels and not plan.rgb else ()
    details = {**plan.of_volume, "notes": (*plan.notes, *stated.notes)}
    return Volume(
        source, stated.voxel_size, name or path.name.split(".")[0], path, names, affine=stated.affine,
        movie=Movie(plan.times, source.at_time, stated.time_step) if plan.times > 1 else None, **details,
    )  # fmt: skip


def with_smaller(volume: Volume, arrays: Iterable[StoredArray], axes: str, *, alpha: bool = False) -> Volume:
    """A volume of ``stored_volume`` with the smaller resolutions of its file, as far as they can stand for it.

    Args:
        volume: In full resolution.
        arrays: The same image with fewer rows and columns; with the axes of the full one, and read under its lock.
        axes: A letter for each axis.
        alpha: As for ``stored_volume``.
    """
    full = volume.source
    if not isinstance(full, StoredVoxels):
        return volume
    found = []
    for array in arrays:
        plan = plan_axes(
            axes, tuple(array.shape), rgb=volume.rgb, alpha=alpha, name=str(volume.path), reading=volume.reading
        )
        found.append((plan.full_shape[1:], replace(full, plan=plan, array=array).at_time))
    return replace(volume, smaller=usable_resolutions(volume.shape, found))


def damaged(path: Path, error: BaseException) -> UnreadableFileError:
    """The sentence for a file of which a library says something technical."""
    if isinstance(error, PermissionError):
        return UnreadableFileError(path, "you have no right to read it.", details=repr(error))
    if isinstance(error, FileNotFoundError) and not path.exists():
        return UnreadableFileError(
            path, "it is not there any more.", hint="Is the drive or network still connected?", details=repr(error)
        )
    if isinstance(error, MemoryError):
        return UnreadableFileError(
            path, "there is not enough memory for it.", hint="Close other programs.", details=repr(error)
        )
    return UnreadableFileError(
        path, "it is cut off or damaged.", hint="Copy it again from where it came from.", details=repr(error)
    )


def cut_off(path: Path, there: int, promised: int) -> UnreadableFileError:
    """The sentence for a file that promises more bytes than it has."""
    return UnreadableFileError(
        path, f"it is cut off: it promises {_size(promised)} of grey values, and {_size(max(0, there))} are there.",
        hint="Copy it again from where it came from.",
    )  # fmt: skip


def _size(count: int) -> str:
    """Bytes for a person."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} bytes"
