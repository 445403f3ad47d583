from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.labelling import ArrayLabelStore, LabelClass, LabelScheme
from desktop_app.core.labelling.layers import AGREEMENT, OWN, LabelLayer, LabelStyle, LayerLook
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.slots import viewer_slots
from desktop_app.gui.viewer.viewer import ViewerWidget

SHAPE = (20, 60, 80)
RED = LabelScheme(kind="classes", classes=(LabelClass(value=1, name="Cell", color=(255, 0, 0)),))
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def viewer(qtbot) -> Iterator[ViewerWidget]:
    viewer = ViewerWidget()
    qtbot.addWidget(viewer)
    viewer.resize(900, 700)
    viewer.show()
    viewer.set_volume(Volume.from_array(np.full(SHAPE, 100, np.uint8), voxel_size=VoxelSize(z=2, y=1, x=1)))
    viewer.set_window(Window(0, 255))
    QApplication.processEvents()
    yield viewer
    viewer.stop()


def place(viewer: ViewerWidget, row: float, column: float, plane: Plane = Plane.XY) -> QPoint:
    x, y = viewer.grid.views[plane].canvas.screen_of(row, column)
    return QPoint(round(x), round(y))


def color(viewer: ViewerWidget, row: float, column: float, plane: Plane = Plane.XY) -> QColor:
    canvas = viewer.grid.views[plane].canvas
    picture = canvas.grab().toImage()
    x, y = (round(along * picture.devicePixelRatio()) for along in canvas.screen_of(row, column))
    return picture.pixelColor(x, y)


def wheel(viewer: ViewerWidget, turn: int, keys: Qt.KeyboardModifier = NONE, at: QPoint | None = None) -> None:
    canvas = viewer.grid.views[viewer.current_plane()].canvas
    where = QPointF(at or canvas.rect().center())
    event = QWheelEvent(
        where, canvas.mapToGlobal(where), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(event)


def test_grey_values_are_shown_within_the_window(viewer: ViewerWidget) -> None:
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (100, 100, 100)
    viewer.set_window(Window(100, 200))
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (0, 0, 0)


def test_labels_lie_over_the_image_and_can_be_hidden(viewer: ViewerWidget) -> None:
    store = ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    store.array[10, 20:40, 20:40] = 1
    viewer.set_labels(store, RED)
    viewer.set_opacity(0.5)
    assert color(viewer, 30.5, 30.5).red() > color(viewer, 30.5, 30.5).green() + 60
    assert color(viewer, 30.5, 60.5).red() == 100
    viewer.toolbar.cycle_style()
    assert viewer.toolbar.label_style is LabelStyle.CONTOUR
    assert color(viewer, 30.5, 30.5).red() == 100
    viewer.toolbar.cycle_style()
    viewer.toolbar.cycle_style()
    viewer.set_scheme(RED, hidden=frozenset({1}))
    assert color(viewer, 30.5, 30.5).red() == 100


def test_only_the_changed_rectangle_is_read_again(viewer: ViewerWidget) -> None:
    class Counting(ArrayLabelStore):
        def read(self, region: Region) -> np.ndarray:
            reads.append(region)
            return ArrayLabelStore.read(self, region)

    reads: list[Region] = []
    store = Counting(np.zeros(SHAPE, np.uint32))
    viewer.set_labels(store, RED)
    viewer.set_opacity(1.0)
    assert color(viewer, 30.5, 30.5).green() == 100
    reads.clear()
    region = Region((10, 25, 25), (11, 35, 35))
    store.write(region, np.ones(region.shape, np.uint32))
    viewer.refresh_labels(region)
    assert reads == [region]
    assert color(viewer, 30.5, 30.5).getRgb()[:3] == (255, 0, 0)
    assert color(viewer, 50.5, 50.5).green() == 100


def test_a_proposal_is_striped_and_goes_away(viewer: ViewerWidget) -> None:
    viewer.set_labels(ArrayLabelStore(np.zeros(SHAPE, np.uint32)), RED)
    region = Region((8, 10, 10), (12, 50, 70))
    viewer.show_preview_labels(region, np.ones(region.shape, np.uint32))
    greens = {color(viewer, 20.5 + i / 3, 30.5).green() for i in range(30)}
    assert 100 in greens
    assert len(greens) > 1
    viewer.show_preview_labels(region, None)
    assert {color(viewer, 20.5 + i / 3, 30.5).green() for i in range(30)} == {100}


def test_the_wheel_changes_the_slice(viewer: ViewerWidget, qtbot) -> None:
    assert viewer.current_depth(Plane.XY) == 10
    with qtbot.waitSignal(viewer.position_changed) as changed:
        wheel(viewer, -120)
    assert changed.args == [(11, 30, 40)]
    wheel(viewer, 120, Qt.KeyboardModifier.ShiftModifier)
    assert viewer.current_depth(Plane.XY) == 1
    wheel(viewer, 1200)
    assert viewer.current_depth(Plane.XY) == 0


def test_fine_wheel_steps_add_up(viewer: ViewerWidget) -> None:
    for _ in range(3):
        wheel(viewer, -40)
    assert viewer.current_depth(Plane.XY) == 11


def test_control_and_wheel_zooms_at_the_pointer(viewer: ViewerWidget) -> None:
    at = place(viewer, 10.5, 10.5)
    before = viewer.navigator.scale
    wheel(viewer, 240, Qt.KeyboardModifier.ControlModifier, at)
    assert viewer.navigator.scale == pytest.approx(before * 1.25**2)
    after = place(viewer, 10.5, 10.5)
    assert (after - at).manhattanLength() <= 2
    assert viewer.current_depth(Plane.XY) == 10


def test_the_wheel_zooms_a_flat_image(viewer: ViewerWidget) -> None:
    viewer.set_volume(Volume.from_array(np.zeros((60, 80), np.uint8)))
    before = viewer.navigator.scale
    wheel(viewer, 120)
    assert viewer.navigator.scale > before
    viewer.set_layout("all")
    assert viewer.grid.name == "xy"


def test_alt_and_wheel_asks_for_another_brush(viewer: ViewerWidget, qtbot) -> None:
    with qtbot.waitSignal(viewer.brush_size_wanted) as wanted:
        wheel(viewer, 120, Qt.KeyboardModifier.AltModifier)
    assert wanted.args == [1]


def test_space_and_drag_moves_the_picture_and_presses_nothing(viewer: ViewerWidget) -> None:
    canvas = viewer.grid.views[Plane.XY].canvas
    pressed: list[object] = []
    viewer.pointer_pressed.connect(lambda *a: pressed.append(a))
    viewer.navigator.zoom_by(4)
    before = canvas.screen_of(30, 40)
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.mousePress(canvas.viewport(), LEFT, NONE, QPoint(200, 200))
    QTest.mouseMove(canvas.viewport(), QPoint(230, 215))
    QTest.mouseRelease(canvas.viewport(), LEFT, NONE, QPoint(230, 215))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    after = canvas.screen_of(30, 40)
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((30, 15))
    assert not pressed


def test_presses_arrive_in_image_coordinates(viewer: ViewerWidget, qtbot) -> None:
    with qtbot.waitSignal(viewer.pointer_pressed) as pressed:
        QTest.mousePress(viewer.grid.views[Plane.XY].canvas.viewport(), LEFT, NONE, place(viewer, 12.5, 33.5))
    point, button, _ = pressed.args
    assert isinstance(point, ToolPoint)
    assert button == LEFT
    assert point.voxel == (10, 12, 33)


def test_three_planes_share_place_and_scale(viewer: ViewerWidget) -> None:
    viewer.set_layout("all")
    QApplication.processEvents()
    views = viewer.grid.views
    assert all(view.isVisible() for view in views.values())
    xy_y = views[Plane.XY].canvas.mapTo(viewer, QPoint(0, place(viewer, 15, 0).y())).y()
    yz_y = views[Plane.YZ].canvas.mapTo(viewer, QPoint(0, place(viewer, 15, 0, Plane.YZ).y())).y()
    assert abs(xy_y - yz_y) <= 1
    assert abs(place(viewer, 0, 25).x() - place(viewer, 0, 25, Plane.XZ).x()) <= 1
    canvas = views[Plane.XZ].canvas
    z0, z1 = canvas.screen_of(0, 0)[1], canvas.screen_of(20, 0)[1]
    x0, x1 = canvas.screen_of(0, 0)[0], canvas.screen_of(0, 40)[0]
    assert (z1 - z0) == pytest.approx(x1 - x0)


def test_shift_click_takes_all_planes_to_the_pointer(viewer: ViewerWidget) -> None:
    viewer.set_layout("all")
    QApplication.processEvents()
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(viewer.grid.views[Plane.XY].canvas.viewport(), LEFT, shift, place(viewer, 12.5, 33.5))
    assert viewer.navigator.position == (10, 12, 33)
    viewer.center_on((3, 50, 60))
    assert viewer.navigator.position == (3, 50, 60)


def test_a_place_is_shown_from_near_but_never_from_further_away(viewer: ViewerWidget) -> None:
    viewer.fit()
    viewer.center_on((3, 50, 60), 16)
    seen = viewer.navigator.visible_region(Plane.XY)
    assert seen.contains((3, 50, 60))
    assert 16 <= min(seen.shape[1:]) <= 18  # whole pixels, cut at both sides
    viewer.center_on((3, 20, 30), 60)
    assert min(viewer.navigator.visible_region(Plane.XY).shape[1:]) <= 18


def test_one_plane_large_and_back(viewer: ViewerWidget) -> None:
    viewer.set_layout("all")
    viewer.set_pan_with_left(True)
    QTest.mouseDClick(viewer.grid.views[Plane.XZ].canvas.viewport(), LEFT, NONE, QPoint(20, 20))
    assert viewer.grid.name == "xz"
    viewer.navigator.toggle_maximised()
    assert viewer.grid.name == "all"


def test_tab_cycles_and_h_peeks(viewer: ViewerWidget) -> None:
    canvas = viewer.grid.views[Plane.XY].canvas
    viewer.set_labels(ArrayLabelStore(np.ones(SHAPE, np.uint32)), RED)
    QTest.keyPress(canvas, Qt.Key.Key_H)
    assert color(viewer, 30.5, 30.5).green() == 100
    QTest.keyRelease(canvas, Qt.Key.Key_H)
    assert color(viewer, 30.5, 30.5).green() < 100
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert viewer.toolbar.label_style is LabelStyle.CONTOUR


def test_the_status_says_what_is_under_the_pointer(viewer: ViewerWidget) -> None:
    said: list[str] = []
    viewer.status_changed.connect(said.append)
    labels = ArrayLabelStore(np.ones(SHAPE, np.uint32))
    viewer.set_labels(labels, RED)
    canvas = viewer.grid.views[Plane.XY].canvas
    QTest.mouseMove(canvas.viewport(), place(viewer, 12.5, 33.5))
    QApplication.processEvents()
    assert said[-1] == "x 33  y 12  z 10  (33.5, 12.5, 21 µm)   ·   grey 100   ·   label 1 Cell"
    painted = Region((10, 10, 30), (11, 14, 36))
    labels.write(painted, np.zeros(painted.shape, np.uint32))
    viewer.refresh_labels(painted)
    assert said[-1].endswith("   ·   not labelled")
    QTest.mouseMove(canvas.viewport(), QPoint(2, canvas.height() // 2))
    QApplication.processEvents()
    assert said[-1] == ""


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_images_look_right_at_first_sight(viewer: ViewerWidget, dtype: type) -> None:
    data = np.random.default_rng(0).normal(30_000, 500, SHAPE).astype(dtype)
    if dtype == np.float32:
        data[0, 0, 0] = np.nan
    viewer.set_volume(Volume.from_array(data))
    bright = [color(viewer, r + 0.5, c + 0.5).red() for r in range(5, 55, 5) for c in range(5, 75, 5)]
    assert min(bright) < 90
    assert max(bright) > 165


def test_channels_have_their_own_contrast(viewer: ViewerWidget) -> None:
    data = np.zeros((2, *SHAPE), np.uint16)
    data[0, ::2], data[1, ::2] = 100, 4000
    viewer.set_volume(Volume.from_array(data, channel_names=("DAPI", "GFP")))
    assert [viewer.toolbar.channel.itemText(i) for i in (0, 1)] == ["DAPI", "GFP"]
    viewer.set_channel(1)
    assert viewer.toolbar.contrast.window_value.high == pytest.approx(4000)
    viewer.set_channel(0)
    assert viewer.toolbar.contrast.window_value.high == pytest.approx(100)


def test_channels_are_seen_together_each_in_its_colour(viewer: ViewerWidget) -> None:
    data = np.zeros((2, *SHAPE), np.uint8)
    data[0], data[1] = 200, 100
    viewer.set_volume(Volume.from_array(data, channel_names=("DAPI", "GFP")))
    for channel in (0, 1):
        viewer.set_channel(channel)
        viewer.set_window(Window(0, 255))
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (100, 100, 100)
    viewer.toolbar.channel_chosen.emit(-1)
    assert viewer.toolbar.channel.currentText() == "All channels"
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (100, 200, 100)
    viewer.channels.change(0, visible=False)
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (100, 0, 100)
    viewer.channels.change(1, visible=False)
    assert color(viewer, 30.5, 40.5).value() < 90, "nothing is shown but the background"


def test_results_lie_over_the_image_beside_the_labels(viewer: ViewerWidget) -> None:
    own, result = np.zeros(SHAPE, np.uint32), np.zeros(SHAPE, np.uint32)
    own[10, :, :20], result[10, :, 40:] = 1, 1
    viewer.set_labels(ArrayLabelStore(own), RED)
    viewer.set_opacity(1.0)
    blue = LabelScheme(kind="classes", classes=(LabelClass(value=1, name="Cell", color=(0, 0, 255)),))
    viewer.layers.put(LabelLayer("r", "Result", ArrayLabelStore(result), scheme=blue, look=LayerLook(opacity=1.0)))
    assert color(viewer, 30.5, 10.5).getRgb()[:3] == (255, 0, 0)
    assert color(viewer, 30.5, 60.5).getRgb()[:3] == (0, 0, 255)
    viewer.layers.set_look("r", visible=False)
    assert color(viewer, 30.5, 60.5).getRgb()[:3] == (100, 100, 100)
    viewer.layers.set_look("r", visible=True, opacity=0.5)
    assert color(viewer, 30.5, 60.5).getRgb()[:3] == pytest.approx((50, 50, 178), abs=1)
    viewer.layers.remove("r")
    assert color(viewer, 30.5, 60.5).getRgb()[:3] == (100, 100, 100)


def test_a_comparison_follows_the_brush(viewer: ViewerWidget) -> None:
    store, result = ArrayLabelStore(np.zeros(SHAPE, np.uint32)), np.zeros(SHAPE, np.uint32)
    result[10, 20:40, 20:40] = 7
    viewer.set_labels(store, LabelScheme())
    viewer.layers.put(LabelLayer("r", "Result", ArrayLabelStore(result)))
    viewer.layers.compare(OWN, "r")
    viewer.layers.set_look(AGREEMENT, opacity=1.0)
    assert color(viewer, 30.5, 30.5).getRgb()[:3] == (230, 159, 0)
    region = Region((10, 25, 25), (11, 35, 35))
    store.write(region, np.full(region.shape, 3, np.uint32))
    viewer.refresh_labels(region)
    assert color(viewer, 30.5, 30.5).getRgb()[:3] == (235, 235, 235)


def test_colour_pictures_are_shown_in_colour(viewer: ViewerWidget) -> None:
    data = np.zeros((3, 1, 60, 80), np.uint8)
    data[0], data[1], data[2] = 200, 100, 50
    viewer.set_volume(Volume.from_array(data, rgb=True))
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (200, 100, 50)
    assert viewer.toolbar.channel.isHidden()


def test_the_visible_region_is_what_is_seen(viewer: ViewerWidget) -> None:
    assert viewer.visible_region(Plane.XY) == Region((10, 0, 0), (11, 60, 80))
    viewer.navigator.zoom_by(8)
    seen = viewer.visible_region(Plane.XY)
    assert 0 < seen.size < 60 * 80
    assert seen.contains((10, 30, 40))


def test_every_slot_of_the_actions_works(viewer: ViewerWidget) -> None:
    slots = viewer_slots(viewer)
    slots["view.last_slice"]()
    assert viewer.current_depth(Plane.XY) == 19
    slots["view.previous_slice"]()
    assert viewer.current_depth(Plane.XY) == 18
    for slot in slots.values():
        slot()
    slots["view.actual_size"]()
    assert viewer.navigator.scale == pytest.approx(1.0 / viewer.devicePixelRatioF())


def test_an_unreadable_slice_is_one_message(viewer: ViewerWidget, qtbot) -> None:
    class Broken:
        shape = (1, *SHAPE)
        dtype = np.dtype(np.uint8)

        def read(self, channel: int, region: Region) -> np.ndarray:
            raise UserError("Cannot open scan.tif: it is cut off.")

    problems: list[UserError] = []
    viewer.problem_found.connect(problems.append)
    viewer.set_volume(Volume(Broken()))
    viewer.set_layout("all")
    qtbot.waitUntil(lambda: bool(problems) and not any(viewer.is_late(p) for p in Plane))
    for depth in range(5):
        viewer.set_depth(Plane.XY, depth)
        qtbot.waitUntil(lambda: not viewer.is_late(Plane.XY))
    assert len(problems) == 1
    assert color(viewer, 30.5, 40.5).getRgb()[:3] == (0, 0, 0)


def test_the_number_of_a_slice_can_be_typed(viewer: ViewerWidget, qtbot) -> None:
    view = viewer.grid.views[Plane.XY]
    viewer_slots(viewer)["view.go_to_slice"]()
    qtbot.waitUntil(view.number.hasFocus)
    QTest.keyClicks(view.number, "1")
    QTest.keyClick(view.number, Qt.Key.Key_Return)
    assert viewer.current_depth(Plane.XY) == 1
    assert view.canvas.hasFocus()


def test_the_slider_keeps_room_in_a_narrow_view(viewer: ViewerWidget) -> None:
    view = viewer.grid.views[Plane.XY]
    assert view.count.text() == "of 20"
    view.setFixedWidth(180)
    QApplication.processEvents()
    assert view.count.text() == ""
    assert view.slider.width() >= 30


def test_the_3d_view_has_the_fourth_quarter_and_can_stand_alone(viewer: ViewerWidget) -> None:
    viewer.set_layout("all")
    assert viewer.grid.space.isVisible()
    viewer.set_layout("3d")
    assert viewer.grid.space.isVisible()
    assert not any(view.isVisible() for view in viewer.grid.views.values())
    viewer_slots(viewer)["view.next_slice"]()
    assert viewer.navigator.position[0] == SHAPE[0] // 2 + 1
    viewer.grid.space.full_wanted.emit()
    viewer.set_layout("xy")
    assert not viewer.grid.space.isVisible()


def test_a_flat_image_has_no_3d_view(viewer: ViewerWidget) -> None:
    viewer.set_volume(Volume.from_array(np.zeros((20, 30), np.uint8)))
    viewer.set_layout("3d")
    assert viewer.grid.name == "xy"


def test_what_is_seen_whole_is_shown_without_moving_the_picture(viewer: ViewerWidget) -> None:
    viewer.fit()
    before = place(viewer, 0, 0)
    viewer.navigator.reveal((7, 5, 70), Region((6, 2, 66), (9, 9, 78)))
    assert viewer.current_depth(Plane.XY) == 7
    assert place(viewer, 0, 0) == before
    viewer.navigator.zoom_by(3)
    viewer.navigator.reveal((3, 5, 70), Region((2, 2, 66), (5, 9, 78)))
    assert viewer.current_depth(Plane.XY) == 3
    middle = viewer.grid.views[Plane.XY].canvas.rect().center()
    assert (place(viewer, 5.5, 70.5) - middle).manhattanLength() <= 4
