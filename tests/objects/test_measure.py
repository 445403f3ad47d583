from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.objects.measure import StreamingMeasurer, measure

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint32, (6, 5, 4), elements=st.sampled_from([0, 0, 1, 2, 70_000])), st.data())
def test_pieces_measure_the_same_as_the_whole(labels, data):
    image = np.random.default_rng(3).normal(size=(2, *labels.shape)).astype(np.float32)
    cuts = sorted(data.draw(st.sets(st.integers(1, 5), max_size=4)))
    measurer = StreamingMeasurer((6, 5, 4), SIZE)
    for start, stop in zip([0, *cuts], [*cuts, 6], strict=True):
        measurer.add(Region((start, 0, 0), (stop, 5, 4)), labels[start:stop], image[:, start:stop])
    assert list(measurer.rows("Cell")) == measure(labels, image, SIZE, "Cell")


@settings(max_examples=20, deadline=None)
@given(hnp.arrays(np.uint8, (3, 4, 4), elements=st.integers(0, 2)))
def test_blocks_in_any_order_count_the_same_voxels(labels):
    measurer = StreamingMeasurer((3, 4, 4))
    for y in (2, 0):
        for x in (0, 2):
            box = Region((0, y, x), (3, y + 2, x + 2))
            measurer.add(box, labels[box.slices])
    for mine, whole in zip(measurer.rows(), measure(labels), strict=True):
        assert (mine.id, mine.voxels, mine.box, mine.touches_border) == (
            whole.id, whole.voxels, whole.box, whole.touches_border,
        )  # fmt: skip
        assert np.allclose(mine.centroid, whole.centroid)


def test_one_object_by_hand():
    labels = np.zeros((4, 6, 6), np.uint16)
    labels[1:3, 2:4, 2:5] = 9
    image = np.zeros(labels.shape, np.uint16)
    image[1], image[2] = 100, 300
    (row,) = measure(labels, image, SIZE, {9: "Nucleus"})
    assert (row.id, row.class_name, row.voxels, row.volume) == (9, "Nucleus", 12, 6.0)
    assert row.centroid == (1.5, 2.5, 3.0)
    assert row.box == Region((1, 2, 2), (3, 4, 5))
    assert [channel.mean for channel in row.grey] == [200.0]
    assert not row.touches_border
    assert measure(labels[1:], image[1:])[0].touches_border


def test_a_picture_has_areas_and_its_slice_is_no_border():
    labels = np.zeros((1, 5, 5), np.uint8)
    labels[0, 1:3, 1:3] = 1
    (row,) = measure(labels, None, SIZE)
    assert row.volume == 1.0
    assert not row.touches_border


def test_an_unknown_voxel_size_gives_voxels():
    (row,) = measure(np.ones((2, 2, 2), np.uint8))
    assert row.volume == 8


def test_no_objects_no_rows():
    assert measure(np.zeros((2, 3, 3), np.uint8), np.zeros((2, 3, 3))) == []


def test_a_piece_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        StreamingMeasurer((2, 2, 2)).add(Region((0, 0, 0), (1, 2, 2)), np.zeros((2, 2, 2), np.uint8))


def test_means_are_of_the_finite_values_and_the_others_are_told():
    labels = np.array([[[1, 1, 1, 2, 0]]], np.uint8)
    image = np.array([[[1.0, np.nan, 3.0, np.inf, np.nan]]], np.float32)
    measurer = StreamingMeasurer((1, 1, 5))
    measurer.add(Region.whole((1, 1, 5)), labels, image)
    first, second = measurer.rows()
    assert [channel.mean for channel in first.grey] == [2.0]
    assert np.isnan(second.grey[0].mean)
    assert measurer.left_out.startswith("2 values")
    assert StreamingMeasurer((1, 1, 5)).left_out == ""


@pytest.mark.parametrize("size", [VoxelSize(z=1, y=1, x=1), VoxelSize(z=2, y=0.5, x=0.5)])
def test_axes_are_those_of_an_ellipsoid(size):
    half = np.array([6.0, 4.0, 10.0])
    place = np.indices((33, 65, 65)) - np.array([16, 32, 32])[:, None, None, None]
    inside = sum((part * edge / a) ** 2 for part, edge, a in zip(place, size.zyx, half, strict=True)) <= 1
    (row,) = measure(inside.astype(np.uint8), None, size)
    assert row.axes == pytest.approx((20, 12, 8), rel=0.04)


def test_axes_of_a_slice_are_those_of_an_ellipse_and_no_object_is_flatter_than_a_voxel():
    y, x = np.ogrid[-30:31, -30:31]
    (row,) = measure(((y / 8) ** 2 + (x / 24) ** 2 <= 1).astype(np.uint8)[None])
    assert row.axes == pytest.approx((48, 16, 0), rel=0.03)
    (line,) = measure(np.pad(np.ones((1, 1, 12), np.uint8), 2))
    assert line.axes == pytest.approx([np.sqrt(5 / 3) * edge for edge in (12, 1, 1)])


def test_grey_values_are_those_of_numpy_per_channel():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (5, 6, 7)).astype(np.uint16)
    image = rng.normal(1000, 5, (2, *labels.shape)).astype(np.float32)
    for row in measure(labels, image):
        for channel, grey in zip(image, row.grey, strict=True):
            values = channel[labels == row.id].astype(np.float64)
            assert (grey.low, grey.high) == (values.min(), values.max())
            assert (grey.mean, grey.sd, grey.total) == pytest.approx((values.mean(), values.std(), values.sum()))
