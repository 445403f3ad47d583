from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree

from desktop_app.objects.panoptic.grouping import find_centres, fine_maps, group_pixels


def test_centres_are_the_highest_of_their_square_in_reading_order():
    heatmap = np.zeros((20, 20), np.float32)
    heatmap[15, 3], heatmap[2, 8], heatmap[2, 10], heatmap[9, 9] = 0.9, 0.8, 0.7, 0.05
    assert find_centres(heatmap, 0.1, 3).tolist() == [[2, 8], [2, 10], [15, 3]]
    assert find_centres(heatmap, 0.1, 5).tolist() == [[2, 8], [15, 3]]
    assert find_centres(heatmap, 0.85, 3).tolist() == [[15, 3]]


def test_a_plateau_is_one_centre_in_its_middle():
    heatmap = np.zeros((12, 12), np.float32)
    heatmap[4, 3:8] = 0.6
    assert find_centres(heatmap, 0.1, 3).tolist() == [[4, 5]]
    heatmap[9, 9] = heatmap[10, 10] = 0.6
    assert find_centres(heatmap, 0.1, 3).tolist() == [[4, 5], [9, 9]]


def test_equal_maxima_within_the_distance_are_one_centre_and_beyond_it_two():
    heatmap = np.zeros((9, 30), np.float32)
    heatmap[4, [5, 8]] = 0.5
    assert len(find_centres(heatmap, 0.1, 5)) == 2
    assert len(find_centres(heatmap, 0.1, 7)) == 1


def test_a_flat_heatmap_is_one_centre_whatever_the_distance():
    heatmap = np.full((300, 300), 0.9, np.float32)
    assert len(find_centres(heatmap, 0.1, 35)) == 1


def test_cells_that_are_no_numbers_and_empty_maps_give_no_centres():
    heatmap = np.zeros((8, 8), np.float32)
    heatmap[3, 3] = np.nan
    heatmap[6, 6] = 0.7
    assert find_centres(heatmap, 0.1, 3).tolist() == [[6, 6]]
    assert find_centres(np.zeros((0, 5), np.float32), 0.1, 3).shape == (0, 2)


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 9))
def test_centres_without_ties_are_those_of_a_maximum_filter(seed: int, distance: int):
    heatmap = np.random.default_rng(seed).permutation(13 * 17).reshape(13, 17).astype(np.float32) / 221
    wanted = np.argwhere(
        (ndimage.maximum_filter(heatmap, distance, mode="constant", cval=-1) == heatmap) & (heatmap > 0.1)
    )
    np.testing.assert_array_equal(find_centres(heatmap, 0.1, distance), wanted)


@settings(deadline=None)
@given(st.integers(0, 1000), st.sampled_from([1.0, 4.0, 8.0]))
def test_each_pixel_goes_to_the_centre_nearest_to_where_it_points(seed: int, step: float):
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 16, (5, 2))
    offsets = rng.normal(0, 9, (2, 16, 16)).astype(np.float32)
    foreground = rng.random((16, 16)) < 0.5
    ids = group_pixels(centres, offsets, foreground, step)
    places = np.indices((16, 16)).transpose(1, 2, 0) * step + offsets.transpose(1, 2, 0)
    away = np.linalg.norm(places[:, :, None] - centres * step, axis=-1)
    assert not ids[~foreground].any()
    chosen = np.take_along_axis(away, ids.astype(int)[..., None] - 1, axis=-1)[..., 0]
    np.testing.assert_allclose(chosen[foreground], away.min(-1)[foreground], rtol=1e-6)


@pytest.mark.parametrize("step", [1, 4])
@pytest.mark.parametrize("count", [1, 7, 400])
def test_pixels_of_large_pictures_go_to_the_nearest_centre_too(step: int, count: int):
    rng = np.random.default_rng(count)
    centres = rng.integers(0, (150, 170), (count, 2))
    offsets = rng.normal(0, 12 * step, (2, 150, 170)).astype(np.float32)
    offsets[:, :3] = [[[-1e6]], [[1e6]]]
    offsets[:, 4, 4:8] = [[np.nan, np.inf, -np.inf, 1e38]]
    ids = group_pixels(centres, offsets, np.ones((150, 170), bool), step)
    places = np.indices((150, 170)).reshape(2, -1).T * float(step) + offsets.reshape(2, -1).T
    usual = np.abs(places).max(axis=1) < 1e7
    chosen = np.linalg.norm(places - centres[ids.reshape(-1) - 1] * step, axis=1)
    away = cKDTree(centres * float(step)).query(places[usual])[0]
    np.testing.assert_allclose(chosen[usual], away, rtol=1e-9)
    assert ids.min() >= 1
    assert ids.max() <= count


def test_without_centres_nothing_is_grouped():
    ids = group_pixels(np.zeros((0, 2), np.int64), np.zeros((2, 4, 4), np.float32), np.ones((4, 4), bool), 4)
    assert ids.dtype == np.uint32
    assert not ids.any()


def test_fine_maps_are_bilinear_with_corners_on_corners():
    torch = pytest.importorskip("torch")
    maps = np.random.default_rng(0).normal(size=(3, 7, 5)).astype(np.float32)
    heatmap, offsets = fine_maps(maps[0], maps[1:])
    wanted = torch.nn.functional.interpolate(
        torch.from_numpy(maps)[None], scale_factor=4, mode="bilinear", align_corners=True
    )
    np.testing.assert_allclose(np.concatenate([heatmap[None], offsets]), wanted[0].numpy(), atol=1e-5)


def test_fine_maps_of_a_single_cell_repeat_it():
    heatmap, offsets = fine_maps(np.full((1, 1), 3, np.float32), np.full((2, 1, 1), 2, np.float32))
    assert heatmap.shape == (4, 4)
    assert (heatmap == 3).all()
    assert (offsets == 2).all()
