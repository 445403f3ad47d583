from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Plane, Region, VoxelSize
from desktop_app.gui.viewer.geometry import Box2, ViewState, picture_box, plan_grid, voxel_aspect

SHAPE = (14, 300, 200)
planes = st.sampled_from(list(Plane))
states = st.builds(
    ViewState,
    center=st.tuples(st.floats(0, 14), st.floats(0, 300), st.floats(0, 200)),
    scale=st.floats(0.05, 60),
    aspect=st.sampled_from([(1.0, 1.0, 1.0), (10.2, 1.0, 1.0), (0.5, 2.0, 1.0)]),
)
SIZE = (640.0, 480.0)
places = st.tuples(st.floats(0, 640), st.floats(0, 480))


@given(state=states, plane=planes, place=places)
def test_screen_and_picture_are_inverse(state: ViewState, plane: Plane, place: tuple[float, float]) -> None:
    row, column = state.to_picture(plane, *place, SIZE)
    assert state.to_screen(plane, row, column, SIZE) == pytest.approx(place, abs=1e-6)


@given(state=states, plane=planes, place=places, factor=st.floats(0.2, 5))
def test_zoom_keeps_the_place_under_the_pointer(
    state: ViewState, plane: Plane, place: tuple[float, float], factor: float
) -> None:
    before = state.to_picture(plane, *place, SIZE)
    zoomed = state.zoomed(plane, factor, *place, SIZE)
    assert zoomed.to_picture(plane, *place, SIZE) == pytest.approx(before, abs=1e-6)


@given(state=states, plane=planes, dx=st.floats(-50, 50), dy=st.floats(-50, 50))
def test_pan_moves_the_picture_with_the_pointer_and_stays_inside(
    state: ViewState, plane: Plane, dx: float, dy: float
) -> None:
    moved = state.panned(plane, dx, dy, SHAPE)
    assert all(0 <= c <= n for c, n in zip(moved.center, SHAPE, strict=True))
    large = (10_000, 10_000, 10_000)
    free = ViewState(center=(5_000, 5_000, 5_000), scale=state.scale)
    x, y = free.to_screen(plane, 5_050.0, 5_050.0, SIZE)
    assert free.panned(plane, dx, dy, large).to_screen(plane, 5_050.0, 5_050.0, SIZE) == pytest.approx((x + dx, y + dy))


@pytest.mark.parametrize("plane", list(Plane))
def test_fit_shows_all_of_the_image(plane: Plane) -> None:
    state = ViewState(aspect=(10.2, 1.0, 1.0)).fitted([(plane, SIZE)], SHAPE)
    rows, columns = plane.shape_of(SHAPE)
    assert state.visible(plane, SIZE, SHAPE) == Box2(0, 0, rows, columns)
    x0, y0 = state.to_screen(plane, 0, 0, SIZE)
    x1, y1 = state.to_screen(plane, rows, columns, SIZE)
    assert min(x0, y0) >= 0
    assert x1 <= SIZE[0]
    assert y1 <= SIZE[1]
    assert max((x1 - x0) / SIZE[0], (y1 - y0) / SIZE[1]) > 0.9


def test_proportions_are_those_of_the_voxels() -> None:
    size = VoxelSize(z=47, y=4.6, x=4.6, unit="nm")
    assert voxel_aspect(size) == pytest.approx((10.217, 1, 1), rel=1e-3)
    assert voxel_aspect(VoxelSize.unknown()) == (1, 1, 1)
    state = ViewState(aspect=voxel_aspect(size), scale=2)
    assert state.row_scale(Plane.XZ) / state.column_scale(Plane.XZ) == pytest.approx(47 / 4.6)


@given(
    top=st.integers(0, 290), left=st.integers(0, 190), height=st.integers(1, 300), width=st.integers(1, 200),
    scales=st.tuples(st.floats(0.02, 40), st.floats(0.02, 40)), fine=st.booleans(), margin=st.booleans(),
)  # fmt: skip
def test_a_tile_covers_what_is_seen_and_is_no_finer_than_the_screen(
    top: int, left: int, height: int, width: int, scales: tuple[float, float], fine: bool, margin: bool
) -> None:
    visible = Box2(top, left, min(300, top + height), min(200, left + width))
    grid = plan_grid(visible, (300, 200), scales, fine=fine, margin=margin)
    assert grid.box.covers(visible)
    assert Box2(0, 0, 300, 200).covers(grid.box)
    for step, zoom, scale, start in zip(grid.step, grid.zoom, scales, (grid.box.top, grid.box.left), strict=True):
        assert start % step == 0
        assert zoom == 1 or (fine and step == 1)
        assert step * scale <= 1.0 + 1e-9 or step == 1


def test_a_region_falls_on_its_part_of_each_plane() -> None:
    region = Region((1, 20, 300), (2, 25, 310))
    assert picture_box(Plane.XY, region) == Box2(20, 300, 25, 310)
    assert picture_box(Plane.XZ, region) == Box2(1, 300, 2, 310)
    assert picture_box(Plane.YZ, region) == Box2(20, 1, 25, 2)
