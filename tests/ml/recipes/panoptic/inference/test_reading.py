"""Slices of any plane as network input."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.seen_at_scale import means
from desktop_app.core.imaging.voxel_source import ArraySource
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader, scaled_greys

PLAIN = GreyScale((0.0,), (1.0,), limits=(-1e9, 1e9))


def volume() -> NDArray[np.float32]:
    return np.arange(6 * 20 * 30, dtype=np.float32).reshape(6, 20, 30)


class Counting(ArraySource):
    """Counts how often it is read."""

    reads = 0

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        type(self).reads += 1
        return super().read(channel, region)


@pytest.mark.parametrize("plane", list(Plane))
def test_batches_hold_the_slices_of_the_plane(plane: Plane) -> None:
    array = volume()
    reader = SliceReader(Volume.from_array(array), (0,), PLAIN, plane, Region.whole(array.shape))
    expected = np.moveaxis(array, plane.depth_axis, 0)
    for size, slab in ((1, 1), (4, 10**9), (3, 20_000)):
        found = list(reader.batches(size, slab))
        assert np.array_equal(np.concatenate(found)[:, 0], expected)
        assert all(len(batch) == size for batch in found[:-1])


def test_slices_across_a_file_are_read_in_thick_slabs() -> None:
    source = Counting(volume()[None])
    reader = SliceReader(Volume(source), (0,), PLAIN, Plane.YZ, Region.whole((6, 20, 30)))
    Counting.reads = 0
    assert len(list(reader.batches(1, 15 * 6 * 20 * 4))) == 30
    assert Counting.reads == 2


@pytest.mark.parametrize("plane", list(Plane))
def test_memory_holds_one_slab_and_a_piece_of_it(plane: Plane) -> None:
    shape = (96, 256, 256)
    reader = SliceReader(Volume.from_array(np.zeros(shape, np.uint16)), (0,), PLAIN, plane, Region.whole(shape))
    slab = shape[0] * shape[1] * shape[2] // 3 * 2
    tracemalloc.start()
    try:
        for _ in reader.batches(1, slab):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert slab < peak < 1.8 * slab


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("factor", [1, 2])
def test_surroundings_begin_on_a_coarse_cell(plane: Plane, factor: int) -> None:
    array = np.zeros((40, 50, 60), np.uint8)
    region = Region((21, 25, 30), (33, 38, 41))
    reader = SliceReader(Volume.from_array(array), (0,), PLAIN, plane, region, factor, margin=10)
    frame = reader.frame
    assert frame.top == frame.left == 8
    rows, columns = (a for a in range(3) if a != plane.depth_axis)
    assert (frame.height, frame.width) == (region.shape[rows], region.shape[columns])
    assert reader.box.stop[rows] == min(region.stop[rows] + 10, array.shape[rows])
    assert reader.box.shape[plane.depth_axis] == region.shape[plane.depth_axis]
    assert next(reader.batches(2, 10**6)).shape[2:] == reader.input_shape


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 2, 4, 8]))
def test_a_scale_averages_squares(height: int, width: int, factor: int) -> None:
    picture = np.random.default_rng(height * width).random((height, width)).astype(np.float32)
    small = means(picture[None], factor)[0]
    assert small.shape == (-(-height // factor), -(-width // factor))
    whole = small[: height // factor, : width // factor]
    for (row, column), value in np.ndenumerate(whole):
        square = picture[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
        assert value == pytest.approx(square.mean(), abs=1e-5)
    assert picture.min() - 1e-6 <= small.min()
    assert small.max() <= picture.max() + 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_greys_are_scaled_the_same_by_table(dtype: Any) -> None:
    voxels = np.random.default_rng(0).integers(0, 256, (2, 3, 300, 300)).astype(dtype)
    greys = GreyScale((10.0, 20.0), (30.0, 90.0))
    assert np.array_equal(scaled_greys(voxels, greys), greys.apply(voxels))


@pytest.mark.parametrize("plane", list(Plane))
def test_the_later_slices_alone_are_those_of_all(plane: Plane) -> None:
    volume = Volume.from_array(np.random.default_rng(0).integers(0, 255, (9, 10, 11)).astype(np.uint8))
    reader = SliceReader(volume, (0,), GreyScale((0.0,), (1.0,)), plane, Region((1, 1, 1), (8, 9, 9)), 2, 8)
    every = np.concatenate(list(reader.batches(2, 1000)))
    later = reader.after(4)
    assert later.count == reader.count - 4
    assert np.array_equal(np.concatenate(list(later.batches(2, 1000))), every[4:])
