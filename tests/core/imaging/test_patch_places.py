"""Random places for patches: inside, apart from each other, and the same for the same seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Plane, Region, VoxelSize
from desktop_app.core.imaging.patch_places import PatchPlace, patch_voxel_size, planes_of, shares, strata

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 70), st.integers(1, 70))
SIZES = st.integers(9, 40)
CUBES = VoxelSize(z=5, y=5, x=5, unit="nm")
SLABS = VoxelSize(z=50, y=5, x=5, unit="nm")


def picked(shape, plane, number, size, seed=1) -> list[PatchPlace]:
    """The wanted places of all strata."""
    lines = strata(shape, plane, number, size, np.random.default_rng(seed))
    return [place for line in lines for place in itertools.islice(line.places, line.wanted)]


def every(shape, plane, number, size) -> list[PatchPlace]:
    """All places there are."""
    lines = strata(shape, plane, number, size, np.random.default_rng(1))
    return [place for line in lines for place in line.places]


def overlapping(places: list[PatchPlace]) -> Iterator[tuple[Region, Region]]:
    pairs = itertools.combinations((place.region for place in places), 2)
    return ((a, b) for a, b in pairs if not a.intersect(b).empty)


@settings(deadline=None)
@given(SHAPES, st.sampled_from(Plane), st.integers(1, 30), SIZES)
def test_patches_lie_inside_and_have_the_wanted_size(shape, plane, number, size):
    rows, columns = plane.shape_of(shape)
    for place in every(shape, plane, number, size):
        assert Region.whole(shape).intersect(place.region) == place.region
        assert plane.shape_of(place.region.shape) == (min(size, rows), min(size, columns))
        assert place.region.shape[plane.depth_axis] == 1


@settings(deadline=None)
@given(SHAPES, st.sampled_from(Plane), st.integers(1, 30), SIZES)
def test_places_never_overlap_and_use_all_the_room_there_is(shape, plane, number, size):
    rows, columns = plane.shape_of(shape)
    room = shape[plane.depth_axis] * max(1, rows // size) * max(1, columns // size)
    places = every(shape, plane, number, size)
    assert len(places) == room
    assert not any(overlapping(places[:60]))
    assert len(picked(shape, plane, number, size)) == min(number, room)


@settings(deadline=None)
@given(SHAPES, st.sampled_from(Plane), st.integers(1, 30), SIZES, st.integers(0, 99))
def test_the_same_seed_gives_the_same_places(shape, plane, number, size, seed):
    assert picked(shape, plane, number, size, seed) == picked(shape, plane, number, size, seed)


def test_another_seed_gives_other_places():
    assert picked((40, 90, 90), Plane.XY, 8, 32, 1) != picked((40, 90, 90), Plane.XY, 8, 32, 2)


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 40))
def test_patches_are_spread_evenly_over_the_depth(depth, number):
    found = sorted(place.region.start[0] for place in picked((depth, 8, 8), Plane.XY, number, 8))
    count = min(number, depth)
    assert len(found) == count
    for i, z in enumerate(found):
        assert depth * i // count <= z < depth * (i + 1) // count


def test_a_huge_slice_is_not_divided_more_finely_than_anybody_needs():
    for shape in ((1, 10**6, 10**6), (1, 64, 10**6)):
        (line,) = strata(shape, Plane.XY, 1, 64, np.random.default_rng(0))
        assert len(list(line.places)) == 64 * 64


@given(st.integers(0, 3200), st.integers(1, 50))
def test_shares_are_even_and_complete(number, parts):
    found = shares(number, parts)
    assert sum(found) == number
    assert max(found) - min(found) <= 1


@pytest.mark.parametrize(
    ("shape", "voxels", "choice", "count"),
    [
        ((300, 300, 300), CUBES, "auto", 3),
        ((300, 300, 300), SLABS, "auto", 1),
        ((300, 300, 300), VoxelSize.unknown(), "auto", 1),
        ((200, 200, 200), CUBES, "auto", 3),
        ((60, 300, 300), CUBES, "auto", 1),
        ((60, 300, 300), SLABS, "all", 3),
        ((300, 300, 300), CUBES, "xy", 1),
        ((1, 300, 300), CUBES, "all", 1),
    ],
)
def test_cubic_voxels_are_looked_at_from_three_sides(shape, voxels, choice, count):
    assert len(planes_of(shape, voxels, 256, choice)) == count


def test_the_pixel_size_is_that_of_the_plane():
    size = VoxelSize(z=3, y=2, x=1, unit="nm")
    found = {plane: patch_voxel_size(size, plane).zyx for plane in Plane}
    assert found == {Plane.XY: (3, 2, 1), Plane.XZ: (2, 3, 1), Plane.YZ: (1, 2, 3)}
    assert patch_voxel_size(size, Plane.XZ).unit == "nm"
    assert not patch_voxel_size(VoxelSize.unknown(), Plane.YZ).known


def test_names_sort_as_places_do():
    place = PatchPlace(Plane.XY, Region((12, 256, 512), (13, 512, 768)))
    assert place.name((500, 2000, 2000)) == "xy_z012_y0256_x0512"
