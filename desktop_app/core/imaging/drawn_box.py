"""Sizes that follow from a box drawn around a small object: objects clearly smaller than that are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic.fields import FieldInfo

from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.voxel_size import VoxelSize

BoxSize: TypeAlias = Literal["volume", "area", "extent"]
_SHARE = 0.4
"""Of the box, in voxels or pixels: a ball fills 0.52 of its box and a disc 0.79, and the smallest object may be a
little smaller than the one that was drawn around. The advice of empanada is half of the box, less a few hundred."""


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box around an object.

    Attributes:
        edges: (z, y, x) in voxels; the one that was not drawn is as long as the mean of the other two.
        anisotropy: Slice distance over pixel width.
        flat: Whether the image is a single slice.
    """

    edges: tuple[int, int, int]
    anisotropy: float = 1.0
    flat: bool = False

    @classmethod
    def of(cls, drawn: Region, voxel_size: VoxelSize, *, flat: bool) -> DrawnBox:
        """From a rectangle in one slice, as thick as one voxel.

        Args:
            drawn: The rectangle.
            voxel_size: Of the image: the third edge is as long in its unit, or in voxels where it is not known.
            flat: Whether the image is a single slice.
        """
        lengths = drawn.shape
        if flat:
            return cls(lengths, flat=True)
        size = voxel_size.zyx if voxel_size.known else (1.0, 1.0, 1.0)
        across = lengths.index(1)
        others = [axis for axis in range(3) if axis != across]
        mean = sum(lengths[axis] * size[axis] for axis in others) / 2
        z, y, x = (max(1, round(mean / size[axis])) if axis == across else lengths[axis] for axis in range(3))
        return cls((z, y, x), size[0] / size[2])

    def size(self, kind: BoxSize, scales: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> int:
        """The smallest size that follows: voxels, pixels of a slice, or the length of an edge in pixels of a slice.

        Args:
            kind: Which of these.
            scales: How many voxels (z, y, x) of the image count as one.
        """
        z, y, x = (edge / scale for edge, scale in zip(self.edges, scales, strict=True))
        if kind == "extent":
            edges = (y, x) if self.flat else (z * self.anisotropy, y, x)
            return max(0, round(min(edges)) - 1)
        return round(_SHARE * (y * x if kind == "area" or self.flat else z * y * x))

    def words(self) -> str:
        """What the box is."""
        z, y, x = self.edges
        return f"A box of {x} × {y} px." if self.flat else f"A box of {x} × {y} × {z} voxels (x, y, z)."


def box_fields(fields: Mapping[str, FieldInfo]) -> dict[str, BoxSize]:
    """Which of these parameters a drawn box sets, and to what."""
    found: dict[str, BoxSize] = {}
    for name, field in fields.items():
        extra: Any = field.json_schema_extra
        if isinstance(extra, dict) and "box" in extra:
            found[name] = extra["box"]
    return found
