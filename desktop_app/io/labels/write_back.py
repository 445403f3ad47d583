"""Labels written back into an OME-Zarr image of another program, in place.

They may be larger than memory: they are read and written by whole shards (or chunks, where there are none). What the
other program wrote beside the voxels stays as it is. Source: ngff.openmicroscopy.org/0.4 and /0.5, “labels”.
"""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError, UserError
from desktop_app.core.imaging import Region, VoxelSource
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.io.atomic import atomic_folder, restore_set_aside
from desktop_app.io.images.axes import AxisPlan, plan_axes
from desktop_app.io.images.memory import require_memory
from desktop_app.io.images.ome_zarr import letters_of
from desktop_app.io.images.zarr_decoding import refusal, use_bounded_pipeline
from desktop_app.io.images.zarr_files import OrdinaryFiles
from desktop_app.io.images.zarr_groups import ome_attributes
from desktop_app.io.json_files import read_json
from desktop_app.io.labels.foreign_labels import add_names, is_consolidated

_COPIES = 4  # of a shard in memory at once: old, new, compared, packed
_WIDEST = 8  # bytes of a label

Told = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class _Levels:
    """The arrays of a label image, from the full resolution to the smallest, and what their axes are."""

    paths: tuple[str, ...]
    arrays: tuple[zarr.Array[Any], ...]
    plan: AxisPlan

    @classmethod
    def of(cls, group: Path, mode: Literal["r", "r+"]) -> _Levels:
        use_bounded_pipeline()
        store = OrdinaryFiles(group, read_only=mode == "r")
        node = zarr.open(store=store, mode=mode, use_consolidated=False)
        if isinstance(node, zarr.Array):
            return cls(("",), (node,), plan_axes("TCZYX"[-node.ndim :], node.shape, name=str(group)))
        scale = (ome_attributes(node).get("multiscales") or [{}])[0]
        paths = tuple(str(level["path"]) for level in scale.get("datasets", ()))
        arrays = tuple(a for a in map(node.get, paths) if isinstance(a, zarr.Array))
        if not arrays or len(arrays) < len(paths) or any(a.ndim != arrays[0].ndim for a in arrays):
            raise UnreadableFileError(group, "it holds no label image.", hint="Choose a label group of an image.")
        letters = letters_of(scale, arrays[0].ndim)
        return cls(paths, arrays, plan_axes(letters, arrays[0].shape, name=str(group)))

    def require_usable(self, group: Path) -> None:
        """Labels can be written here.

        Raises:
            UnreadableFileError: If not.
        """
        where = [i for i in (self.plan.z, self.plan.y, self.plan.x) if i is not None]
        first = self.arrays[0]
        if first.dtype.kind not in "ui" or where != sorted(where) or self.plan.channels > 1:
            raise UnreadableFileError(group, "its labels are stored in a way that is not written here.")
        if reason := next(filter(None, map(refusal, self.arrays)), ""):
            raise UnreadableFileError(group, reason)

    def index(self, time: int, region: Region) -> tuple[int | slice, ...]:
        """Where a box of a time point lies in an array."""
        return self.plan.at_time(time).index(0, *region.slices)

    def read(self, level: int, time: int, region: Region) -> NDArray[Any]:
        """The labels (Z, Y, X) of a box."""
        return np.asarray(self.arrays[level][self.index(time, region)]).reshape(region.shape)

    def write(self, level: int, time: int, region: Region, values: NDArray[Any]) -> None:
        """Write the labels (Z, Y, X) of a box that is whole shards."""
        array = self.arrays[level]
        kept = values if self.plan.z is not None else values[0]
        array[self.index(time, region)] = kept.astype(array.dtype)

    def shape(self, level: int) -> tuple[int, int, int]:
        """(Z, Y, X)."""
        shape = self.arrays[level].shape
        return 1 if self.plan.z is None else shape[self.plan.z], shape[self.plan.y], shape[self.plan.x]

    def shards(self, level: int) -> Iterator[Region]:
        """The boxes that are stored as one file each."""
        array = self.arrays[level]
        edges = array.shards or array.chunks
        edge = [1 if i is None else edges[i] for i in (self.plan.z, self.plan.y, self.plan.x)]
        shape = self.shape(level)
        for start in itertools.product(*(range(0, n, e) for n, e in zip(shape, edge, strict=True))):
            stop = tuple(min(a + e, n) for a, e, n in zip(start, edge, shape, strict=True))
            yield Region(start, stop)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Changed:
    """Boxes of the full resolution that are others now, by time point."""

    boxes: dict[int, list[Region]] = field(default_factory=dict)

    def add(self, time: int, box: Region) -> None:
        self.boxes.setdefault(time, []).append(box)

    def touches(self, time: int, box: Region, factors: tuple[float, ...]) -> bool:
        """Whether a box of a smaller resolution shows anything of them; with a voxel to spare."""
        low = [math.floor((a - 1) * f) for a, f in zip(box.start, factors, strict=True)]
        high = [math.ceil((b + 1) * f) for b, f in zip(box.stop, factors, strict=True)]
        return any(
            all(a < h and b > w for a, b, w, h in zip(one.start, one.stop, low, high, strict=True))
            for one in self.boxes.get(time, ())
        )


def write_back(
    labels: Mapping[int, VoxelSource], group: Path, largest: int, told: Told, scheme: LabelScheme | None = None
) -> Path:
    """Write labels into a label image of another program, in place: all its resolutions, its metadata as they were.

    First the old ones are copied beside; then new ones are made under another name and take their place when they are
    whole. Only shards with other labels are written anew.

    Args:
        labels: By time point, counted from 0, voxels (1, Z, Y, X); those of other time points stay.
        group: The folder of the label image.
        largest: The largest number in the labels.
        told: Hears how many of how many steps are done, and what is done; may raise to stop.
        scheme: Names and colours of classes, which are added where the image does not name them; None for objects.

    Returns:
        The copy of the old ones.

    Raises:
        UserError: If the shapes differ.
        UnreadableFileError: If there is no label image, or it is stored in an unknown way.
        UnwritableFileError: If the disk refuses, or the numbers do not fit.
    """
    restore_set_aside(group.parent)
    old = _Levels.of(group, "r")
    old.require_usable(group)
    for source in labels.values():
        _require_shape(group, source.shape[1:], old.shape(0))
    dtype = _wide_enough(group, old, largest)
    copy = _copied(group, _free_place(group), told)
    with atomic_folder(group) as temporary:
        _fill(group, temporary, told)
        if dtype != old.arrays[0].dtype:
            _widen(temporary, old, dtype)
        new = _Levels.of(temporary, "r+")
        _write_levels(group, old, new, labels, told, all_of_it=dtype != old.arrays[0].dtype)
        if scheme is not None and not is_consolidated(group):
            add_names(temporary, scheme)
    return copy


def _require_shape(group: Path, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if tuple(shape) != tuple(wanted):
        raise UserError(
            f"The labels do not fit {group.name}: they are {shown_size(shape)} voxels, those in the image are "
            f"{shown_size(wanted)} {ORDER}.", hint="Choose the label image that they came from.",
        )  # fmt: skip


def _wide_enough(group: Path, old: _Levels, largest: int) -> np.dtype[Any]:
    """The type of the labels that are there, or a wider one where the numbers need it."""
    dtype: np.dtype[Any] = np.dtype(old.arrays[0].dtype)
    if largest <= np.iinfo(dtype).max:
        return dtype
    filtered = any(a.metadata.zarr_format == 2 and a.metadata.filters for a in old.arrays)
    if filtered or is_consolidated(group):
        raise UnwritableFileError(
            group, f"it holds numbers up to {np.iinfo(dtype).max:,}, and the labels go up to {largest:,}.",
            hint="Export the labels into a file of their own instead.",
        )  # fmt: skip
    return np.dtype(np.uint16 if largest < 2**16 else np.uint32)


def _free_place(group: Path) -> Path:
    """Where the copy of the old labels goes: beside them, under the time of day."""
    stem = f"{group.name}.before_{datetime.now():%Y-%m-%d_%H-%M-%S}"
    names = (stem if number == 1 else f"{stem}_{number}" for number in itertools.count(1))
    return next(group.with_name(name) for name in names if not group.with_name(name).exists())


def _copied(group: Path, place: Path, told: Told) -> Path:
    with atomic_folder(place) as temporary:
        _fill(group, temporary, told)
    return place


def _fill(group: Path, folder: Path, told: Told) -> None:
    """Copy all files of a group into an empty folder."""
    for number, file in enumerate(sorted(p for p in group.rglob("*") if p.is_file())):
        told(0, 1, f"Copying file {number + 1:,}")
        target = folder / file.relative_to(group)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def _widen(folder: Path, old: _Levels, dtype: np.dtype[Any]) -> None:
    """Make the arrays of a copy empty, with a wider type and all else as it was."""
    for path, array in zip(old.paths, old.arrays, strict=True):
        place, second = folder / path, array.metadata.zarr_format == 2
        description = read_json(place / (".zarray" if second else "zarr.json"))
        description["dtype" if second else "data_type"] = dtype.str if second else dtype.name
        for piece in place.iterdir():
            if piece.is_dir():
                shutil.rmtree(piece)
            elif piece.name != ".zattrs":
                piece.unlink()
        (place / (".zarray" if second else "zarr.json")).write_text(json.dumps(description), encoding="utf-8")


def _write_levels(
    group: Path, old: _Levels, new: _Levels, labels: Mapping[int, VoxelSource], told: Told, *, all_of_it: bool
) -> None:
    changed = _Changed()
    times = range(old.plan.times) if all_of_it else sorted(labels)
    steps = [(level, time, box) for level in range(len(new.arrays)) for time in times for box in new.shards(level)]
    for done, (level, time, box) in enumerate(steps):
        told(done, len(steps), f"Writing part {done + 1:,} of {len(steps):,}")
        require_memory(group, _COPIES * math.prod(box.shape) * _WIDEST, "one shard of it")
        if level == 0:
            before = old.read(0, time, box)
            now = labels[time].read(0, box) if time in labels else before
            if all_of_it or not np.array_equal(before, now):
                new.write(0, time, box, now)
                changed.add(time, box)
        elif all_of_it or changed.touches(time, box, _factors(new, 0, level)):
            new.write(level, time, box, _smaller(new, level, time, box))
    told(len(steps), max(1, len(steps)), "Putting it in place")


def _factors(levels: _Levels, larger: int, smaller: int) -> tuple[float, ...]:
    return tuple(a / b for a, b in zip(levels.shape(larger), levels.shape(smaller), strict=True))


def _smaller(levels: _Levels, level: int, time: int, box: Region) -> NDArray[Any]:
    """A box of a resolution from the next larger one: of the voxels that make up one, the one in the middle.

    Labels are taken as they are, never mixed.
    """
    shape = levels.shape(level - 1)
    where = []
    for start, stop, factor, length in zip(box.start, box.stop, _factors(levels, level - 1, level), shape, strict=True):
        middles = np.floor((np.arange(start, stop) + 0.5) * factor).astype(np.int64)
        where.append(np.clip(middles, 0, length - 1))
    z, y, x = ((int(w[0]), int(w[-1]) + 1) for w in where)
    region = Region((z[0], y[0], x[0]), (z[1], y[1], x[1]))
    values = levels.read(level - 1, time, region)
    return values[np.ix_(*(w - w[0] for w in where))]
