"""One row of measurements per object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.imaging.region import Index3
from desktop_app.objects.grey_sums import Grey, GreySums
from desktop_app.objects.neighbours import Neighbourhood
from desktop_app.objects.outlines import Outline
from desktop_app.objects.row_runs import RowRuns

_OF_A_VOXEL = 1 / 12
"""Second moment of a box of edge 1 about its middle: a voxel is no point, and a plate one voxel thick is no plane."""
_SOLID = 5.0  # second moment of a solid ellipsoid along an axis is the half axis squared over 5
_FLAT = 4.0  # of an ellipse over 4
_AT_ONCE = 2**18  # voxels of whole slices: what is made of them stays in the processor's cache
_ROWS_AT_ONCE = 4096  # objects: their numbers become Python's so many together, and not all of a large image's
_PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))  # axes (z, y, x) of the six second moments


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
        grey: One per image channel; empty without an image.
        touches_border: Whether it may go on outside the image. z counts only in volumes.
        axes: Lengths of the axes, the longest first, of the ellipsoid with the same second moments (an ellipse for a
            single slice, whose third axis is 0), in units.
        outline: Surface and diameter; None where they were not measured.
        neighbourhood: Which objects are near; None where they were not looked for.
        confidence: How sure the model was, 0 to 1; None where nobody says so.
    """

    id: int
    class_name: str
    voxels: int
    volume: float
    centroid: tuple[float, float, float]
    box: Region
    grey: tuple[Grey, ...]
    touches_border: bool
    axes: tuple[float, float, float] = (0.0, 0.0, 0.0)
    outline: Outline | None = None
    neighbourhood: Neighbourhood | None = None
    confidence: float | None = None


def measure(
    labels: NDArray[Any],
    image: NDArray[Any] | None = None,
    voxel_size: VoxelSize | None = None,
    class_of: Mapping[int, str] | str = "",
) -> list[ObjectRow]:
    """Measure size, place and grey values of all objects, in order of their numbers.

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

    Voxels are added run by run, so that the way a volume is cut into whole slices makes no difference to the last
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
        self._squares = np.zeros((0, len(_PAIRS)))
        self._low = np.zeros((0, 3), np.int64)
        self._high = np.zeros((0, 3), np.int64)
        self._grey = GreySums()

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
        step = max(1, _AT_ONCE // max(1, labels.shape[1] * labels.shape[2]))
        for z in range(0, labels.shape[0], step):
            self._add_slices(
                (region.start[0] + z, region.start[1], region.start[2]),
                labels[z : z + step],
                None if channels is None else channels[:, z : z + step],
            )

    @property
    def objects(self) -> int:
        """How many objects there were so far."""
        return len(self._ids)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Their numbers, rising."""
        return self._ids

    @property
    def left_out(self) -> str:
        """A sentence on values inside objects that are infinite or no number, else nothing."""
        count = self._grey.not_finite
        values = (
            "One value inside an object is no number" if count == 1 else f"{count} values inside objects are no numbers"
        )
        return f"{values}; means leave {'it' if count == 1 else 'them'} out." if count else ""

    def centers(self) -> NDArray[np.float64]:
        """(N, 3) centres (z, y, x) of the objects so far in units of the voxel size, as ``ids`` are ordered."""
        return self._sums[:, 1:] / self._sums[:, :1] * np.asarray(self._voxel_size.zyx)

    def rows(
        self,
        class_of: Mapping[int, str] | str = "",
        outlines: Mapping[int, Outline] | None = None,
        neighbourhoods: Mapping[int, Neighbourhood] | None = None,
        confidence: Mapping[int, float] | None = None,
    ) -> Iterator[ObjectRow]:
        """The measurements so far, one by one in order of the objects' numbers.

        Args:
            class_of: The class name by id, or one name for all.
            outlines: By id, where they were measured.
            neighbourhoods: By id, where they were looked for.
            confidence: By id, where a model has said it.
        """
        border, axes, volume = self._touches_border(), self._axes(), self._unit_volume()
        for first in range(0, len(self._ids), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            table = zip(
                self._ids[part].tolist(),
                self._sums[part, 0].tolist(),
                (self._sums[part, 1:] / self._sums[part, :1]).tolist(),
                self._low[part].tolist(),
                (self._high[part] + 1).tolist(),
                self._grey.of_rows(part),
                border[part].tolist(),
                axes[part].tolist(),
                strict=True,
            )
            for number, voxels, (z, y, x), low, high, grey, touches, lengths in table:
                yield ObjectRow(
                    number,
                    class_of if isinstance(class_of, str) else class_of.get(number, ""),
                    int(voxels),
                    voxels * volume,
                    (z, y, x),
                    Region((low[0], low[1], low[2]), (high[0], high[1], high[2])),
                    grey,
                    touches,
                    (lengths[0], lengths[1], lengths[2]),
                    None if outlines is None else outlines.get(number),
                    None if neighbourhoods is None else neighbourhoods.get(number),
                    None if confidence is None else confidence.get(number),
                )

    def _unit_volume(self) -> float:
        """Of one voxel; its area in a single slice."""
        if not self._voxel_size.known:
            return 1.0
        return self._voxel_size.y * self._voxel_size.x if self._shape[0] == 1 else self._voxel_size.voxel_volume

    def _add_slices(self, start: Index3, labels: NDArray[Any], channels: NDArray[Any] | None) -> None:
        runs = RowRuns.of(labels).solid()
        if channels is not None:
            self._grey.begin(len(self._ids), channels.shape[0])
        if runs.values.size == 0:
            return
        ids, local = fastremap.unique(runs.values, return_inverse=True)
        rows = self._rows_of(ids.astype(np.int64))
        line, x = np.divmod(runs.begins, labels.shape[2])
        z, y = np.divmod(line, labels.shape[1])
        low = tuple(place + first for place, first in zip((z, y, x), start, strict=True))
        high = (low[0], low[1], low[2] + runs.lengths - 1)
        row = rows[local]
        for axis in range(3):
            np.minimum.at(self._low[:, axis], row, low[axis])
            np.maximum.at(self._high[:, axis], row, high[axis])
        self._add_places(rows, local, runs.lengths.astype(np.float64), *(place.astype(np.float64) for place in low))
        if channels is not None:
            inside = labels != 0
            self._grey.add(row, runs.lengths, [np.asarray(channel)[inside] for channel in channels])

    def _add_places(
        self, rows: NDArray[np.intp], local: NDArray[Any], n: NDArray[np.float64], z: NDArray[np.float64],
        y: NDArray[np.float64], x: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """First and second moments about voxel 0 of runs of ``n`` voxels that begin at (z, y, x).

        Whole numbers, so that sums are exact in any order.
        """
        sum_x = n * x + n * (n - 1) / 2
        firsts = (n, n * z, n * y, sum_x)
        squares_x = n * x * x + x * n * (n - 1) + (n - 1) * n * (2 * n - 1) / 6  # sums of 0..n-1 and of their squares
        seconds = (n * z * z, n * y * y, squares_x, n * z * y, z * sum_x, y * sum_x)
        for table, columns in ((self._sums, firsts), (self._squares, seconds)):
            for column, values in enumerate(columns):
                table[rows, column] += np.bincount(local, values)

    def _rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Rows of sorted ids in the tables, which grow as needed."""
        new = ids[~np.isin(ids, self._ids, assume_unique=True)]
        if new.size:
            where = np.searchsorted(self._ids, new)
            self._ids = np.insert(self._ids, where, new)
            self._sums = np.insert(self._sums, where, 0.0, axis=0)
            self._squares = np.insert(self._squares, where, 0.0, axis=0)
            self._low = np.insert(self._low, where, np.iinfo(np.int64).max, axis=0)
            self._high = np.insert(self._high, where, -1, axis=0)
            self._grey.insert(where)
        return np.searchsorted(self._ids, ids)

    def _axes(self) -> NDArray[np.float64]:
        """(N, 3) lengths of the axes of each object, the longest first."""
        count = self._sums[:, :1]
        middle, edges = self._sums[:, 1:] / count, np.asarray(self._voxel_size.zyx)
        spread = np.zeros((len(self._ids), 3, 3))
        for column, (a, b) in enumerate(_PAIRS):
            central = self._squares[:, column] / count[:, 0] - middle[:, a] * middle[:, b]
            central = (central + (_OF_A_VOXEL if a == b else 0.0)) * edges[a] * edges[b]
            spread[:, a, b] = spread[:, b, a] = central
        factor = _SOLID
        if self._shape[0] == 1:
            spread[:, 0, :] = spread[:, :, 0] = 0.0
            factor = _FLAT
        widths = np.linalg.eigvalsh(spread)[:, ::-1] if len(spread) else np.zeros((0, 3))
        return np.asarray(2 * np.sqrt(factor * np.maximum(widths, 0.0)))

    def _touches_border(self) -> NDArray[np.bool_]:
        axes = [1, 2] if self._shape[0] == 1 else [0, 1, 2]
        last = np.asarray(self._shape)[axes] - 1
        return np.asarray((self._low[:, axes] == 0).any(axis=1) | (self._high[:, axes] == last).any(axis=1))
