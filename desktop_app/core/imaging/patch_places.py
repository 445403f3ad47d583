"""Places for small pictures: spread over a volume at random, side by side, or around marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.imaging.voxel_size import VoxelSize

_CUBIC = 1.25  # longest by shortest edge of a voxel; up to here all three planes look alike, by eye
# Places tried along a row and in a slice: bounds memory in huge images, and is far more than anybody labels.
_MOST_IN_A_ROW, _MOST_IN_A_SLICE = 64, 4096


@dataclass(frozen=True, slots=True)
class PatchPlace:
    """Where a patch lies.

    Attributes:
        plane: The plane that it shows.
        region: Its voxels, one thick along the depth of the plane unless neighbouring slices belong to it.
    """

    plane: Plane
    region: Region

    @property
    def first_slice(self) -> int:
        """Along the depth of its plane."""
        return self.region.start[self.plane.depth_axis]

    @property
    def slices(self) -> int:
        """How many it has along the depth of its plane."""
        return self.region.shape[self.plane.depth_axis]

    def with_neighbours(self, count: int, shape: Index3) -> PatchPlace:
        """The same with ``count`` more slices on both sides, as far as a volume of ``shape`` (Z, Y, X) reaches."""
        start, stop, depth = list(self.region.start), list(self.region.stop), self.plane.depth_axis
        start[depth], stop[depth] = max(0, start[depth] - count), min(shape[depth], stop[depth] + count)
        return PatchPlace(self.plane, Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))

    def name(self, shape: Index3) -> str:
        """Plane and first voxel, such as ``xy_z012_y0256_x0512``; as many digits as a volume of ``shape`` needs.

        Single pictures have no plane and no depth to tell: ``y0256_x0512``.
        """
        depth, *parts = [
            f"{axis}{start:0{len(str(length - 1))}d}"
            for axis, start, length in zip("zyx", self.region.start, shape, strict=True)
        ]
        return "_".join(parts if shape[0] == 1 else (self.plane.value, depth, *parts))


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the depth of a volume, from which some patches are wanted.

    Attributes:
        plane: The plane of its patches.
        wanted: How many.
        places: All places for patches, in random order; no two of them, here or in other strata of the plane, overlap.
    """

    plane: Plane
    wanted: int
    places: Iterator[PatchPlace]


def planes_of(
    shape: Index3, voxel_size: VoxelSize, size: int, choice: Literal["auto", "xy", "all"]
) -> tuple[Plane, ...]:
    """The planes to take patches from.

    Args:
        shape: (Z, Y, X); single pictures have xy alone.
        voxel_size: Edges of a voxel.
        size: Edge of a patch, px.
        choice: ``auto`` takes all three where voxels are known to be cubic, within a quarter, and patches from the side
            are as large as those from above.
    """
    if shape[0] == 1 or choice == "xy":
        return (Plane.XY,)
    cubic = voxel_size.known and max(voxel_size.zyx) <= _CUBIC * min(voxel_size.zyx)
    if choice == "all" or (cubic and shape[0] >= min(size, *shape[1:])):
        return (Plane.XY, Plane.XZ, Plane.YZ)
    return (Plane.XY,)


def patch_voxel_size(voxel_size: VoxelSize, plane: Plane) -> VoxelSize:
    """The size of a pixel of a picture of ``plane``, whose slice distance is the depth of the plane."""
    edges = voxel_size.zyx
    return VoxelSize(
        z=edges[plane.depth_axis], y=edges[plane.row_axis], x=edges[plane.column_axis],
        unit=voxel_size.unit, known=voxel_size.known,
    )  # fmt: skip


def place_at(plane: Plane, start: Index3, rows: int, columns: int, slices: int = 1) -> PatchPlace:
    """The place of ``rows`` by ``columns`` pixels whose first voxel is ``start``."""
    depth, row, column = start[plane.depth_axis], start[plane.row_axis], start[plane.column_axis]
    return PatchPlace(plane, Region(start, plane.to_voxel(row + rows, column + columns, depth + slices)))


def strata(
    shape: Index3, plane: Plane, number: int, size: int, rng: np.random.Generator, taken: Sequence[PatchPlace] = ()
) -> list[Stratum]:
    """Divide the depth of a volume evenly among the patches wanted of one plane.

    Args:
        shape: (Z, Y, X).
        plane: The plane.
        number: Patches wanted; there may be room for fewer.
        size: Edge of a patch, px; where the image is smaller, a patch is as large as the image.
        rng: The same state gives the same places.
        taken: Places that no other patch of their plane may overlap.
    """
    depth = shape[plane.depth_axis]
    count = min(number, depth)
    if count == 0:
        return []
    edges = [depth * i // count for i in range(count + 1)]
    seeds = rng.spawn(count)
    boxes = [place.region for place in taken if place.plane is plane]

    def free(place: PatchPlace) -> bool:
        return all(place.region.intersect(box).empty for box in boxes)

    return [
        Stratum(plane, wanted, filter(free, _places(shape, plane, range(edges[i], edges[i + 1]), size, seeds[i])))
        for i, wanted in enumerate(shares(number, count))
    ]


def grid(
    shape: Index3, plane: Plane, number: int, size: int, taken: Sequence[PatchPlace] = (), thick: int = 1
) -> list[Stratum]:
    """Places side by side in as few slices as they need, which lie evenly apart.

    Args:
        shape: (Z, Y, X).
        plane: The plane.
        number: Patches wanted; there may be room for fewer.
        size: Edge of a patch, px; where the image is smaller, a patch is as large as the image.
        taken: Places that no other patch of their plane may overlap.
        thick: Slices of a patch, so that those of one slice do not reach into the next.
    """
    rows, columns = plane.shape_of(shape)
    height, width = min(size, rows), min(size, columns)
    corners = [(r, c) for r in range(0, rows - height + 1, height) for c in range(0, columns - width + 1, width)]
    slices = min(-(-number // len(corners)), max(1, shape[plane.depth_axis] // thick)) if number else 0
    depths = [shape[plane.depth_axis] * (2 * i + 1) // (2 * slices) for i in range(slices)]
    boxes = [place.region for place in taken if place.plane is plane]
    places = (place_at(plane, plane.to_voxel(r, c, depth), height, width) for depth in depths for r, c in corners)
    free = (place for place in places if all(place.region.intersect(box).empty for box in boxes))
    return [Stratum(plane, number, free)] if number else []


def around(shape: Index3, plane: Plane, mark: Index3, size: int) -> Stratum:
    """The one place with a voxel in its middle, or as near to it as the border of the volume allows."""
    row, column, depth = plane.from_voxel(mark)
    spans = []
    for middle, length in zip((row, column), plane.shape_of(shape), strict=True):
        edge = min(size, length)
        spans.append((min(max(0, middle - edge // 2), length - edge), edge))
    (top, height), (left, width) = spans
    return Stratum(plane, 1, iter([place_at(plane, plane.to_voxel(top, left, depth), height, width)]))


def shares(number: int, parts: int) -> list[int]:
    """``number`` as ``parts`` numbers that differ by 1 at most."""
    return [number * (i + 1) // parts - number * i // parts for i in range(parts)]


def _places(shape: Index3, plane: Plane, depths: range, size: int, rng: np.random.Generator) -> Iterator[PatchPlace]:
    """One place of each slice in random order, then a second one of each, until there is no more room."""
    order = [depths[int(i)] for i in rng.permutation(len(depths))]
    room = _Slice.room(plane.shape_of(shape), size)
    slices: dict[int, _Slice] = {}
    for turn in range(room):
        for depth in order:
            if depth not in slices:
                slices[depth] = _Slice.divided(plane.shape_of(shape), size, rng)
            rows, columns = slices[depth].box(turn)
            start = plane.to_voxel(rows.start, columns.start, depth)
            yield place_at(plane, start, len(rows), len(columns))


@dataclass(frozen=True, slots=True)
class _Slice:
    """A slice with as many patches in it as fit side by side, pushed about at random.

    Attributes:
        height: Of a patch.
        width: Of a patch.
        rows: First row of each row of patches.
        columns: First columns (rows of patches, patches in a row).
        order: The patches, counted row by row, in random order.
    """

    height: int
    width: int
    rows: list[int]
    columns: list[list[int]]
    order: list[int]

    @staticmethod
    def room(shape: tuple[int, int], size: int) -> int:
        """How many patches fit into a slice (rows, columns)."""
        rows, columns = _counts(shape, size)
        return rows * columns

    @classmethod
    def divided(cls, shape: tuple[int, int], size: int, rng: np.random.Generator) -> _Slice:
        """A slice (rows, columns) cut up."""
        height, width = min(size, shape[0]), min(size, shape[1])
        count, in_a_row = _counts(shape, size)
        rows = _starts(shape[0], height, count, rng)
        columns = [_starts(shape[1], width, in_a_row, rng) for _ in rows]
        order = [int(i) for i in rng.permutation(count * in_a_row)]
        return cls(height, width, rows, columns, order)

    def box(self, turn: int) -> tuple[range, range]:
        """Rows and columns of a patch."""
        row, column = divmod(self.order[turn], len(self.columns[0]))
        top, left = self.rows[row], self.columns[row][column]
        return range(top, top + self.height), range(left, left + self.width)


def _counts(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Rows of patches, and patches in a row, that fit side by side: one at least, and no more than anybody asks for."""
    rows, columns = max(1, shape[0] // size), max(1, shape[1] // size)
    return _capped(rows, columns), _capped(columns, rows)


def _capped(count: int, across: int) -> int:
    return min(count, max(_MOST_IN_A_ROW, _MOST_IN_A_SLICE // min(across, _MOST_IN_A_ROW)))


def _starts(length: int, edge: int, count: int, rng: np.random.Generator) -> list[int]:
    """First positions of ``count`` pieces of ``edge`` within ``length``, with random gaps between them."""
    gaps = np.sort(rng.integers(0, length - count * edge + 1, count))
    return [int(gap) + i * edge for i, gap in enumerate(gaps)]
