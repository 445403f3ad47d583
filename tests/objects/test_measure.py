from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.objects.measure import StreamingMeasurer, measure, table_columns, table_rows

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
    assert row.mean_intensity == (200.0,)
    assert not row.touches_border
    assert measure(labels[1:], image[1:])[0].touches_border


def test_a_picture_has_areas_and_its_slice_is_no_border():
    labels = np.zeros((1, 5, 5), np.uint8)
    labels[0, 1:3, 1:3] = 1
    (row,) = measure(labels, None, SIZE)
    assert row.volume == 1.0
    assert not row.touches_border
    assert "area (µm²)" in table_columns(SIZE, 0, flat=True)


def test_an_unknown_voxel_size_gives_voxels():
    (row,) = measure(np.ones((2, 2, 2), np.uint8))
    assert row.volume == 8
    assert "volume (voxels)" in table_columns(VoxelSize.unknown(), 0)


def test_table_rows_fit_their_columns():
    labels = np.ones((2, 2, 2), np.uint8)
    columns = table_columns(SIZE, 2)
    (row,) = table_rows(measure(labels, np.full((2, 2, 2, 2), 0.5), SIZE, "Cell"), columns)
    assert list(row) == columns
    assert row["class"] == "Cell"
    assert row["volume (µm³)"] == 4
    assert row["mean_intensity_2"] == 0.5
    assert row["touches_border"] == "yes"


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
    assert first.mean_intensity == (2.0,)
    assert np.isnan(second.mean_intensity[0])
    assert measurer.left_out.startswith("2 values")
    assert StreamingMeasurer((1, 1, 5)).left_out == ""


@pytest.mark.parametrize(("voxels", "size", "shown"), [(1_234_567, None, 1_234_567), (3, 1 / 3, 0.1111111)])
def test_counts_are_whole_and_measures_have_seven_digits(voxels, size, shown):
    unit = VoxelSize.unknown() if size is None else VoxelSize(z=size, y=size, x=size)
    row = measure(np.ones((1, 1, voxels), np.uint8), None, unit)[0]
    columns = table_columns(unit, 0)
    volume = next(table_rows([replace(row, volume=voxels * (1 if size is None else size**3))], columns))[columns[3]]
    assert (volume, type(volume)) == (shown, type(shown))
