from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene, Target
from desktop_app.objects.operations import fill_holes as holes_module
from desktop_app.objects.operations.carrying_out import carry_out, dry_run, edit_of
from desktop_app.objects.operations.survey import survey

SHAPE = (5, 12, 10)


def store_of(seed: int = 0) -> ArrayLabelStore:
    return ArrayLabelStore(np.random.default_rng(seed).integers(0, 4, SHAPE, dtype=np.uint32))


def scene_of(store: ArrayLabelStore, *objects: int, place: Place | None = None, **more: Any) -> Scene:
    pointed = Pointed(objects, (place,) if place is not None else ())
    return Scene(store, pointed=pointed, largest_id=int(store.array.max()), **more)


def run(name: str, store: ArrayLabelStore, *objects: int, **parameters: Any) -> np.ndarray:
    """The labels after an operation, carried out as in a file."""
    copy = ArrayLabelStore(store.array.copy())
    operation = OPERATIONS[name]
    carry_out(operation, scene_of(copy, *objects), operation.parameters(**parameters))
    return copy.array


@pytest.mark.parametrize(
    ("name", "objects", "parameters"),
    [
        ("delete", (2,), {}),
        ("split", (), {"seed_distance": 0, "smoothing": 0}),
        ("fill-holes", (), {}),
        ("size-filter", (), {"min_size": 148}),
        ("merge", (3, 1), {}),
        ("pieces", (), {}),
        ("pieces", (2,), {"others": "remove"}),
        ("reshape", (), {"how": "grow", "radius": 1}),
        ("reshape", (), {"how": "smooth", "radius": 0.7}),
        ("reshape", (1,), {"how": "close", "radius": 1, "extent": "yz"}),
        ("interpolate", (), {"plane": "xz"}),
        ("change-number", (2,), {}),
        ("renumber", (), {}),
        ("clear-border", (), {}),
        ("copy-slice", (), {"plane": "yz", "source": 2, "target": 3}),
        ("artefacts", (), {"filling": 0.3}),
        ("set-class", (2,), {"value": 7, "extent": "all"}),
    ],
)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 30), locked=st.frozensets(st.integers(1, 3), max_size=2))
def test_an_operation_is_undone_exactly_and_spares_locked_labels(
    name: str, objects: tuple[int, ...], parameters: dict[str, Any], seed: int, locked: frozenset[int]
) -> None:
    store, operation = store_of(seed), OPERATIONS[name]
    original = store.array.copy()
    changes = dry_run(operation, scene_of(store, *objects), operation.parameters(**parameters))
    np.testing.assert_array_equal(store.array, original)
    edit = edit_of(changes, store, operation.title, locked)
    after = store.array.copy()
    changed = after != original
    assert not np.isin(original[changed], list(locked)).any()
    assert not np.isin(after[changed], list(locked)).any()
    if not locked:
        np.testing.assert_array_equal(after, run(name, ArrayLabelStore(original), *objects, **parameters))
    if edit is None:
        assert not changed.any()
        return
    edit.revert(store)
    np.testing.assert_array_equal(store.array, original)
    edit.apply(store)
    np.testing.assert_array_equal(store.array, after)


def test_what_has_changed_meanwhile_stays() -> None:
    store, operation = store_of(1), OPERATIONS["delete"]
    changes = dry_run(operation, scene_of(store, 2), operation.parameters())
    store.array[0] = 9
    edit_of(changes, store, "Delete")
    assert (store.array[0] == 9).all()
    assert not (store.array[1:] == 2).any()


@given(seed=st.integers(0, 10))
@settings(max_examples=10, deadline=None)
def test_a_survey_finds_sizes_and_boxes(seed: int) -> None:
    store = store_of(seed)
    for number, found in survey(scene_of(store)).items():
        assert found.voxels == (store.array == number).sum()
        (box,) = ndimage.find_objects((store.array == number).astype(np.uint8))
        assert found.box.slices == box
    assert list(survey(scene_of(store), (3,))) == [3]


def test_a_survey_counts_through_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(4)
    once = survey(scene_of(store))
    monkeypatch.setattr("desktop_app.core.imaging.region._SLAB_BYTES", 12 * 10 * 4)
    assert survey(scene_of(store)) == once


def test_delete_takes_the_object_the_piece_or_the_piece_in_the_slice() -> None:
    array = np.zeros((3, 6, 6), np.uint32)
    array[:, 1:3, 1:3] = 7
    array[1, 1:3, 4:6] = 7
    store, place = ArrayLabelStore(array), Place(Plane.XY, (1, 1, 1))
    delete = OPERATIONS["delete"]
    assert not run("delete", store, 7).any()
    for extent, left in (("piece", 4), ("slice", 12)):
        copy = ArrayLabelStore(array.copy())
        carry_out(delete, scene_of(copy, 7, place=place), delete.parameters(extent=extent))
        assert (copy.array == 7).sum() == left
    with pytest.raises(UserError, match="pointed at"):
        run("delete", store, 7, extent="piece")


@given(seed=st.integers(0, 20), low=st.integers(0, 200), high=st.integers(0, 200))
@settings(max_examples=20, deadline=None)
def test_the_size_filter_keeps_objects_of_the_wanted_sizes_with_their_numbers(seed: int, low: int, high: int) -> None:
    store = store_of(seed)
    ids, sizes = np.unique(store.array, return_counts=True)
    kept = ids[(sizes >= low) & ((sizes <= high) | (high == 0))]
    wanted = np.where(np.isin(store.array, kept), store.array, 0)
    np.testing.assert_array_equal(run("size-filter", store, min_size=low, max_size=high), wanted)


@given(seed=st.integers(0, 40), flat=st.booleans())
@settings(max_examples=40, deadline=None)
def test_holes_are_filled_object_by_object_as_in_the_whole(seed: int, flat: bool) -> None:
    rng = np.random.default_rng(seed)
    coarse = (rng.random((1 if flat else 6, 14, 14)) < 0.7) * rng.integers(1, 3)
    store = ArrayLabelStore(np.ascontiguousarray(coarse, np.uint32))
    store.array[:, :, 7:] *= 2
    np.testing.assert_array_equal(run("fill-holes", store), fill_holes(store.array))


def test_an_object_of_one_slice_in_a_volume_has_no_holes() -> None:
    array = np.zeros((3, 7, 7), np.uint32)
    array[1, 1:6, 1:6] = 3
    array[1, 3, 3] = 0
    np.testing.assert_array_equal(run("fill-holes", ArrayLabelStore(array)), array)
    assert (run("fill-holes", ArrayLabelStore(array[1:2])) == 3).sum() == 25


def test_too_large_an_object_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes_module, "MOST_VOXELS", 10)
    with pytest.raises(UserError, match="Object 1 spans"):
        run("fill-holes", store_of())


def test_a_split_cuts_at_the_waist_and_keeps_the_number_of_the_largest() -> None:
    rows, columns = np.indices((40, 70))
    array = np.zeros((1, 40, 70), np.uint32)
    array[0][(rows - 20) ** 2 + (columns - 18) ** 2 < 15**2] = 4
    array[0][(rows - 20) ** 2 + (columns - 46) ** 2 < 17**2] = 4
    array[0, 2:5, 2:5] = 9
    after = run("split", ArrayLabelStore(array), 4)
    assert after[0, 20, 46] == 4
    assert after[0, 20, 18] == 10
    assert after[0, 3, 3] == 9
    np.testing.assert_array_equal(after > 0, array > 0)
    assert sorted(np.unique(after[after > 0]).tolist()) == [4, 9, 10]


def test_a_split_respects_the_proportions_of_voxels() -> None:
    array = np.zeros((4, 20, 20), np.uint32)
    array[:, 4:16, 4:16] = 1
    size = VoxelSize(z=5, y=1, x=1, unit="µm")
    copy = ArrayLabelStore(array.copy())
    split = OPERATIONS["split"]
    carry_out(split, scene_of(copy, voxel_size=size), split.parameters())
    np.testing.assert_array_equal(copy.array, array)


@pytest.mark.parametrize("plane", list(Plane))
def test_copied_slices_fill_empty_places_only(plane: Plane) -> None:
    store, copy_slice = store_of(4), OPERATIONS["copy-slice"]
    original = store.array.copy()
    parameters = copy_slice.parameters(plane=plane.value, source=2, target=3)
    edit = edit_of(dry_run(copy_slice, scene_of(store), parameters), store, "Copy", frozenset({2}))
    assert edit is not None
    source, target = (np.take(original, d, axis=plane.depth_axis) for d in (2, 3))
    expected = np.where((target == 0) & (source != 2), source, target)
    np.testing.assert_array_equal(np.take(store.array, 3, axis=plane.depth_axis), expected)
    assert edit.region.shape[plane.depth_axis] == 1


def test_nothing_is_copied_from_beyond_the_image() -> None:
    copy_slice = OPERATIONS["copy-slice"]
    before, after = (offer.parameters for offer in copy_slice.offers)
    assert before is not None
    assert after is not None
    for offer, z in ((before, 0), (after, SHAPE[0] - 1)):
        scene = scene_of(store_of(4), place=Place(Plane.XY, (z, 0, 0)))
        assert dry_run(copy_slice, scene, offer(scene)) == ()
    with pytest.raises(UserError, match="from 0 to 4"):
        run("copy-slice", store_of(4), source=5)


def test_an_operation_can_be_stopped() -> None:
    class Stopped(Exception):
        pass

    def go_on(share: float) -> None:
        raise Stopped

    for name, operation in OPERATIONS.items():
        if name not in ("copy-slice", "cut-line", "split-at", "set-class"):  # they look at slices, a line, places
            objects = (1, 2) if Target.TWO_OBJECTS in operation.targets else (1,)
            store = store_of()
            image = Volume.from_array(store.array.astype(np.uint8))
            with pytest.raises(Stopped):
                dry_run(operation, scene_of(store, *objects, go_on=go_on, image=image), operation.parameters())


def test_the_table_is_sound() -> None:
    ids = [offer.id for operation in OPERATIONS.values() for offer in operation.offers]
    assert len(ids) == len(set(ids))
    for name, operation in OPERATIONS.items():
        assert operation.name == name
        assert operation.parameters() is not None
        assert operation.advice.endswith(".")


def test_a_change_touches_only_what_differs() -> None:
    store = store_of(2)
    store.array[:] = 0
    store.array[2, 3, 4] = 5
    edit = edit_of(dry_run(OPERATIONS["delete"], scene_of(store, 5), OPERATIONS["delete"].parameters()), store, "x")
    assert edit is not None
    assert edit.region == Region.single((2, 3, 4))
