from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.layers import PREVIEW
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.gui.viewer.preview_stage import PreviewStage
from desktop_app.gui.viewer.viewer import ViewerWidget

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def viewer(qtbot) -> Iterator[ViewerWidget]:
    viewer = ViewerWidget()
    qtbot.addWidget(viewer)
    viewer.resize(900, 700)
    viewer.show()
    viewer.set_volume(Volume.from_array(np.full((20, 60, 80), 100, np.uint8)))
    QApplication.processEvents()
    yield viewer
    viewer.stop()


def drag(viewer: ViewerWidget, plane: Plane, start: tuple[float, float], stop: tuple[float, float]) -> None:
    canvas = viewer.grid.views[plane].canvas
    first, last = (QPoint(*(round(c) for c in canvas.screen_of(*place))) for place in (start, stop))
    QTest.mousePress(canvas.viewport(), LEFT, pos=first)
    QTest.mouseMove(canvas.viewport(), last)
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=last)


def test_a_rectangle_is_drawn_in_any_plane_and_tools_do_not_see_it(qtbot, viewer: ViewerWidget) -> None:
    stage, picked, pressed = PreviewStage(viewer), [], []
    viewer.pointer_pressed.connect(lambda *told: pressed.append(told))
    viewer.set_layout("xz")
    QApplication.processEvents()
    stage.pick_rectangle(picked.append)
    drag(viewer, Plane.XZ, (15.5, 60.5), (4.5, 20.5))
    assert picked == [Region((4, 30, 20), (16, 31, 61))]
    assert pressed == []
    drag(viewer, Plane.XZ, (5.5, 5.5), (9.5, 9.5))
    assert len(pressed) == 1


def test_a_click_draws_nothing_and_a_right_click_gives_up(qtbot, viewer: ViewerWidget) -> None:
    stage, picked = PreviewStage(viewer), []
    stage.pick_rectangle(picked.append)
    drag(viewer, Plane.XY, (30.5, 30.5), (30.5, 31.5))
    assert picked == []
    assert stage.picker.active
    QTest.mouseClick(viewer.grid.views[Plane.XY].canvas.viewport(), RIGHT)
    assert picked == [None]
    assert not stage.picker.active


def test_escape_gives_up(qtbot, viewer: ViewerWidget) -> None:
    stage, picked = PreviewStage(viewer), []
    stage.pick_rectangle(picked.append)
    QTest.keyClick(viewer.grid.views[Plane.XY].canvas, Qt.Key.Key_Escape)
    assert picked == [None]


def test_the_frame_is_drawn_in_its_plane_only(qtbot, viewer: ViewerWidget) -> None:
    stage = PreviewStage(viewer)
    viewer.set_layout("all")
    QApplication.processEvents()
    stage.show_frame(Plane.YZ, Region((2, 10, 5), (12, 40, 6)))
    view = viewer.grid.views[Plane.YZ]
    assert view.canvas.hud.state.frame == (*view.canvas.screen_of(10, 2), *view.canvas.screen_of(40, 12))
    assert viewer.grid.views[Plane.XY].canvas.hud.state.frame is None
    viewer.set_depth(Plane.YZ, 70)
    assert view.canvas.hud.state.frame is not None
    stage.show_frame(None, None)
    assert view.canvas.hud.state.frame is None


def test_the_active_plane_is_the_clicked_one_not_the_one_passed_over(qtbot, viewer: ViewerWidget) -> None:
    stage = PreviewStage(viewer)
    viewer.set_layout("all")
    QApplication.processEvents()
    QTest.mouseClick(viewer.grid.views[Plane.XZ].canvas.viewport(), LEFT)
    viewer.navigator.hover(Plane.YZ)
    assert viewer.current_plane() is Plane.YZ
    assert stage.active_plane() is Plane.XZ
    marked = [plane for plane, view in viewer.grid.views.items() if view.canvas.hud.state.active]
    assert marked == [Plane.XZ]
    viewer.set_layout("xy")
    assert stage.active_plane() is Plane.XY
    assert not viewer.grid.views[Plane.XY].canvas.hud.state.active
    assert [stage.is_seen(plane) for plane in Plane] == [True, False, False]


def test_while_previewing_the_first_click_on_another_view_only_chooses_it(qtbot, viewer: ViewerWidget) -> None:
    stage, pressed, released = PreviewStage(viewer), [], []
    viewer.pointer_pressed.connect(lambda *told: pressed.append(told[0].plane))
    viewer.pointer_released.connect(lambda *told: released.append(told[0].plane))
    viewer.set_layout("all")
    QApplication.processEvents()
    stage.watch(True)
    drag(viewer, Plane.XZ, (5.5, 20.5), (9.5, 30.5))
    assert stage.active_plane() is Plane.XZ
    assert pressed == released == []
    drag(viewer, Plane.XZ, (5.5, 20.5), (9.5, 30.5))
    assert pressed == released == [Plane.XZ]
    stage.watch(False)
    drag(viewer, Plane.XY, (5.5, 20.5), (9.5, 30.5))
    assert pressed == [Plane.XZ, Plane.XY]


def test_maps_lie_below_the_preview_and_keep_their_looks(qtbot, viewer: ViewerWidget) -> None:
    stage, region = PreviewStage(viewer), Region((0, 0, 0), (1, 4, 4))
    maps = tuple(MapLayer(n, n.title(), np.ones((1, 4, 4), np.uint32), LabelScheme()) for n in ("seeds", "arrows"))
    stage.show_preview_labels(region, np.ones((1, 4, 4), np.uint32))
    stage.show_preview_maps(region, maps)
    assert [layer.key for layer in viewer.layers.stack] == ["map:seeds", "map:arrows", PREVIEW]
    assert [layer.look.visible for layer in viewer.layers.stack] == [True, False, True]
    viewer.layers.set_look("map:arrows", visible=True)
    stage.show_preview_maps(region, maps)
    assert viewer.layers.get("map:arrows").look.visible
    stage.show_preview_maps(region, ())
    assert [layer.key for layer in viewer.layers.stack] == [PREVIEW]
