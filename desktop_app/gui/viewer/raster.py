"""Pictures and labels as images to draw: only what is seen, at the resolution of the screen."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import TABLE_SIZE, folded
from desktop_app.core.imaging.look import Shading
from desktop_app.core.labelling.layers import LabelStyle
from desktop_app.gui.viewer.color_maps import shaded
from desktop_app.gui.viewer.geometry import Box2, Grid

_OPAQUE = 0xFF000000
"""Opacity of 255 in 0xAARRGGBB."""


def sampled(picture: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """The samples of a tile; rows and columns first, further axes stay."""
    box = grid.box
    tile = picture[box.top : box.bottom : grid.step[0], box.left : box.right : grid.step[1]]
    if grid.zoom[0] > 1:
        tile = np.repeat(tile, grid.zoom[0], axis=0)
    if grid.zoom[1] > 1:
        tile = np.repeat(tile, grid.zoom[1], axis=1)
    return tile


def averaged(picture: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """As ``sampled``, but each sample is the mean of the pixels it stands for; same dtype, rows and columns."""
    box, (down, across) = grid.box, grid.step
    rows, columns = (box.bottom - box.top) // down, (box.right - box.left) // across
    if not grid.coarse or rows == 0 or columns == 0:
        return sampled(picture, grid)
    exact = np.issubdtype(picture.dtype, np.integer)
    wide = np.uint32 if picture.dtype in (np.uint8, np.uint16) else np.int64 if exact else np.float64
    total = np.zeros((rows, columns, *picture.shape[2:]), wide)
    for row in range(down):
        for column in range(across):
            part = picture[box.top + row : box.bottom : down, box.left + column : box.right : across]
            total += part[:rows, :columns]
    mean = total // (down * across) if exact else total / (down * across)
    tile = sampled(picture, grid).copy()
    tile[:rows, :columns] = mean
    return tile


@lru_cache(maxsize=16)  # tables: more looks than are on the screen at once
def _shade_table(levels: int, shading: Shading) -> NDArray[np.uint32]:
    """0xFFRRGGBB of each of the first ``levels`` grey values."""
    values = np.arange(levels, dtype=np.uint16 if levels > 256 else np.uint8)
    return _packed(shaded(values, shading))


def _packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """0xFFRRGGBB of colours (…, 3)."""
    red, green, blue = (rgb[..., c].astype(np.uint32) for c in range(3))
    return np.asarray(_OPAQUE | (red << 16) | (green << 8) | blue, dtype=np.uint32)


def picture_pixels(picture: NDArray[Any], shading: Shading, grid: Grid, *, average: bool = False) -> NDArray[np.uint32]:
    """0xFFRRGGBB of a tile of a grey (rows, columns) or colour (rows, columns, 3) picture.

    Args:
        picture: Grey values or colours.
        shading: From grey values to colours; of colours each component has its contrast and curve, and no other map.
        grid: The tile.
        average: Whether samples are means of the pixels they stand for: slower, and less noisy.
    """
    tile = averaged(picture, grid) if average else sampled(picture, grid)
    if tile.dtype not in (np.uint8, np.uint16):
        tile, shading = shading.places(np.ascontiguousarray(tile)), Shading(Window(0, 255), shading.color)
    levels = np.iinfo(tile.dtype).max + 1
    if tile.ndim == 3:
        table = _shade_table(levels, replace(shading, color="grey")) & 255
        red, green, blue = (np.take(table, tile[..., c], mode="clip") for c in range(3))
        return np.asarray(_OPAQUE | (red << 16) | (green << 8) | blue, dtype=np.uint32)
    return np.take(_shade_table(levels, shading), tile, mode="clip")


def added(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Two pictures of 0xFFRRGGBB added up, into ``first``; what would be brighter than white stays white."""
    left, right = first.view(np.uint8), second.view(np.uint8)
    np.minimum(right, ~left, out=right)
    np.add(left, right, out=left)
    return first


def argb_table(rgba: NDArray[np.uint8], opacity: float = 1.0) -> NDArray[np.uint32]:
    """A colour table (n, 4) RGBA as premultiplied 0xAARRGGBB, made fainter by ``opacity``."""
    wide = rgba.astype(np.uint32)
    alpha = np.round(wide[:, 3] * opacity).astype(np.uint32)
    red, green, blue = (wide[:, c] * alpha // 255 for c in range(3))
    return np.asarray((alpha << 24) | (red << 16) | (green << 8) | blue, dtype=np.uint32)


def colored(labels: NDArray[np.uint32], table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Premultiplied ARGB of each label."""
    if labels.size and int(labels.max()) >= TABLE_SIZE:
        return np.take(table, folded(labels), mode="clip")
    return np.take(table, labels, mode="clip")


def outline(labels: NDArray[np.uint32], width: int) -> NDArray[np.bool_]:
    """The samples of labels that lie within ``width`` samples of another label, above, below, left or right."""
    edge = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        for shift in range(1, min(width, labels.shape[axis] - 1) + 1):
            ahead = [slice(None), slice(None)]
            behind = [slice(None), slice(None)]
            ahead[axis], behind[axis] = slice(shift, None), slice(None, -shift)
            differ = labels[tuple(ahead)] != labels[tuple(behind)]
            edge[tuple(ahead)] |= differ
            edge[tuple(behind)] |= differ
    return edge & (labels != 0)


def label_pixels(
    labels: NDArray[np.uint32], table: NDArray[np.uint32], style: LabelStyle, grid: Grid, line: int, only: int = 0
) -> NDArray[np.uint32]:
    """Premultiplied ARGB of a tile of labels (rows, columns).

    Args:
        labels: The whole picture.
        table: Of colours, by folded label.
        style: Filled, outlined, or striped and outlined.
        grid: The tile.
        line: Width of outlines in samples.
        only: The single label to draw; 0 draws all.
    """
    tile = np.ascontiguousarray(sampled(labels, grid))
    if only:
        tile = np.where(tile == only, tile, np.uint32(0))
    if style is LabelStyle.FILLED:
        return colored(tile, table)
    drawn = outline(tile, line)
    if style is LabelStyle.STRIPED:
        rows = np.arange(tile.shape[0])[:, None] + grid.box.top * grid.zoom[0] // grid.step[0]
        columns = np.arange(tile.shape[1])[None, :] + grid.box.left * grid.zoom[1] // grid.step[1]
        drawn |= (rows + columns) % (6 * line) < 2 * line  # a stripe and twice as much between; by eye
    pixels = np.zeros(tile.shape, np.uint32)
    places = np.flatnonzero(drawn)  # few: looking up their colours alone is three times faster than all
    pixels.reshape(-1)[places] = colored(tile.reshape(-1)[places], table)
    return pixels


def patch_box(box: Box2, grid: Grid, line: int) -> Box2:
    """The part of the tile's picture rectangle to draw anew when the pixels in ``box`` changed, on whole samples.

    Outlines reach over the changed pixels, so the rectangle grows by their width.
    """
    rows, columns = (line // z + 1 for z in grid.zoom)
    wide = box.grown(rows * grid.step[0], columns * grid.step[1]).intersect(grid.box)
    top = grid.box.top + (wide.top - grid.box.top) // grid.step[0] * grid.step[0]
    left = grid.box.left + (wide.left - grid.box.left) // grid.step[1] * grid.step[1]
    return Box2(top, left, wide.bottom, wide.right)
