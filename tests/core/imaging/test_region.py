"""Boxes of voxels obey the laws of sets; planes and voxels agree."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.volume import squeeze_slab

SMALL = st.integers(0, 6)
POINTS = st.tuples(SMALL, SMALL, SMALL)
REGIONS = st.builds(Region, POINTS, POINTS)
SHAPES = st.tuples(*[st.integers(1, 6)] * 3)
PLANES = st.sampled_from(Plane)


def _mask(region: Region) -> np.ndarray:
    mask = np.zeros((7, 7, 7), bool)
    mask[region.slices] = True
    return mask


@given(REGIONS)
def test_size_is_the_number_of_voxels(region: Region) -> None:
    assert region.size == _mask(region).sum() == np.prod(region.shape)
    assert region.empty == (region.size == 0)


@given(REGIONS, REGIONS)
def test_intersection(a: Region, b: Region) -> None:
    np.testing.assert_array_equal(_mask(a.intersect(b)), _mask(a) & _mask(b))


@given(REGIONS, REGIONS)
def test_union_is_the_smallest_box_around_both(a: Region, b: Region) -> None:
    both = _mask(a) | _mask(b)
    union = a.union(b)
    assert (_mask(union) >= both).all()
    if both.any():
        found = np.nonzero(both)
        assert union.start == tuple(int(i.min()) for i in found)
        assert union.stop == tuple(int(i.max()) + 1 for i in found)
    else:
        assert union.empty


@given(REGIONS, POINTS)
def test_contains(region: Region, point: Index3) -> None:
    assert region.contains(point) == bool(_mask(region)[point])


@given(SHAPES, st.integers(0, 3))
def test_expanding_stays_inside(shape: Index3, margin: int) -> None:
    centre = Region((shape[0] // 2, shape[1] // 2, shape[2] // 2), shape)
    grown = centre.expand(margin, shape)
    assert grown == centre.expand((margin, margin, margin), shape)
    assert grown.intersect(Region.whole(shape)) == grown
    assert all(a - b == min(margin, a) for a, b in zip(centre.start, grown.start, strict=True))


@given(REGIONS, POINTS)
def test_shifting_there_and_back(region: Region, offset: Index3) -> None:
    back = (-offset[0], -offset[1], -offset[2])
    assert region.shift(offset).shift(back) == region
    assert region.shift(offset).shape == region.shape


@given(PLANES, POINTS)
def test_points_of_a_plane_and_voxels(plane: Plane, voxel: Index3) -> None:
    assert plane.to_voxel(*plane.from_voxel(voxel)) == voxel
    assert sorted([plane.row_axis, plane.column_axis, plane.depth_axis]) == [0, 1, 2]


@given(PLANES, SHAPES, st.data())
def test_picture_shows_the_voxels(plane: Plane, shape: Index3, data: st.DataObject) -> None:
    voxels = np.arange(np.prod(shape)).reshape(shape)
    depth = data.draw(st.integers(0, shape[plane.depth_axis] - 1))
    picture = Volume.from_array(voxels).plane(plane, depth)
    assert picture.shape == plane.shape_of(shape)
    assert picture.flags.c_contiguous
    slab = plane.slab(shape, depth)
    np.testing.assert_array_equal(picture, squeeze_slab(voxels[slab.slices], plane))
    row = data.draw(st.integers(0, picture.shape[0] - 1))
    column = data.draw(st.integers(0, picture.shape[1] - 1))
    assert picture[row, column] == voxels[plane.to_voxel(row, column, depth)]


@given(SHAPES)
def test_linked_planes_share_an_axis(shape: Index3) -> None:
    assert Plane.XZ.shape_of(shape)[1] == Plane.XY.shape_of(shape)[1]
    assert Plane.YZ.shape_of(shape)[0] == Plane.XY.shape_of(shape)[0]
