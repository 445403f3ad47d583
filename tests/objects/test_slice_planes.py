from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.camera import Camera, first_camera
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import color_table
from desktop_app.objects.scene import ThinnedScene
from desktop_app.objects.scene_drawing import draw_scene
from desktop_app.objects.slice_planes import SlicePlane, painted_slices, slice_planes

SPACING = (3.0, 1.0, 1.0)
SHAPE = (12, 40, 50)
EXTENT = (36.0, 40.0, 50.0)
SIZE = (160, 120)


def test_the_slices_through_a_voxel_are_taken() -> None:
    grey = np.arange(12 * 40 * 50, dtype=np.uint32).reshape(SHAPE).astype(np.uint8)
    planes = slice_planes(grey, SPACING, SPACING, (5, 7, 9))
    assert [plane.place for plane in planes] == [16.5, 7.5, 9.5]
    for plane, expected in zip(planes, (grey[5], grey[:, 7], grey[:, :, 9]), strict=True):
        np.testing.assert_array_equal(plane.picture, expected)
    thin = slice_planes(grey[::2, ::2, ::2], (6.0, 2.0, 2.0), SPACING, (5, 7, 9))
    np.testing.assert_array_equal(thin[1].picture, grey[::2, 6, ::2])


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(-1, 1), st.integers(0, 2), st.integers(4, 35), st.integers(4, 45))
def test_a_pixel_of_a_slice_is_where_the_camera_sees_it(
    across: float, along: float, axis: int, first: int, second: int
) -> None:
    others = [a for a in range(3) if a != axis]
    at = [first % SHAPE[others[0]], second % SHAPE[others[1]]]
    picture = np.full([SHAPE[a] for a in others], 30, np.uint8)
    picture[at[0], at[1]] = 250
    camera = first_camera(EXTENT, SIZE).turned(across, along)
    place = EXTENT[axis] / 2
    seen, depth = painted_slices((SlicePlane(axis, place, picture),), SPACING, camera, SIZE)
    there = np.zeros(3)
    there[axis] = place
    for other, index in zip(others, at, strict=True):
        there[other] = (index + 0.5) * SPACING[other]
    right, below, _ = camera.to_picture(there[None])[0]
    row, column = round(below + (SIZE[1] - 1) / 2), round(right + (SIZE[0] - 1) / 2)
    facing = abs(camera.forward[axis])
    if facing > 0.3 and 1 <= row < SIZE[1] - 1 and 1 <= column < SIZE[0] - 1:
        assert seen[row - 1 : row + 2, column - 1 : column + 2].max() > 60
        expected = float(np.dot(camera.forward, there))
        assert depth[row, column] == pytest.approx(expected, abs=3.0 / facing)


def test_what_is_nearer_is_seen() -> None:
    scene = ThinnedScene(SHAPE, SPACING)
    labels, grey = np.zeros(SHAPE, np.uint32), np.full(SHAPE, 120, np.uint8)
    labels[2, 10:20, 10:40], labels[9, 20:30, 10:40] = 1, 2
    for _ in scene.read_labels(lambda region: labels[region.slices]):
        pass
    for _ in scene.read_grey(lambda region: grey[region.slices], Window(0, 255)):
        pass
    camera = Camera(center=(18.0, 20.0, 25.0), scale=2.0)
    picture = draw_scene(scene, camera, SIZE, color_table(), image=False, slices=(6, 2, 2))
    assert np.ptp(picture[50, 80].astype(int)) > 20, "the object in front of the slice"
    assert picture[70, 80].tolist() == [120, 120, 120], "the slice in front of the object"
    alone = draw_scene(scene, camera, SIZE, color_table(), objects=False, image=False, slices=(6, 2, 2))
    assert alone[50, 80].tolist() == [120, 120, 120]
    assert alone[0, 0].tolist() == [0, 0, 0]


def test_without_an_image_there_are_no_slices() -> None:
    scene = ThinnedScene(SHAPE, SPACING)
    camera = first_camera(EXTENT, SIZE)
    assert not draw_scene(scene, camera, SIZE, color_table(), slices=(1, 1, 1)).any()
    assert Region.whole(SHAPE).size == scene.labels.size
