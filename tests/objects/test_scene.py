from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.camera import Camera, first_camera
from desktop_app.core.imaging.contrast import Window
from desktop_app.objects.scene import BYTES_PER_VOXEL, ThinnedScene, stride_for

SHAPE = (10, 24, 30)


@pytest.fixture
def labels() -> np.ndarray:
    array = np.zeros(SHAPE, np.uint32)
    array[2:5, 3:9, 4:10], array[6:9, 12:20, 14:24] = 4_000_000_000, 7
    return array


def loaded(labels: np.ndarray, stride: int = 1) -> ThinnedScene:
    scene = ThinnedScene(SHAPE, (2.0, 1.0, 1.0), stride)
    assert list(scene.read_labels(lambda region: labels[region.slices].copy()))[-1] == 1
    return scene


@given(st.tuples(*[st.integers(1, 3000)] * 3), st.integers(1000, 10**9))
def test_a_scene_keeps_within_its_memory(shape: tuple[int, int, int], budget: int) -> None:
    stride = stride_for(shape, budget)
    size = np.prod([-(-n // stride) for n in shape], dtype=float) * BYTES_PER_VOXEL
    assert size <= budget
    if stride > 1:
        assert np.prod([-(-n // (stride - 1)) for n in shape], dtype=float) * BYTES_PER_VOXEL > budget


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_labels_are_thinned_out_and_surfaces_stay_where_they_were(labels: np.ndarray, stride: int) -> None:
    scene = loaded(labels, stride)
    np.testing.assert_array_equal(scene.labels, labels[::stride, ::stride, ::stride])
    mesh = scene.surface(7)
    assert mesh is not None
    np.testing.assert_allclose(mesh.points.mean(axis=0), [15, 16, 19], atol=1.5 * stride)


def test_grey_values_go_from_black_to_white(labels: np.ndarray) -> None:
    scene, image = loaded(labels), np.linspace(-5, 305, np.prod(SHAPE)).reshape(SHAPE)
    image[0, 0, 0] = np.nan
    list(scene.read_grey(lambda region: image[region.slices], Window(50.0, 250.0)))
    assert scene.grey is not None
    assert (scene.grey[image <= 50] == 0).all()
    assert (scene.grey[image >= 250] == 255).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**30), st.integers(1, 3))
def test_after_any_edit_a_scene_is_as_if_read_anew(seed: int, stride: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, SHAPE).astype(np.uint32) * (rng.random(SHAPE) < 0.1)
    scene = loaded(labels, stride)
    start = [int(rng.integers(0, n)) for n in SHAPE]
    stop = [int(rng.integers(a + 1, n + 1)) for a, n in zip(start, SHAPE, strict=True)]
    region = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    before = {label: scene.surface(label) for label in (1, 2, 3)}
    labels[region.slices] = rng.integers(0, 4)
    touched = scene.change(region, lambda box: labels[box.slices].copy())
    anew = loaded(labels, stride)
    np.testing.assert_array_equal(scene.labels, anew.labels)
    np.testing.assert_array_equal(scene.rows, anew.rows)
    for label in (1, 2, 3):
        now, expected = scene.surface(label), anew.surface(label)
        assert (now is None) == (expected is None)
        if now is not None and expected is not None:
            np.testing.assert_array_equal(now.points, expected.points)
        if label not in touched and now is not None:
            np.testing.assert_array_equal(now.points, before[label].points)  # type: ignore[union-attr]


@pytest.mark.parametrize("stride", [1, 2])
def test_a_click_finds_the_nearest_object(labels: np.ndarray, stride: int) -> None:
    scene = loaded(labels, stride)
    ahead = Camera(center=(10.0, 12.0, 15.0))
    assert scene.object_at(ahead, 3, 3) == (7, (6 + stride // 2, 15 - 15 % stride + stride // 2, 18 + stride // 2))
    assert scene.object_at(ahead, 14, 11) is None
    camera = first_camera(scene.extent, (300, 200)).turned(0.3, 0.2)
    across, along, _ = camera.to_picture(np.array([[7.0, 6.0, 7.0]]))[0]
    found = scene.object_at(camera, across, along)
    assert found is not None
    assert labels[found[1]] == found[0] == 4_000_000_000


def test_many_triangles_make_surfaces_coarser(labels: np.ndarray) -> None:
    scene = loaded(labels)
    assert scene.coarseness_for(10**6) == 1
    assert 1 < scene.coarseness_for(200) <= 8
