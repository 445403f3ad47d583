from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging.camera import Camera, first_camera, whole_scale

ANGLES = st.floats(-7, 7)


@given(st.lists(st.tuples(ANGLES, ANGLES), max_size=12))
def test_turning_keeps_lengths_angles_and_the_hand(turns: list[tuple[float, float]]) -> None:
    camera = Camera()
    for across, along in turns:
        camera = camera.turned(across, along)
    np.testing.assert_allclose(camera.basis @ camera.basis.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(camera.basis) == pytest.approx(np.linalg.det(Camera().basis))


def test_what_is_near_follows_the_hand() -> None:
    """Dragging to the right moves the near side to the right, dragging down moves it down."""
    near = np.array([[-10.0, 0, 0]])
    assert Camera().turned(0.1, 0).to_picture(near)[0, 0] > 0
    assert Camera().turned(0, 0.1).to_picture(near)[0, 1] > 0


def test_panning_moves_the_picture_with_the_hand() -> None:
    camera = Camera(scale=4).turned(0.4, 0.7)
    before, after = camera.to_picture(np.zeros((1, 3))), camera.panned(20, -6).to_picture(np.zeros((1, 3)))
    np.testing.assert_allclose(after - before, [[20, -6, 0]], atol=1e-9)


def test_zooming_keeps_what_is_under_the_pointer() -> None:
    camera = Camera(scale=4, center=(5, 6, 7)).turned(0.4, 0.7)
    place = camera.ray(30, -20)
    np.testing.assert_allclose(camera.zoomed(1.7, 30, -20).to_picture(np.array([place]))[0, :2], [30, -20], atol=1e-9)


@given(ANGLES, ANGLES)
def test_all_corners_are_seen_at_first_however_it_is_turned(across: float, along: float) -> None:
    extent = (30.0, 200.0, 120.0)
    camera = first_camera(extent, (300, 200)).turned(across, along)
    corners = np.array([[z, y, x] for z in (0, 30) for y in (0, 200) for x in (0, 120)], float)
    seen = camera.to_picture(corners)
    assert np.abs(seen[:, 0]).max() <= 150
    assert np.abs(seen[:, 1]).max() <= 100


def test_zoom_has_bounds() -> None:
    extent, size = (10.0, 10.0, 10.0), (100, 100)
    whole = whole_scale(extent, size)
    assert Camera(scale=1e9).bounded(extent, size).scale == pytest.approx(64 * whole)
    assert Camera(scale=1e-9).bounded(extent, size).scale == pytest.approx(whole / 10)
    assert math.isfinite(whole_scale((0, 0, 0), (0, 0)))
