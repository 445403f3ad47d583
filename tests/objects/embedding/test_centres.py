from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects.embedding.centres import METHODS, centre_image, medoid

L_SHAPE = np.zeros((1, 12, 12), np.int32)
L_SHAPE[0, 1:11, 1:3] = 1
L_SHAPE[0, 9:11, 1:11] = 1


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_centre_of_a_square_is_its_middle(method: str) -> None:
    square = np.zeros((1, 100, 100), np.int32)
    square[0, 30:71, 30:71] = 1
    assert np.argwhere(centre_image(square, method, (1, 1, 1))).tolist() == [[0, 50, 50]]


def test_only_the_centroid_leaves_a_bent_object() -> None:
    inside = {method: bool(L_SHAPE[centre_image(L_SHAPE, method, (1, 1, 1)) > 0].all()) for method in METHODS}
    assert inside == {"centroid": False, "approximate-medoid": True, "medoid": True}


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), thick=st.floats(0.5, 6))
def test_the_medoid_is_the_voxel_with_the_least_sum_of_distances(seed: int, count: int, thick: float) -> None:
    places = np.unique(np.random.default_rng(seed).integers(0, 9, (count, 3)), axis=0)
    points = places * np.array([thick, 1.0, 1.0])
    sums = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2)).sum(axis=1)
    found = int(np.flatnonzero((places == medoid(places, (thick, 1.0, 1.0))).all(axis=1))[0])
    assert sums[found] == pytest.approx(sums.min())


def test_thick_slices_move_the_medoid() -> None:
    places = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 1], [2, 0, 1], [3, 0, 1]])
    assert medoid(places, (1, 1, 1)).tolist() == [1, 0, 1]
    assert medoid(places, (0.1, 1, 1))[2] == 1
    assert medoid(places * [1, 1, 3], (0.1, 1, 1)).tolist()[1:] == [0, 3]


def test_a_hole_in_the_numbers_and_a_single_voxel_are_no_matter() -> None:
    objects = np.zeros((2, 5, 5), np.int32)
    objects[1, 2, 3] = 3
    assert np.argwhere(centre_image(objects, "medoid", (2, 1, 1))).tolist() == [[1, 2, 3]]
    assert not centre_image(np.zeros((1, 4, 4), np.int32), "centroid", (1, 1, 1)).any()


def test_a_large_object_takes_no_table_of_all_distances() -> None:
    import tracemalloc

    places = np.argwhere(np.ones((1, 200, 200), bool))
    tracemalloc.start()
    found = medoid(places, (1, 1, 1))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.abs(found - [0, 99.5, 99.5]).max() <= 0.5
    assert most < 100 * places.nbytes
