"""A slice as a picture with square pixels: grey values in colours, labels over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.label_colors import color_table, folded
from desktop_app.core.imaging.look import Shading
from desktop_app.core.imaging.overlay import outline
from desktop_app.core.imaging.region import Plane, Region
from desktop_app.core.imaging.volume import Volume, squeeze_slab


@dataclass(frozen=True, slots=True)
class DrawnChannel:
    """A channel that is drawn.

    Attributes:
        number: Of the channel, from 0.
        shading: From grey values to places in ``colors``.
        colors: RGB (256, 3) uint8 from dark to bright.
    """

    number: int
    shading: Shading
    colors: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DrawnLabels:
    """Labels that are drawn over it.

    Attributes:
        volume: The labels.
        colors: Table RGBA (see ``color_table``); transparent ones are not drawn.
        opacity: Of what is inside of the outlines, 0 to 1.
    """

    volume: Volume
    colors: NDArray[np.uint8]
    opacity: float

    @classmethod
    def usual(cls, volume: Volume, opacity: float) -> DrawnLabels:
        """In the usual colours."""
        return cls(volume, color_table(), opacity)


def slice_picture(
    volume: Volume, plane: Plane, depth: int, channels: tuple[DrawnChannel, ...], labels: DrawnLabels | None,
    longest: int,
) -> NDArray[np.uint8]:  # fmt: skip
    """A slice as RGB (height, width, 3) uint8 with square pixels, nearest voxels taken.

    Args:
        volume: The image.
        plane: Which way it is cut.
        depth: Number of the slice.
        channels: Added up; the red, green and blue of a colour picture are channels in these colours.
        labels: Drawn over it; None without.
        longest: The longer edge, in pixels.
    """
    rows, columns = picture_places(volume, plane, longest)
    light = np.zeros((len(rows), len(columns), 3), np.uint16)
    for channel in channels:
        picture = volume.plane(plane, depth, channel.number)[np.ix_(rows, columns)]
        light += channel.colors[channel.shading.places(picture)]
    found = np.minimum(light, 255).astype(np.uint8)
    if labels is None:
        return found
    slab: Region = plane.slab(volume.shape, depth)
    shown = squeeze_slab(labels.volume.read(slab), plane)[np.ix_(rows, columns)].astype(np.uint32)
    return _over(found, shown, labels)


def picture_places(volume: Volume, plane: Plane, longest: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which row and which column of a slice each row and column of a picture of ``longest`` pixels shows."""
    size = volume.voxel_size.zyx if volume.voxel_size.known else (1.0, 1.0, 1.0)
    shape = plane.shape_of(volume.shape)
    edges = shape[0] * size[plane.row_axis], shape[1] * size[plane.column_axis]
    pixels = [max(1, round(longest * edge / max(edges))) for edge in edges]
    rows, columns = (
        ((np.arange(count) + 0.5) * (length / count)).astype(np.intp)
        for count, length in zip(pixels, shape, strict=True)
    )
    return rows, columns


def _over(picture: NDArray[np.uint8], labels: NDArray[np.unsignedinteger], look: DrawnLabels) -> NDArray[np.uint8]:
    colors = look.colors[folded(labels)]
    strength = np.where(labels > 0, np.float32(look.opacity), np.float32(0))
    strength[outline(labels)] = 1.0
    strength[colors[..., 3] == 0] = 0.0
    light = picture.astype(np.float32)
    return np.rint(light + (colors[..., :3] - light) * strength[..., None]).astype(np.uint8)
