from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects.depth import depth_map, depth_of_distance, limited_distance


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.uint16, hnp.array_shapes(min_dims=3, max_dims=3, max_side=8), elements=st.integers(0, 4)),
    st.booleans(),
)
def test_depth_is_0_outside_and_reaches_1_in_each_object(labels, black_border):
    depth = depth_map(labels, (2.0, 1.0, 1.0), black_border=black_border)
    assert depth.dtype == np.float32
    assert ((depth > 0) == (labels > 0)).all()
    for label in np.unique(labels[labels > 0]):
        assert depth[labels == label].max() == 1


def test_thick_slices_count_by_their_true_distance():
    labels = np.zeros((7, 31, 31), np.uint8)
    labels[1:6, 3:28, 3:28] = 1
    depth = depth_map(labels, (10.0, 1.0, 1.0))
    assert np.isclose(depth[3, 15, 15], 1)
    assert depth[1, 15, 15] > 0.7, "the first section is 10 away from its neighbour, as far as the sides nearly"
    isotropic = depth_map(labels, (1.0, 1.0, 1.0))
    assert isotropic[1, 15, 15] < 0.4


def test_touching_objects_have_a_valley_between_them():
    labels = np.ones((1, 10, 20), np.uint8)
    labels[0, :, 10:] = 2
    depth = depth_map(labels)
    assert depth[0, 5, 9] < 0.2
    assert depth[0, 5, 0] == 1, "objects go on beyond the border of the image"
    assert depth_map(labels, black_border=True)[0, 5, 0] < 0.5


def test_one_object_everywhere_is_deep_everywhere():
    assert (depth_map(np.ones((2, 4, 4), np.uint8)) == 1).all()


def test_depth_by_shape_is_low_in_a_neck_whatever_the_size():
    mask = np.zeros((1, 60, 140), bool)
    y, x = np.mgrid[:60, :140]
    for centre, radius in ((30, 25), (68, 18), (120, 6)):
        mask[0] |= (y - 30) ** 2 + (x - centre) ** 2 < radius**2
    sampling = (1.0, 1.0, 1.0)
    depth = depth_of_distance(limited_distance(mask, sampling, np.inf), sampling)
    assert depth[0, 30, 30] > 0.6
    assert depth[0, 30, 120] > 0.6
    assert depth[0, 30, 52] < 0.5
    assert not depth[~mask].any()
