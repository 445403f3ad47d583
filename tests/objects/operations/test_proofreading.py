"""Operations of proofreading: artefacts, splits from clicks, merges along a line, classes, one slice alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene, Target
from desktop_app.objects.operations.carrying_out import edit_of, origins_of
from desktop_app.objects.operations.preview import ADDED, OTHER, REMOVED, ChangeMarks, in_words
from desktop_app.objects.operations.slice_only import changes_in_slice

CUBES = VoxelSize.unknown()


def at(z: int, y: int, x: int, plane: Plane = Plane.XY) -> Place:
    return Place(plane, (z, y, x))


def run(
    name: str, labels: np.ndarray, *objects: int, places: tuple[Place, ...] = (), image=None, size=CUBES, **more: Any
):
    """The labels after an operation."""
    store = ArrayLabelStore(labels.astype(np.uint32))
    scene = Scene(store, image, size, Pointed(objects, places), int(labels.max()))
    operation = OPERATIONS[name]
    edit_of(operation.changes(scene, operation.parameters(**more)), store, "")
    return store.array


def two_balls() -> np.ndarray:
    """Two balls of one number that have grown together."""
    z, y, x = np.ogrid[:15, :15, :30]
    balls = [(z - 7) ** 2 + (y - 7) ** 2 + (x - middle) ** 2 <= 36 for middle in (8, 18)]
    return (balls[0] | balls[1]).astype(np.uint32)


def test_an_object_falls_into_as_many_parts_as_it_has_clicks() -> None:
    labels = two_balls()
    after = run("split-at", labels, places=(at(7, 7, 20), at(7, 7, 6)))
    assert np.array_equal(after > 0, labels > 0)
    assert after[7, 7, 18] == 1, "the part of the first click keeps the number"
    assert after[7, 7, 8] == 2
    sizes = np.bincount(after.ravel())[1:]
    assert abs(int(sizes[0]) - int(sizes[1])) < 0.1 * sizes.sum(), "the border runs at the waist"


@pytest.mark.parametrize("ratio", [1, 2, 4])
@pytest.mark.parametrize(("dimensions", "thick"), [(2, 1.0), (3, 1.0), (3, 2.0)])
@pytest.mark.parametrize("aside", [(0.0, 0.0), (0.7, 0.0), (0.7, -0.7)])
def test_a_small_object_comes_off_a_large_one_whole(
    dimensions: int, thick: float, ratio: int, aside: tuple[float, float]
) -> None:
    truth, centres, radii = _balls_that_touch(dimensions, thick, ratio)
    places = []
    for (z, y, x), radius, share in zip(centres, radii, aside, strict=True):
        places.append(at(z, round(y + share * radius * 0.8), round(x - share * radius * 0.6)))
    size = VoxelSize(z=thick, y=1, x=1, unit="µm")
    after = run("split-at", (truth > 0).astype(np.uint32), places=tuple(places), size=size)
    small, found = truth == 2, after == 2
    assert (small & found).sum() / (small | found).sum() > 0.9


def _balls_that_touch(
    dimensions: int, thick: float, ratio: int
) -> tuple[np.ndarray, list[tuple[int, int, int]], tuple[float, float]]:
    """A large ball and a small one that sticks in it by a third of its radius, parted where their surfaces cross."""
    large = 18.0 if dimensions == 3 else 30.0
    small, middle = large / ratio, np.array([large, large, large]) + 2
    away = np.array([0.0 if dimensions == 2 else 0.5, 0.6, 0.8])
    other = middle + away / np.linalg.norm(away) * (large + 0.67 * small)
    depth = 1 if dimensions == 2 else int((other[0] + small + 3) / thick)
    grid = np.ogrid[:depth, : int(other[1] + small + 3), : int(other[2] + small + 3)]
    if dimensions == 2:
        middle[0] = other[0] = 0
    here = [(g * t - m) ** 2 for g, t, m in zip(grid, (thick, 1, 1), middle, strict=True)]
    there = [(g * t - m) ** 2 for g, t, m in zip(grid, (thick, 1, 1), other, strict=True)]
    first, second = sum(here) - large**2, sum(there) - small**2
    truth = np.where((first <= 0) & (first <= second), 1, np.where(second <= 0, 2, 0)).astype(np.uint32)
    centres = [tuple(round(m / t) for m, t in zip(c, (thick, 1, 1), strict=True)) for c in (middle, other)]
    return truth, centres, (large, small)


def test_an_object_is_split_where_the_image_is_dark() -> None:
    labels = np.ones((1, 5, 20), np.uint32)
    image = np.full((1, 5, 20), 200, np.uint8)
    image[..., 4] = 10
    after = run("split-at", labels, places=(at(0, 2, 1), at(0, 2, 18)), image=Volume.from_array(image), by_image=True)
    assert (after[..., :4] == 1).all()
    assert (after[..., 5:] == 2).all()


@pytest.mark.parametrize("places", [(), (at(7, 7, 8),), (at(7, 7, 8), at(0, 0, 0)), (at(7, 7, 8), at(7, 7, 8))])
def test_one_click_does_not_split(places: tuple[Place, ...]) -> None:
    with pytest.raises(UserError, match="as many parts as it has clicks"):
        run("split-at", two_balls(), places=places)


def test_a_line_merges_what_it_crosses() -> None:
    labels = np.zeros((2, 4, 12), np.uint32)
    labels[:, :, 1:3], labels[:, :, 4:6], labels[:, :, 8:10] = 5, 3, 9
    after = run("merge", labels, places=(at(0, 1, 0), at(0, 1, 6)))
    assert set(np.unique(after).tolist()) == {0, 5, 9}
    assert (after[labels == 3] == 5).all(), "the first that is met keeps its number, through all slices"
    with pytest.raises(UserError, match="two objects"):
        run("merge", labels, places=(at(0, 1, 7), at(0, 1, 11)))


def test_rows_merge_several_objects_at_once() -> None:
    labels = np.arange(24, dtype=np.uint32).reshape(1, 4, 6)
    after = run("merge", labels, 9, 3, 23)
    assert sorted(np.argwhere(after == 9)[:, 1:].tolist()) == [[0, 3], [1, 3], [3, 5]]


def test_artefacts_are_flat_scattered_or_dim() -> None:
    labels = np.zeros((6, 20, 20), np.uint32)
    labels[1:4, 1:5, 1:5] = 1
    labels[2, 10:14, 10:14] = 2  # one slice
    for step in range(6):
        labels[step, 14, 8 + 2 * step] = 3  # scattered
    labels[1:4, 14:18, 1:5] = 4  # dim
    image = np.where(labels == 4, 20, 100).astype(np.uint8)
    assert set(np.unique(run("artefacts", labels)).tolist()) == {0, 1, 4}
    assert set(np.unique(run("artefacts", labels, slices=0, filling=0)).tolist()) == {0, 1, 2, 3, 4}
    dim = run("artefacts", labels, slices=0, filling=0, brightness=0.5, image=Volume.from_array(image))
    assert set(np.unique(dim).tolist()) == {0, 1, 2, 3}
    assert set(np.unique(run("artefacts", labels, 3)).tolist()) == {0, 1, 2, 4}, "only what is named"
    with pytest.raises(UserError, match="needs the image"):
        run("artefacts", labels, brightness=0.5)


def test_a_class_is_changed_by_piece_slice_or_as_a_whole() -> None:
    labels = np.zeros((3, 4, 8), np.uint32)
    labels[:, :2, :2] = labels[:, :2, 5:7] = 1
    piece = run("set-class", labels, 1, places=(at(1, 0, 0),), value=4)
    assert (piece[:, :2, :2] == 4).all()
    assert (piece[:, :2, 5:7] == 1).all()
    alone = run("set-class", labels, 1, places=(at(1, 0, 0),), value=4, extent="slice")
    assert np.argwhere(alone == 4)[:, 0].tolist() == [1] * 4
    assert not (run("set-class", labels, 1, value=4, extent="all") == 1).any()


@given(
    st.integers(0, 2**31),
    st.sampled_from(list(Plane)),
    st.integers(0, 3),
    st.sampled_from(["fill-holes", "size-filter"]),
)
@settings(max_examples=30, deadline=None)
def test_in_a_slice_an_operation_does_what_it_does_to_that_picture(seed, plane, depth, name) -> None:
    labels = np.random.default_rng(seed).integers(0, 4, (5, 6, 4), dtype=np.uint32)
    operation = OPERATIONS[name]
    store = ArrayLabelStore(labels.copy())
    scene = Scene(store, pointed=Pointed(), largest_id=4)
    parameters = operation.parameters()
    edit_of(changes_in_slice(operation, scene, parameters, plane, depth), store, "")
    box = plane.slab(labels.shape, depth)
    outside = np.ones(labels.shape, bool)
    outside[box.slices] = False
    assert np.array_equal(store.array[outside], labels[outside])
    assert np.array_equal(store.array[box.slices], run(name, labels[box.slices]))


def test_a_preview_says_what_is_added_removed_and_renumbered() -> None:
    store = ArrayLabelStore(np.array([[[0, 1, 2, 3]]], np.uint32))
    grow = OPERATIONS["reshape"]
    scene = Scene(store, pointed=Pointed((1,)), largest_id=3)
    changes = tuple(grow.changes(scene, grow.parameters(how="grow", radius=1)))
    shown = ChangeMarks(store.shape, changes).read(Region.whole(store.shape))
    assert shown.tolist() == [[[ADDED, 0, 0, 0]]]
    merge, delete = OPERATIONS["merge"], OPERATIONS["delete"]
    for operation, objects, expected in ((merge, (2, 3), OTHER), (delete, (3,), REMOVED)):
        scene = Scene(store, pointed=Pointed(objects), largest_id=3)
        changes = tuple(operation.changes(scene, operation.parameters()))
        assert ChangeMarks(store.shape, changes).read(Region((0, 0, 3), (1, 1, 4))).tolist() == [[[expected]]]
    assert in_words(changes) == "1 object, voxels: 1 removed"
    assert in_words(()) == ""


def test_parts_know_what_they_were_parts_of() -> None:
    store = ArrayLabelStore(two_balls())
    split = OPERATIONS["split-at"]
    scene = Scene(store, pointed=Pointed((), (at(7, 7, 20), at(7, 7, 6))), largest_id=1)
    assert origins_of(split.changes(scene, split.parameters()), FreeNumbers(2)) == {2: 1}


def test_each_offer_is_begun_in_a_way_that_its_operation_knows() -> None:
    for operation in OPERATIONS.values():
        for offer in operation.offers:
            assert offer.by is None or offer.by in operation.targets
        if Target.TWO_OBJECTS in operation.targets:
            assert all(offer.by is not None for offer in operation.offers)
