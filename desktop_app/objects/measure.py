"""One row of measurements per object."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.imaging.region import Index3


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """What is known of one object.

    Attributes:
        id: Its number in the label image.
        class_name: Its kind, empty where unknown.
        voxels: Number of voxels.
        volume: In cubed units of the voxel size (squared for a single slice); in voxels where the size is unknown.
        centroid: Mean (z, y, x) in voxels, the centre of the first voxel being 0.
        box: The smallest box around it.
        mean_intensity: Mean of the finite values, one per image channel; NaN where there are none. Empty without an
            image.
        touches_border: Whether it may go on outside the image. z counts only in volumes.
    """

    id: int
    class_name: str
    voxels: int
    volume: float
    centroid: tuple[float, float, float]
    box: Region
    mean_intensity: tuple[float, ...]
    touches_border: bool


def measure(
    labels: NDArray[Any],
    image: NDArray[Any] | None = None,
    voxel_size: VoxelSize | None = None,
    class_of: Mapping[int, str] | str = "",
) -> list[ObjectRow]:
    """Measure all objects, in order of their numbers.

    Args:
        labels: ``(Z, Y, X)`` integer.
        image: ``(Z, Y, X)`` or ``(C, Z, Y, X)``, any number type, or None.
        voxel_size: None: unknown.
        class_of: The class name by id, or one name for all.
    """
    z, y, x = labels.shape
    measurer = StreamingMeasurer((z, y, x), voxel_size)
    measurer.add(Region.whole((z, y, x)), labels, image)
    return list(measurer.rows(class_of))


class StreamingMeasurer:
    """Measures objects that arrive piece by piece, in any order, without overlap.

    Pieces are taken slice by slice, so that the way a volume is cut into whole slices makes no difference to the last
    digit. Memory follows the number of objects.

    Args:
        shape: ``(Z, Y, X)`` of the whole volume.
        voxel_size: None: unknown.
    """

    def __init__(self, shape: Index3, voxel_size: VoxelSize | None = None) -> None:
        self._shape = shape
        self._voxel_size = voxel_size or VoxelSize.unknown()
        self._ids = np.zeros(0, np.int64)
        self._sums = np.zeros((0, 4))
        self._low = np.zeros((0, 3), np.int64)
        self._high = np.zeros((0, 3), np.int64)
        self._grey = np.zeros((0, 0))
        self._finite = np.zeros((0, 0))
        self._not_finite = 0

    def add(self, region: Region, labels: NDArray[Any], image: NDArray[Any] | None = None) -> None:
        """Take in one piece.

        Args:
            region: Where it lies.
            labels: ``(Z, Y, X)`` integer.
            image: ``(Z, Y, X)`` or ``(C, Z, Y, X)``, or None; the same for all pieces.
        """
        if labels.shape != region.shape:
            raise ValueError(f"Expected labels of shape {region.shape}, got {labels.shape}")
        channels = None if image is None else image.reshape(-1, *labels.shape)
        for z in range(labels.shape[0]):
            self._add_slice(
                (region.start[0] + z, region.start[1], region.start[2]),
                labels[z],
                None if channels is None else channels[:, z],
            )

    @property
    def objects(self) -> int:
        """How many objects there were so far."""
        return len(self._ids)

    @property
    def left_out(self) -> str:
        """A sentence on values inside objects that are infinite or no number, else nothing."""
        count = self._not_finite
        return f"{count} values inside objects are no numbers; means leave them out." if count else ""

    def rows(self, class_of: Mapping[int, str] | str = "") -> Iterator[ObjectRow]:
        """The measurements so far, one by one in order of the objects' numbers."""
        border = self._touches_border()
        unit_volume = self._voxel_size.voxel_volume if self._voxel_size.known else 1.0
        if self._shape[0] == 1 and self._voxel_size.known:
            unit_volume = self._voxel_size.y * self._voxel_size.x
        for i, number in enumerate(self._ids.tolist()):
            voxels = int(self._sums[i, 0])
            z, y, x = (self._sums[i, 1:] / voxels).tolist()
            name = class_of if isinstance(class_of, str) else class_of.get(number, "")
            low, high = self._low[i].tolist(), (self._high[i] + 1).tolist()
            box = Region((low[0], low[1], low[2]), (high[0], high[1], high[2]))
            grey = tuple(_mean(total, count) for total, count in zip(self._grey[i], self._finite[i], strict=True))
            yield ObjectRow(number, name, voxels, voxels * unit_volume, (z, y, x), box, grey, bool(border[i]))

    def _add_slice(self, start: Index3, labels: NDArray[Any], channels: NDArray[Any] | None) -> None:
        at = np.flatnonzero(labels)
        if channels is not None and self._grey.shape[1] == 0:
            self._grey = np.zeros((len(self._ids), channels.shape[0]))
            self._finite = np.zeros((len(self._ids), channels.shape[0]))
        if at.size == 0:
            return
        ids, local = fastremap.unique(labels.reshape(-1)[at], return_inverse=True)
        rows = self._rows_of(ids.astype(np.int64))
        y, x = np.divmod(at, labels.shape[1])
        counts = np.bincount(local).astype(np.float64)
        self._sums[rows, 0] += counts
        self._sums[rows, 1] += counts * start[0]
        for axis, position in ((1, y), (2, x)):
            self._sums[rows, axis + 1] += np.bincount(local, position) + counts * start[axis]
            low = np.full(ids.size, np.iinfo(np.int64).max)
            high = np.full(ids.size, -1)
            np.minimum.at(low, local, position)
            np.maximum.at(high, local, position)
            self._low[rows, axis] = np.minimum(self._low[rows, axis], low + start[axis])
            self._high[rows, axis] = np.maximum(self._high[rows, axis], high + start[axis])
        self._low[rows, 0] = np.minimum(self._low[rows, 0], start[0])
        self._high[rows, 0] = np.maximum(self._high[rows, 0], start[0])
        for c in range(0 if channels is None else channels.shape[0]):
            values = np.asarray(channels)[c].reshape(-1)[at].astype(np.float64)
            finite = np.isfinite(values)
            self._not_finite += int(values.size - np.count_nonzero(finite))
            self._grey[rows, c] += np.bincount(local, np.where(finite, values, 0.0))
            self._finite[rows, c] += np.bincount(local, finite)

    def _rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Rows of sorted ids in the tables, which grow as needed."""
        new = ids[~np.isin(ids, self._ids, assume_unique=True)]
        if new.size:
            where = np.searchsorted(self._ids, new)
            self._ids = np.insert(self._ids, where, new)
            self._sums = np.insert(self._sums, where, 0.0, axis=0)
            self._low = np.insert(self._low, where, np.iinfo(np.int64).max, axis=0)
            self._high = np.insert(self._high, where, -1, axis=0)
            self._grey = np.insert(self._grey, where, 0.0, axis=0)
            self._finite = np.insert(self._finite, where, 0.0, axis=0)
        return np.searchsorted(self._ids, ids)

    def _touches_border(self) -> NDArray[np.bool_]:
        axes = [1, 2] if self._shape[0] == 1 else [0, 1, 2]
        last = np.asarray(self._shape)[axes] - 1
        return np.asarray((self._low[:, axes] == 0).any(axis=1) | (self._high[:, axes] == last).any(axis=1))


def _mean(total: float, count: float) -> float:
    return float(total / count) if count else math.nan


def table_columns(
    voxel_size: VoxelSize, channels: int, *, flat: bool = False, several_times: bool = False
) -> list[str]:
    """Names of the columns of the object table.

    Args:
        voxel_size: Its unit goes into the name of the size column.
        channels: Number of image channels measured.
        flat: Whether the image is a single slice: then the size is an area.
        several_times: Whether the rows are of several time points: their number stands in front.
    """
    size = ("area", "²") if flat else ("volume", "³")
    unit = f"{voxel_size.unit}{size[1]}" if voxel_size.known else "voxels"
    grey = ["mean_intensity"] if channels == 1 else [f"mean_intensity_{c + 1}" for c in range(channels)]
    return [
        *(["time"] if several_times else []),
        "id", "class", "voxels", f"{size[0]} ({unit})", "centroid_z", "centroid_y", "centroid_x",
        "box_z_start", "box_y_start", "box_x_start", "box_z_stop", "box_y_stop", "box_x_stop",
        *grey, "touches_border",
    ]  # fmt: skip


def table_rows(rows: Iterable[ObjectRow], columns: list[str], time: int | None = None) -> Iterator[dict[str, Any]]:
    """Measurements as rows of the table with ``columns`` of ``table_columns``.

    Whole numbers are whole, others have 7 digits. ``time`` is the time point, counted from 0; tables count from 1.
    """
    for row in rows:
        values = (
            *(() if time is None else (time + 1,)), row.id, row.class_name, row.voxels, _shown(row.volume),
            *(round(c, 3) for c in row.centroid), *row.box.start, *row.box.stop,
            *(_shown(g) for g in row.mean_intensity), "yes" if row.touches_border else "no",
        )  # fmt: skip
        yield dict(zip(columns, values, strict=True))


def _shown(value: float) -> float | int:
    """A measured value as it stands in tables: 7 digits, the precision of single floats; whole numbers whole."""
    return int(value) if float(value).is_integer() else float(f"{value:.7g}")
