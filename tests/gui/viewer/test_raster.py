from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging.contrast import Window, to_uint8
from desktop_app.core.imaging.label_colors import color_of, color_table
from desktop_app.core.imaging.look import Shading
from desktop_app.core.labelling.layers import LabelStyle
from desktop_app.gui.viewer.geometry import Box2, Grid, plan_grid
from desktop_app.gui.viewer.raster import (
    argb_table,
    averaged,
    colored,
    label_pixels,
    outline,
    patch_box,
    picture_pixels,
    sampled,
)

TABLE = argb_table(color_table())
WHOLE = Grid(Box2(0, 0, 30, 40))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_grey_pictures_are_drawn_within_the_window(dtype: type) -> None:
    picture = (np.random.default_rng(0).random((30, 40)) * 250).astype(dtype)
    window = Window(20.0, 180.0)
    pixels = picture_pixels(picture, Shading(window), WHOLE)
    grey = to_uint8(picture, window)
    for shift in (0, 8, 16):
        np.testing.assert_array_equal((pixels >> shift) & 255, grey)
    assert (pixels >> 24 == 255).all()


def test_colour_pictures_keep_their_colours() -> None:
    picture = np.zeros((30, 40, 3), np.uint8)
    picture[..., 0], picture[..., 1], picture[..., 2] = 10, 20, 30
    pixels = picture_pixels(picture, Shading(Window(0, 255)), WHOLE)
    assert (pixels == 0xFF0A141E).all()


def test_not_a_number_is_black() -> None:
    picture = np.full((30, 40), np.nan, np.float32)
    assert (picture_pixels(picture, Shading(Window(0, 1)), WHOLE) == 0xFF000000).all()


@given(step=st.tuples(st.integers(1, 4), st.integers(1, 4)), zoom=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_samples_are_pixels_of_the_picture(step: tuple[int, int], zoom: tuple[int, int]) -> None:
    picture = np.arange(1200).reshape(30, 40)
    grid = Grid(Box2(4, 8, 27, 37), step, zoom)
    tile = sampled(picture, grid)
    rows = np.arange(4, 27, step[0]).repeat(zoom[0])
    columns = np.arange(8, 37, step[1]).repeat(zoom[1])
    np.testing.assert_array_equal(tile, picture[np.ix_(rows, columns)])


def test_labels_have_their_colours_also_beyond_the_table() -> None:
    labels = np.array([[0, 1, 2, 70_000, 2**32 - 1]], np.uint32)
    pixels = colored(labels, TABLE)[0]
    r, g, b = color_of(1)
    assert pixels[0] == 0
    assert pixels[1] == (255 << 24 | r << 16 | g << 8 | b)
    assert (pixels[1:] >> 24 == 255).all()


def test_faint_colours_are_premultiplied() -> None:
    colors = np.array([[0, 0, 0, 0], [200, 100, 50, 255]], np.uint8)
    assert argb_table(colors, 0.5)[1] == (128 << 24 | 200 * 128 // 255 << 16 | 100 * 128 // 255 << 8 | 50 * 128 // 255)


@settings(max_examples=50)
@given(seed=st.integers(0, 99), width=st.integers(1, 3))
def test_outlines_are_where_another_label_is_near(seed: int, width: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 3, (5, 6), dtype=np.uint32).repeat(3, 0).repeat(3, 1)
    found = outline(labels, width)
    rows, columns = labels.shape
    for r in range(rows):
        for c in range(columns):
            near = [labels[i, c] for i in range(max(0, r - width), min(rows, r + width + 1))]
            near += [labels[r, i] for i in range(max(0, c - width), min(columns, c + width + 1))]
            assert found[r, c] == (labels[r, c] != 0 and any(n != labels[r, c] for n in near))


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 99), style=st.sampled_from([LabelStyle.FILLED, LabelStyle.CONTOUR, LabelStyle.STRIPED]),
    top=st.integers(0, 29), left=st.integers(0, 39), height=st.integers(1, 8), width=st.integers(1, 8),
    scales=st.sampled_from([(0.3, 0.3), (1.0, 1.0), (4.2, 4.2), (0.6, 3.0), (7.0, 0.4)]),
)  # fmt: skip
def test_a_change_is_inside_the_rectangle_that_is_drawn_anew(
    seed: int, style: LabelStyle, top: int, left: int, height: int, width: int, scales: tuple[float, float]
) -> None:
    labels = np.random.default_rng(seed).integers(0, 4, (6, 8), dtype=np.uint32).repeat(5, 0).repeat(5, 1)
    grid = plan_grid(Box2(0, 0, 30, 40), (30, 40), scales, fine=style is not LabelStyle.FILLED)
    before = label_pixels(labels, TABLE, style, grid, 2)
    box = Box2(top, left, min(30, top + height), min(40, left + width))
    labels[box.top : box.bottom, box.left : box.right] = 9
    after = label_pixels(labels, TABLE, style, grid, 2)
    part = patch_box(box, grid, 2)
    rows = np.arange(0, 30, grid.step[0]).repeat(grid.zoom[0])
    columns = np.arange(0, 40, grid.step[1]).repeat(grid.zoom[1])
    inside = np.logical_and.outer(
        (rows >= part.top) & (rows < part.bottom), (columns >= part.left) & (columns < part.right)
    )
    assert not (before != after)[~inside].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@given(step=st.tuples(st.integers(1, 5), st.integers(1, 5)), bottom=st.integers(12, 30))
def test_averaged_samples_are_means_of_their_pixels(dtype: type, step: tuple[int, int], bottom: int) -> None:
    picture = np.random.default_rng(0).integers(0, 120, (30, 40)).astype(dtype)
    grid = Grid(Box2(0, 5, bottom, 37), step)
    tile = averaged(picture, grid)
    assert tile.shape == sampled(picture, grid).shape
    assert tile.dtype == picture.dtype
    for row in range(bottom // step[0]):
        for column in range(32 // step[1]):
            top, left = row * step[0], 5 + column * step[1]
            mean = picture[top : top + step[0], left : left + step[1]].astype(float).mean()
            assert abs(float(tile[row, column]) - mean) < 1.0
