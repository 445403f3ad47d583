from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.imaging.shrunk import enlarged, reduced, shrunk


def test_pixels_are_means_and_labels_are_picked():
    image = np.arange(2 * 5 * 6, dtype=np.uint16).reshape(2, 5, 6)
    volume = Volume.from_array(image, voxel_size=VoxelSize(z=40, y=4, x=5, unit="nm"))
    small = shrunk(volume, 2)
    assert small.shape == (2, 2, 3)
    assert small.voxel_size.zyx == (40, 8, 10)
    assert (small.read() == np.rint(image[:, :4].reshape(2, 2, 2, 3, 2).mean(axis=(2, 4)))).all()
    labels = shrunk(Volume.from_array(image), 2, labels=True).read()
    assert np.isin(labels, image).all()
    assert labels.dtype == np.uint16
    assert shrunk(volume, 1) is volume


def test_an_unknown_voxel_size_stays_unknown():
    small = shrunk(Volume.from_array(np.zeros((1, 4, 4), np.uint8)), 4)
    assert not small.voxel_size.known


@given(factor=st.integers(2, 5), seed=st.integers(0, 99))
def test_a_box_of_the_shrunk_volume_is_the_shrunk_box(factor: int, seed: int):
    rng = np.random.default_rng(seed)
    volume = Volume.from_array(rng.random((3, 23, 31)).astype(np.float32))
    whole = shrunk(volume, factor).read()
    box = Region((1, 1, 0), (3, *(n - 1 for n in whole.shape[1:])))
    assert shrunk(volume, factor).read(box) == pytest.approx(whole[box.slices])


@given(factor=st.integers(2, 5), start=st.tuples(*[st.integers(0, 20)] * 3), size=st.tuples(*[st.integers(1, 30)] * 3))
def test_reduced_boxes_stay_inside(factor: int, start, size):
    region = Region(start, tuple(a + n for a, n in zip(start, size, strict=True)))
    small = reduced(region, factor)
    assert small.empty or enlarged(small, factor).intersect(region) == enlarged(small, factor)
