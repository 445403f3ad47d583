from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings, fill
from desktop_app.core.labelling.tools.brush import BrushTool
from desktop_app.core.labelling.tools.outline import DraggedOutline
from desktop_app.core.labelling.tools.pick import PickTool
from desktop_app.core.labelling.tools.polygon import PolygonTool

SHAPE = (5, 12, 10)
IMAGE = np.random.default_rng(9).integers(0, 5, SHAPE).astype(np.uint16) * 1000
PAINTING = [name for name, info in TOOLS.items() if info.writes]


def store_of(seed: int = 0, shape: tuple[int, int, int] = SHAPE) -> ArrayLabelStore:
    coarse = np.random.default_rng(seed).integers(0, 4, shape, dtype=np.uint32)
    return ArrayLabelStore(coarse)


@st.composite
def points(draw: st.DrawFn) -> list[ToolPoint]:
    plane = draw(st.sampled_from(list(Plane)))
    depth = draw(st.integers(0, SHAPE[plane.depth_axis] - 1))
    place = st.floats(-4, 16, allow_nan=False)
    path = draw(st.lists(st.tuples(place, place), min_size=1, max_size=5))
    return [ToolPoint(plane, depth, r, c) for r, c in path]


Way = dict[str, Any]


def settings_for(name: str, value: int, **more: Any) -> ToolSettings[Any]:
    """What a tool needs of ``more``: its own options, and what all tools share."""
    model = TOOLS[name].options
    own = {key: more.pop(key) for key in tuple(more) if key in model.model_fields}
    shared = {key: more[key] for key in ("locked", "voxel_aspect", "erase") if key in more}
    return ToolSettings(value, model(**own), grey=lambda region: IMAGE[region.slices], **shared)


ways = st.fixed_dictionaries(
    {
        "value": st.integers(0, 70_000),
        "size_px": st.integers(1, 12),
        "brush_3d": st.booleans(),
        "only_empty": st.booleans(),
        "locked": st.frozensets(st.integers(1, 3), max_size=2),
        "fill_3d": st.booleans(),
        "voxel_aspect": st.sampled_from([(1.0, 1.0, 1.0), (10.2, 1.0, 1.0), (2.2, 1.0, 1.0), (0.5, 1.0, 1.0)]),
        "erase": st.booleans(),
        "tolerance": st.sampled_from([0.0, 20.0, 60.0]),
        "wand_3d": st.booleans(),
        "smooth": st.booleans(),
    }
)


def drag(name: str, store: ArrayLabelStore, path: list[ToolPoint], way: Way):
    tool, how = TOOLS[name].factory(), settings_for(name, **way)
    touched = [tool.press(store, path[0], how)]
    touched += [tool.move(store, p, how) for p in path[1:]]
    edit = tool.release(store, path[-1], how)
    if TOOLS[name].collects:
        edit = tool.finish(store, how)
    if TOOLS[name].collects or isinstance(tool, DraggedOutline):
        touched.append(edit.region if edit else None)
    return edit, [t for t in touched if t is not None]


@pytest.mark.parametrize("name", list(TOOLS))
@settings(max_examples=60, deadline=None)
@given(path=points(), way=ways, seed=st.integers(0, 5))
def test_undo_brings_back_every_voxel_and_redo_does_it_again(
    name: str, path: list[ToolPoint], way: Way, seed: int
) -> None:
    store = store_of(seed)
    original = store.array.copy()
    edit, touched = drag(name, store, path, way)
    after = store.array.copy()
    if edit is None:
        np.testing.assert_array_equal(after, original)
        return
    assert (after != original).any()
    painted = np.zeros(SHAPE, bool)
    for region in touched:
        painted[region.slices] = True
    assert painted[after != original].all(), "a change was not reported for repainting"
    edit.revert(store)
    np.testing.assert_array_equal(store.array, original)
    edit.apply(store)
    np.testing.assert_array_equal(store.array, after)


@pytest.mark.parametrize("name", PAINTING)
@settings(max_examples=40, deadline=None)
@given(path=points(), way=ways)
def test_escape_restores(name: str, path: list[ToolPoint], way: Way) -> None:
    store = store_of(1)
    original = store.array.copy()
    tool, how = TOOLS[name].factory(), settings_for(name, **way)
    tool.press(store, path[0], how)
    for p in path[1:]:
        tool.move(store, p, how)
    tool.cancel(store)
    np.testing.assert_array_equal(store.array, original)
    assert tool.release(store, path[-1], how) is None


@pytest.mark.parametrize("name", PAINTING)
@settings(max_examples=60, deadline=None)
@given(path=points(), way=ways, seed=st.integers(0, 5))
def test_locked_labels_and_only_empty_hold(name: str, path: list[ToolPoint], way: Way, seed: int) -> None:
    store = store_of(seed)
    original = store.array.copy()
    drag(name, store, path, way)
    changed = store.array != original
    assert not np.isin(original[changed], list(way["locked"])).any()
    assert not np.isin(store.array[changed], list(way["locked"])).any()
    if way["only_empty"] and way["value"] != 0 and not way["erase"] and name != "eraser":
        assert (original[changed] == 0).all()


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("name", [name for name in PAINTING if name not in ("eraser", "livewire")])
def test_flat_tools_stay_in_their_slice(plane: Plane, name: str) -> None:
    store = ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    path = [ToolPoint(plane, 2, *rc) for rc in ((1.0, 1.0), (4.0, 1.0), (4.0, 4.0))]
    edit, _ = drag(name, store, path, {"value": 7, "size_px": 4, "tolerance": 100, "smooth": False})
    assert edit is not None
    depths = np.nonzero(store.array)[plane.depth_axis]
    assert set(depths.tolist()) == {2}


def test_brush_paints_a_disc_of_its_size() -> None:
    store = ArrayLabelStore(np.zeros((1, 41, 41), np.uint32))
    drag("brush", store, [ToolPoint(Plane.XY, 0, 20.5, 20.5)], {"value": 3, "size_px": 20})
    rows, columns = np.indices((41, 41)) - 20
    np.testing.assert_array_equal(store.array[0] == 3, rows**2 + columns**2 <= 100)


def test_finest_brush_paints_one_pixel_and_lines_without_gaps() -> None:
    store = ArrayLabelStore(np.zeros((1, 30, 30), np.uint32))
    drag("brush", store, [ToolPoint(Plane.XY, 0, 3.9, 4.1)], {"value": 1, "size_px": 1})
    assert np.argwhere(store.array[0]).tolist() == [[3, 4]]
    store = ArrayLabelStore(np.zeros((1, 30, 30), np.uint32))
    ends = [ToolPoint(Plane.XY, 0, 2.5, 2.5), ToolPoint(Plane.XY, 0, 9.5, 27.5)]
    drag("brush", store, ends, {"value": 1, "size_px": 1})
    assert store.array[0].any(axis=0)[2:28].all()


def test_ball_respects_the_proportions_of_voxels() -> None:
    store = ArrayLabelStore(np.zeros((21, 41, 41), np.uint32))
    how = {"value": 1, "size_px": 18, "brush_3d": True, "voxel_aspect": (3.0, 1.0, 1.0)}
    drag("brush", store, [ToolPoint(Plane.XY, 10, 20.5, 20.5)], how)
    spans = [np.ptp(np.nonzero(store.array)[axis]) + 1 for axis in range(3)]
    assert spans == [7, 19, 19]


def test_brush_is_round_as_seen_in_a_stretched_plane() -> None:
    store = ArrayLabelStore(np.zeros((21, 41, 41), np.uint32))
    how = {"value": 1, "size_px": 18, "voxel_aspect": (3.0, 1.0, 1.0)}
    drag("brush", store, [ToolPoint(Plane.XZ, 20, 10.5, 20.5)], how)
    spans = [np.ptp(np.nonzero(store.array)[axis]) + 1 for axis in range(3)]
    assert spans == [7, 1, 19]


def test_a_drag_that_changes_the_slice_draws_no_line_through_it() -> None:
    store = ArrayLabelStore(np.zeros((3, 20, 60), np.uint32))
    path = [ToolPoint(Plane.XY, 0, 10, 5), ToolPoint(Plane.XY, 1, 10, 50), ToolPoint(Plane.XY, 1, 10, 55)]
    drag("brush", store, path, {"value": 1, "size_px": 4})
    assert not store.array[:, :, 15:40].any()


def test_fill_stops_at_a_one_pixel_outline() -> None:
    array = np.zeros((1, 20, 20), np.uint32)
    for k in range(8):
        for row, column in ((2 + k, 9 - k), (2 + k, 9 + k), (16 - k, 9 - k), (16 - k, 9 + k)):
            array[0, row, column] = 5
    store = ArrayLabelStore(array.copy())
    drag("fill", store, [ToolPoint(Plane.XY, 0, 9.5, 9.5)], {"value": 5})
    assert (store.array[0, 9, 3:16] == 5).all()
    assert store.array[0, 0, 0] == 0


def test_fill_in_3d_follows_a_branch_back_through_slices() -> None:
    array = np.ones((3, 3, 9), np.uint32)
    array[0, 1, 1] = array[1, 1, 1] = array[2, 1, 1:8] = array[1, 1, 7] = array[0, 1, 7] = 0
    store = ArrayLabelStore(array)
    drag("fill", store, [ToolPoint(Plane.XY, 0, 1.5, 1.5)], {"value": 4, "fill_3d": True})
    assert (store.array == 4).sum() == 11
    assert not (store.array == 0).any()


def test_fill_refuses_more_than_one_step_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fill, "MOST_VOXELS", 50)
    store = ArrayLabelStore(np.zeros((5, 4, 4), np.uint32))
    with pytest.raises(UserError, match="too large"):
        drag("fill", store, [ToolPoint(Plane.XY, 0, 1.5, 1.5)], {"value": 4, "fill_3d": True})
    assert not store.array.any()


def test_polygon_labels_the_pixels_whose_centres_are_inside() -> None:
    store = ArrayLabelStore(np.zeros((1, 20, 20), np.uint32))
    corners = [(2, 3), (2, 9), (7, 9), (7, 3)]
    drag("polygon", store, [ToolPoint(Plane.XY, 0, r, c) for r, c in corners], {"value": 2})
    expected = np.zeros((20, 20), np.uint32)
    expected[2:7, 3:9] = 2
    np.testing.assert_array_equal(store.array[0], expected)


def test_polygon_takes_corners_back_and_needs_three() -> None:
    store = ArrayLabelStore(np.zeros((1, 20, 20), np.uint32))
    tool, how = PolygonTool(), settings_for("polygon", value=2)
    for corner in ((2.0, 2.0), (2.0, 9.0), (9.0, 9.0)):
        tool.press(store, ToolPoint(Plane.XY, 0, *corner), how)
    tool.step_back()
    assert len(tool.collected) == 2
    assert tool.finish(store, how) is None
    assert not store.array.any()


def test_polygon_on_another_slice_begins_anew() -> None:
    tool, how = PolygonTool(), settings_for("polygon", value=2)
    store = ArrayLabelStore(np.zeros((2, 20, 20), np.uint32))
    tool.press(store, ToolPoint(Plane.XY, 0, 2, 2), how)
    tool.press(store, ToolPoint(Plane.XY, 1, 5, 5), how)
    assert [p.depth for p in tool.collected] == [1]


def test_pick_reads_under_the_pointer_and_nothing_outside() -> None:
    store = store_of(3)
    tool = PickTool()
    tool.press(store, ToolPoint(Plane.YZ, 4, 6.2, 3.9), settings_for("pick", value=0))
    assert tool.picked == store.array[3, 6, 4]
    tool.press(store, ToolPoint(Plane.YZ, 4, -0.1, 3.9), settings_for("pick", value=0))
    assert tool.picked is None


def test_a_stroke_outside_the_image_changes_nothing() -> None:
    store = store_of(2)
    original = store.array.copy()
    edit, touched = drag("brush", store, [ToolPoint(Plane.XY, 0, -90, -90)], {"value": 9, "size_px": 10})
    assert edit is None
    assert touched == []
    np.testing.assert_array_equal(store.array, original)


def test_edit_is_no_larger_than_what_changed() -> None:
    store = ArrayLabelStore(np.zeros((1, 64, 64), np.uint32))
    path = [ToolPoint(Plane.XY, 0, 10.5, 10.5), ToolPoint(Plane.XY, 0, 10.5, 20.5)]
    edit, _ = drag("brush", store, path, {"value": 9, "size_px": 4})
    assert edit is not None
    assert edit.region == Region((0, 8, 8), (1, 13, 23))
    assert edit.title == "Brush"


def test_a_long_stroke_of_a_large_ball_takes_little_memory() -> None:
    store = ArrayLabelStore(np.zeros((20, 200, 200), np.uint32))
    tool, how = BrushTool(), settings_for("brush", value=5, size_px=40, brush_3d=True, voxel_aspect=(2.0, 1.0, 1.0))
    tracemalloc.start()
    tool.press(store, ToolPoint(Plane.XY, 10, 30, 30), how)
    for step in range(300):
        tool.move(store, ToolPoint(Plane.XY, 10, 30 + 0.4 * step, 30 + 0.3 * step), how)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 4_000_000
    assert tool.release(store, ToolPoint(Plane.XY, 10, 150, 120), how) is not None


@given(path=points(), way=ways, asks=st.sets(st.integers(0, 4)))
@settings(max_examples=60, deadline=None)
def test_pieces_told_on_the_way_add_up_to_the_stroke(path: list[ToolPoint], way: Way, asks: set[int]) -> None:
    store = store_of(6)
    journal = ArrayLabelStore(store.array.copy())
    original, told = store.array.copy(), []
    tool, how = BrushTool(), settings_for("brush", **way)
    tool.press(store, path[0], how)
    for number, point in enumerate(path):
        tool.move(store, point, how)
        if number in asks and (edit := tool.newest(store)) is not None:
            told.append(edit)
            edit.apply(journal)
            np.testing.assert_array_equal(journal.array, store.array)
    tool.cancel(store)
    for edit in reversed(told):
        edit.revert(journal)
    np.testing.assert_array_equal(journal.array, original)
    np.testing.assert_array_equal(store.array, original)
