from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.imaging.seen_at_scale import enlarged, labels_at_scale, majorities, means, reduced


def test_pixels_are_means_and_beyond_the_border_its_pixels_go_on():
    image = np.arange(2 * 5 * 6, dtype=np.uint16).reshape(2, 5, 6)
    small = means(image, 2)
    assert small.dtype == np.float32
    assert np.array_equal(small[:, :2], image[:, :4].reshape(2, 2, 2, 3, 2).mean(axis=(2, 4)))
    assert np.array_equal(small[:, 2], image[:, 4].reshape(2, 3, 2).mean(axis=2))
    assert means(image, 1) is image


def test_labels_are_those_of_most_pixels():
    labels = np.array([[1, 1, 0, 0, 7], [1, 2, 5, 5, 7], [0, 0, 9, 9, 3]], np.uint32)
    assert np.array_equal(majorities(labels, 2), [[1, 5, 7], [0, 9, 3]])


def test_a_volume_of_labels_is_smaller_and_knows_its_pixels():
    labels = np.arange(2 * 5 * 6, dtype=np.uint16).reshape(2, 5, 6)
    volume = Volume.from_array(labels, voxel_size=VoxelSize(z=40, y=4, x=5, unit="nm"))
    small = labels_at_scale(volume, 2)
    assert small.shape == (2, 3, 3)
    assert small.voxel_size.zyx == (40, 8, 10)
    assert np.isin(small.read(), labels).all()
    assert small.read().dtype == np.uint16
    assert labels_at_scale(volume, 1) is volume
    assert not labels_at_scale(Volume.from_array(labels), 2).voxel_size.known


@given(seed=st.integers(0, 999), scale=st.integers(2, 5))
def test_most_means_most(seed: int, scale: int):
    labels = np.random.default_rng(seed).integers(0, 4, (7, 11)).astype(np.uint16)
    found = majorities(labels, scale)
    padded = np.pad(labels, ((0, -7 % scale), (0, -11 % scale)), mode="edge")
    for (y, x), value in np.ndenumerate(found):
        square = padded[y * scale :, x * scale :][:scale, :scale]
        counts = np.bincount(square.reshape(-1), minlength=4)
        assert value == max(range(4), key=lambda label, counts=counts: (counts[label], label))


@pytest.mark.parametrize("scale", [2, 4, 8, 3])
def test_labels_lie_where_the_image_shows_them(scale: int):
    """What is mirrored before is mirrored afterwards, as the means are: nothing moves to one side."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:168, :168]
    for _ in range(20):
        middle, radius = rng.uniform(50, 110, 2), rng.uniform(3 * scale, 40)
        labels = ((y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2).astype(np.uint16)
        small = majorities(labels, scale)
        assert np.array_equal(majorities(labels[::-1, ::-1], scale), small[::-1, ::-1])
        assert (small == (means(labels, scale) >= 0.5)).all()


@given(scale=st.integers(2, 5), seed=st.integers(0, 99))
def test_a_box_of_scaled_labels_is_the_scaled_box(scale: int, seed: int):
    labels = np.random.default_rng(seed).integers(0, 3, (3, 23, 31)).astype(np.uint16)
    small = labels_at_scale(Volume.from_array(labels), scale)
    whole = small.read()
    box = Region((1, 1, 0), (3, *whole.shape[1:]))
    assert np.array_equal(small.read(box), whole[box.slices])


@given(
    scale=st.integers(2, 5),
    start=st.tuples(*[st.integers(0, 20)] * 3),
    size=st.tuples(*[st.integers(1, 30)] * 3),
    beyond=st.integers(0, 3),
)
def test_reduced_boxes_stay_inside(scale: int, start, size, beyond: int):
    region = Region(start, tuple(a + n for a, n in zip(start, size, strict=True)))
    shape = tuple(stop + beyond for stop in region.stop)
    small = reduced(region, scale, shape)
    seen = enlarged(small, scale, shape)
    assert small.empty or seen.intersect(region) == seen


def test_a_whole_volume_is_reduced_to_a_whole_one():
    assert reduced(Region.whole((3, 23, 31)), 4, (3, 23, 31)) == Region.whole((3, 6, 8))
