from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, VoxelSize
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene
from desktop_app.objects.operations import cut as cut_module
from desktop_app.objects.operations import interpolate as interpolate_module
from desktop_app.objects.operations import pieces as pieces_module
from desktop_app.objects.operations import reshape as reshape_module
from desktop_app.objects.operations.carrying_out import carry_out


def run(name: str, array: np.ndarray, *objects: int, places: tuple[Place, ...] = (), size: VoxelSize | None = None,
        **parameters: Any) -> np.ndarray:  # fmt: skip
    store = ArrayLabelStore(array.astype(np.uint32))
    scene = Scene(
        store, pointed=Pointed(objects, places), largest_id=int(array.max()), voxel_size=size or VoxelSize.unknown()
    )
    carry_out(OPERATIONS[name], scene, OPERATIONS[name].parameters(**parameters))
    return store.array


def two_blocks() -> np.ndarray:
    array = np.zeros((5, 10, 20), np.uint32)
    array[1:4, 2:8, 2:8] = 1
    array[1:4, 2:8, 12:18] = 2
    return array


def test_growing_objects_meet_half_way_and_never_overlap() -> None:
    grown = run("reshape", two_blocks(), how="grow", radius=5, extent="xy")
    np.testing.assert_array_equal(grown[2, 5], [1] * 10 + [2] * 10)
    assert not grown[0].any()
    alone = run("reshape", two_blocks(), 1, how="grow", radius=5, extent="xy")
    np.testing.assert_array_equal(alone[2, 5], [1] * 12 + [2] * 6 + [0] * 2)


def test_micrometres_follow_the_voxel_size() -> None:
    size = VoxelSize(z=2, y=0.5, x=0.5, unit="µm")
    grown = run("reshape", two_blocks(), 1, size=size, how="grow", radius=1, unit="um")
    assert grown[2, 5, 9] == 1
    assert grown[2, 5, 10] == 0
    assert not grown[0].any()
    in_nm = run("reshape", two_blocks(), 1, size=size.converted("nm"), how="grow", radius=1, unit="um")
    np.testing.assert_array_equal(in_nm, grown)
    with pytest.raises(UserError, match="voxel size"):
        run("reshape", two_blocks(), 1, how="grow", radius=1, unit="um")


def test_an_object_that_would_vanish_stays() -> None:
    np.testing.assert_array_equal(run("reshape", two_blocks(), how="shrink", radius=20), two_blocks())
    assert (run("reshape", two_blocks(), how="shrink", radius=1) == 1).sum() == 1 * 4 * 4


def test_merging_keeps_the_first_number() -> None:
    merged = run("merge", two_blocks(), 2, 1)
    np.testing.assert_array_equal(merged, (two_blocks() > 0) * 2)
    with pytest.raises(UserError, match="two objects"):
        run("merge", two_blocks(), 2, 2)


def test_pieces_become_objects_or_go() -> None:
    array = (two_blocks() > 0) * 7
    array[2, 9, 0] = 7
    apart = run("pieces", array)
    assert sorted(np.unique(apart[apart > 0], return_counts=True)[1].tolist()) == [1, 108, 108]
    assert apart[2, 5, 5] == 7
    largest = run("pieces", array, others="remove")
    assert (largest > 0).sum() == 108


def test_a_diagonal_touch_is_one_piece() -> None:
    array = np.zeros((1, 4, 4), np.uint32)
    array[0, 0, 0] = array[0, 1, 1] = 3
    np.testing.assert_array_equal(run("pieces", array), array)


def test_objects_at_the_border_go() -> None:
    array = two_blocks()
    array[2, 5, 0:2] = 1
    array[4, 5, 14] = 2
    assert np.unique(run("clear-border", array)).tolist() == [0, 2]
    assert not run("clear-border", array, border="all").any()
    flat = two_blocks()[2:3]
    np.testing.assert_array_equal(run("clear-border", flat, border="all"), flat)


def test_numbers_change_one_by_one_and_all() -> None:
    assert np.unique(run("change-number", two_blocks(), 1)).tolist() == [0, 2, 3]
    assert np.unique(run("change-number", two_blocks(), 1, number=2**32 - 1)).tolist() == [0, 2, 2**32 - 1]
    with pytest.raises(UserError, match="exists already"):
        run("change-number", two_blocks(), 1, number=2)
    array = two_blocks() * 40
    np.testing.assert_array_equal(run("renumber", array), two_blocks())


@pytest.mark.parametrize("plane", list(Plane))
def test_drawn_slices_are_filled_in_between(plane: Plane) -> None:
    array = np.zeros((12, 12, 12), np.uint32)
    array[0, 2:10, 2:6] = array[6, 2:10, 2:6] = 1
    array[0, 2:10, 7:9] = array[4, 2:10, 7:9] = 2
    array[3, 5, 3] = 9
    expected = array.copy()
    expected[1:6, 2:10, 2:6] = 1
    expected[1:4, 2:10, 7:9] = 2
    expected[3, 5, 3] = 9
    axis = plane.depth_axis
    turned = np.ascontiguousarray(np.moveaxis(array, 0, axis))
    filled = np.moveaxis(run("interpolate", turned, plane=plane.value), axis, 0)
    np.testing.assert_array_equal(filled, expected)
    one = np.moveaxis(run("interpolate", turned, 2, plane=plane.value), axis, 0)
    np.testing.assert_array_equal(one == 1, array == 1)
    few = np.moveaxis(run("interpolate", turned, plane=plane.value, largest_gap=3), axis, 0)
    np.testing.assert_array_equal(few == 1, array == 1)
    assert (few == 2).sum() == (expected == 2).sum()


@pytest.mark.parametrize("plane", list(Plane))
def test_a_line_cuts_an_object_in_all_slices_or_in_one(plane: Plane) -> None:
    array = np.zeros((6, 9, 11), np.uint32)
    array[1:5, 2:7, 1:10] = 4
    array[1:5, 8, 1:10] = 4
    axis = plane.depth_axis
    turned = np.ascontiguousarray(np.moveaxis(array, 0, axis))

    def place(row: int, column: int) -> Place:
        rest = [row, column]
        rest.insert(axis, 2)
        return Place(plane, (rest[0], rest[1], rest[2]))

    line = (place(0, 6), place(7, 6))
    cut = np.moveaxis(run("cut-line", turned, places=line), axis, 0)
    assert ((cut > 0) == (array > 0)).all()
    assert (cut[1:5, 2:7, 1:5] == 4).all()
    assert (cut[1:5, 2:7, 8:10] == 5).all()
    assert (cut[1:5, 8] == array[1:5, 8]).all()
    here = np.moveaxis(run("cut-line", turned, places=line, extent="slice"), axis, 0)
    assert (here[3] == array[3]).all()
    assert 5 in here[2]
    short = (place(2, 6), place(4, 6))
    np.testing.assert_array_equal(run("cut-line", turned, places=short), turned)


def test_a_cut_needs_a_line() -> None:
    with pytest.raises(UserError, match="line"):
        run("cut-line", two_blocks())


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        (reshape_module, "reshape", {}),
        (pieces_module, "pieces", {}),
        (interpolate_module, "interpolate", {}),
        (cut_module, "cut-line", {}),
    ],
)
def test_what_is_too_large_is_said(
    module: Any, name: str, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_VOXELS", 10)
    array = two_blocks()
    array[2, 5, 5] = 0
    places = (Place(Plane.XY, (2, 0, 4)), Place(Plane.XY, (2, 9, 4))) if name == "cut-line" else ()
    with pytest.raises(UserError, match="too much"):
        run(name, array, places=places, **parameters)
