from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging.camera import Camera, first_camera
from desktop_app.core.imaging.label_colors import color_table
from desktop_app.objects.projection import brightest, cloud, objects_and_depth

SPACING = (3.0, 1.0, 1.0)
SHAPE = (12, 40, 50)
EXTENT = (36.0, 40.0, 50.0)
SIZE = (160, 120)


def spot(at: tuple[int, int, int], reach: int = 1) -> np.ndarray:
    volume = np.zeros(SHAPE, np.uint8)
    volume[tuple(slice(a - reach, a + reach + 1) for a in at)] = 200
    return volume


def middle_of(picture: np.ndarray) -> np.ndarray:
    """Pixels to the right of the middle of the picture and below it."""
    rows, columns = np.nonzero(picture)
    return np.array([columns.mean() - (SIZE[0] - 1) / 2, rows.mean() - (SIZE[1] - 1) / 2])


@settings(max_examples=40, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4), st.tuples(st.integers(2, 9), st.integers(2, 37), st.integers(2, 47)))
def test_a_spot_is_where_the_camera_sees_it(across: float, along: float, at: tuple[int, int, int]) -> None:
    camera = first_camera(EXTENT, SIZE).turned(across, along)
    expected = camera.to_picture((np.array([at]) + 0.5) * SPACING)[0, :2]
    near = 1.5 * camera.scale + 1
    np.testing.assert_allclose(middle_of(brightest(spot(at), SPACING, camera, SIZE) > 40), expected, atol=near)
    objects, _ = objects_and_depth(spot(at).astype(np.uint16), SPACING, camera, SIZE, color_table())
    np.testing.assert_allclose(middle_of(objects[..., 3]), expected, atol=near)


def test_the_brightest_voxel_is_seen_through_all_others() -> None:
    volume = np.full(SHAPE, 50, np.uint8)
    volume[6, 20, 25] = 220
    picture = brightest(volume, SPACING, first_camera(EXTENT, SIZE), SIZE)
    assert picture.max() > 120
    assert np.median(picture[picture > 0]) == 50


@pytest.mark.parametrize(("forward", "seen"), [((1.0, 0.0, 0.0), 1), ((-1.0, 0.0, 0.0), 2)])
def test_the_nearer_object_hides_the_other(forward: tuple[float, float, float], seen: int) -> None:
    rows = np.zeros(SHAPE, np.uint16)
    rows[2, 10:30, 10:40], rows[9, 10:30, 10:40] = 1, 2
    right = (0.0, 0.0, 1.0) if forward[0] > 0 else (0.0, 0.0, -1.0)
    camera = Camera(right, (0.0, 1.0, 0.0), forward, (18.0, 20.0, 25.0), 2.0)
    picture, _ = objects_and_depth(rows, SPACING, camera, SIZE, color_table())
    red, green, blue, opaque = picture[60, 80].astype(float)
    color = color_table()[seen, :3].astype(float)
    assert opaque == 255
    np.testing.assert_allclose(np.array([red, green, blue]) / max(red, green, blue), color / color.max(), atol=0.03)


def test_transparent_objects_are_looked_through() -> None:
    rows = np.zeros(SHAPE, np.uint16)
    rows[2, 10:30, 10:40] = 1
    colors = color_table()
    colors[1, 3] = 0
    assert objects_and_depth(rows, SPACING, first_camera(EXTENT, SIZE), SIZE, colors)[0].max() == 0


def test_a_cloud_is_dense_where_it_is_bright_and_hides_what_is_behind() -> None:
    volume = np.zeros(SHAPE, np.uint8)
    volume[1:4, 10:30, 10:40] = 255
    volume[8:11, 10:30, 10:40] = 90
    fronts = []
    for forward in (1.0, -1.0):
        camera = Camera((0.0, 0.0, forward), (0.0, 1.0, 0.0), (forward, 0.0, 0.0), (18.0, 20.0, 25.0), 2.0)
        light, dense = cloud(volume, SPACING, camera, SIZE)
        assert (light[0, 0], dense[0, 0]) == (0, 0), "nothing is seen through"
        fronts.append(float(light[60, 80]) / dense[60, 80])
    assert fronts[0] > 0.99, "the bright layer in front lets nothing of the dim one through"
    assert fronts[1] < fronts[0]
    dim = cloud(volume // 5, SPACING, first_camera(EXTENT, SIZE), SIZE)[1]
    assert 0 < dim.max() < 100


def test_a_cloud_lies_where_the_brightest_voxels_do() -> None:
    camera = first_camera(EXTENT, SIZE).turned(0.4, 0.2)
    at = (6, 12, 33)
    np.testing.assert_allclose(
        middle_of(cloud(spot(at), SPACING, camera, SIZE)[1] > 40),
        middle_of(brightest(spot(at), SPACING, camera, SIZE) > 40), atol=2,
    )  # fmt: skip


def test_how_far_away_objects_are_is_in_units() -> None:
    rows = np.zeros(SHAPE, np.uint16)
    rows[4, 10:30, 10:40] = 1
    camera = Camera(center=(18.0, 20.0, 25.0), scale=2.0)
    depth = objects_and_depth(rows, SPACING, camera, SIZE, color_table())[1]
    assert depth[60, 80] == pytest.approx(4 * SPACING[0], abs=SPACING[0])
    assert np.isinf(depth[0, 0])
