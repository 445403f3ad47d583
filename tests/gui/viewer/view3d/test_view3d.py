from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.camera import first_camera
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import color_table
from desktop_app.gui.viewer.view3d.scene_picture import SceneLook
from desktop_app.gui.viewer.view3d.scene_thread import SceneThread, Source
from desktop_app.gui.viewer.view3d.view3d import View3D

SHAPE = (20, 30, 40)
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot) -> View3D:
    view = View3D()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.set_volume(SHAPE, (1.0, 1.0, 1.0))
    view.show()
    QApplication.processEvents()
    return view


def drag(view: View3D, button: Qt.MouseButton, to: QPoint) -> None:
    at = view.rect().center()
    QTest.mousePress(view, button, NONE, at)
    QTest.mouseMove(view, at + to / 2)
    QTest.mouseMove(view, at + to)
    QTest.mouseRelease(view, button, NONE, at + to)


def test_the_mouse_turns_pans_and_zooms(view: View3D) -> None:
    before = view.camera
    drag(view, LEFT, QPoint(60, 0))
    turned = view.camera
    assert turned.forward != before.forward
    assert turned.center == before.center
    event = QWheelEvent(
        QPointF(250, 180), QPointF(250, 180), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    view.wheelEvent(event)
    assert view.camera.scale > turned.scale
    zoomed = view.camera
    drag(view, MIDDLE, QPoint(0, 40))
    assert view.camera.forward == zoomed.forward
    assert view.camera.center != zoomed.center
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.camera == before


def test_a_click_asks_what_is_there_and_a_drag_does_not(view: View3D) -> None:
    asked: list[Any] = []
    view.pick_wanted.connect(lambda *what: asked.append(what[1:]))
    QTest.mouseClick(view, LEFT, NONE, QPoint(250, 160))
    scale = view.devicePixelRatioF()
    assert asked == [(50.0 * scale, 10.0 * scale)]
    drag(view, LEFT, QPoint(50, 0))
    assert len(asked) == 1


def test_keys_turn_and_a_turn_stops_when_the_view_is_hidden(view: View3D) -> None:
    before = view.camera.forward
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.camera.forward != before
    QTest.keyClick(view, Qt.Key.Key_T)
    assert view.turn_button.isChecked()
    view.hide()
    assert not view.turn_button.isChecked()


def test_slices_and_box_are_drawn_over_the_picture(view: View3D) -> None:
    view.set_picture(np.zeros((300, 400, 3), np.uint8))
    view.set_position((10, 15, 20))

    def blue() -> int:
        shot = view.grab().toImage()
        wanted = QColor("#4f8cff")
        return sum(
            abs(shot.pixelColor(x, y).blue() - wanted.blue()) + abs(shot.pixelColor(x, y).red() - wanted.red()) < 60
            for x in range(0, shot.width())
            for y in range(60, shot.height(), 2)
        )

    seen = blue()
    view.slices_button.setChecked(False)
    assert seen > blue() + 20


@pytest.fixture
def labels() -> np.ndarray:
    array = np.zeros(SHAPE, np.uint32)
    array[5:15, 8:22, 10:30] = 3
    return array


@pytest.fixture
def scenes(qapp) -> Iterator[SceneThread]:
    scenes = SceneThread()
    yield scenes
    scenes.stop()


def source(labels: np.ndarray, budget: int = 10**9) -> Source:
    grey = (labels > 0).astype(np.uint8) * 100

    def read_labels(region: Region) -> np.ndarray:
        return labels[region.slices].copy()

    def read_grey(region: Region) -> np.ndarray:
        return grey[region.slices]

    return Source(SHAPE, (1.0, 1.0, 1.0), read_labels, read_grey, Window(0, 255), budget)


def look(**changes: Any) -> SceneLook:
    return SceneLook(first_camera((20, 30, 40), (120, 90)), (120, 90), **changes)


class Pictures:
    """What a thread has drawn and said."""

    def __init__(self, scenes: SceneThread) -> None:
        self.last, self.words, self.picked = np.zeros((1, 1, 3), np.uint8), ["not begun"], []
        scenes.drawn.connect(lambda picture: setattr(self, "last", picture))
        scenes.told.connect(self.words.append)
        scenes.picked.connect(self.picked.append)

    def colored(self) -> int:
        """Pixels that are not grey."""
        return int((np.ptp(self.last.astype(int), axis=2) > 20).sum())


def test_objects_and_image_are_drawn_and_follow_edits(qtbot, scenes: SceneThread, labels: np.ndarray) -> None:
    seen = Pictures(scenes)
    scenes.look(look())
    scenes.show_source(source(labels), color_table())
    qtbot.waitUntil(lambda: seen.colored() > 500)
    labels[:, 15:] = 0
    whole = seen.colored()
    scenes.change(Region((0, 15, 0), SHAPE))
    qtbot.waitUntil(lambda: 0 < seen.colored() < 0.8 * whole)
    labels[:] = 0
    scenes.change(Region.whole(SHAPE))
    qtbot.waitUntil(lambda: seen.colored() == 0)
    assert seen.last.max() > 50


def test_colors_and_what_is_drawn_are_chosen(qtbot, scenes: SceneThread, labels: np.ndarray) -> None:
    seen = Pictures(scenes)
    scenes.look(look(image=False))
    scenes.show_source(source(labels), color_table({3: (255, 0, 0)}))
    qtbot.waitUntil(lambda: seen.last[..., 0].max() > 150)
    assert seen.last[..., 1:].max() < 60
    hidden = color_table()
    hidden[3, 3] = 0
    scenes.set_colors(hidden)
    qtbot.waitUntil(lambda: seen.last.max() == 0)
    scenes.look(look(objects=False))
    qtbot.waitUntil(lambda: seen.last.max() == 100)
    assert seen.colored() == 0


def test_a_click_tells_the_object(qtbot, scenes: SceneThread, labels: np.ndarray) -> None:
    seen = Pictures(scenes)
    scenes.show_source(source(labels), color_table())
    qtbot.waitUntil(lambda: seen.words[-1] == "" or "OpenGL" in seen.words[-1])
    scenes.pick(look().camera, 0.0, 0.0)
    qtbot.waitUntil(lambda: len(seen.picked) == 1)
    assert seen.picked[0][0] == 3
    scenes.pick(look().camera, 1000.0, 0.0)
    qtbot.waitUntil(lambda: len(seen.picked) == 2)
    assert seen.picked[1] is None


def test_a_large_volume_is_shown_with_fewer_voxels_and_that_is_said(
    qtbot, scenes: SceneThread, labels: np.ndarray
) -> None:
    seen = Pictures(scenes)
    scenes.look(look())
    scenes.show_source(source(labels, budget=60_000), color_table())
    qtbot.waitUntil(lambda: "Every second voxel" in seen.words[-1])
    qtbot.waitUntil(lambda: seen.colored() > 300)


def test_slices_and_clouds_are_drawn(qtbot, scenes: SceneThread, labels: np.ndarray) -> None:
    seen = Pictures(scenes)
    scenes.look(look(objects=False, image=False, slices=(10, 15, 20)))
    scenes.show_source(source(labels), color_table())
    qtbot.waitUntil(lambda: seen.last.max() > 90)
    assert seen.colored() == 0
    slices = int((seen.last[..., 0] > 90).sum())
    scenes.look(look(objects=False, image=True, as_cloud=True))
    qtbot.waitUntil(lambda: (seen.last[..., 0] > 0).sum() > 0 and not np.isin(seen.last[..., 0], (0, 100)).all())
    scenes.look(look(objects=True, image=False, slices=(10, 15, 20)))
    qtbot.waitUntil(lambda: seen.colored() > 100)
    assert int((np.ptp(seen.last.astype(int), axis=2) < 5).sum()) > 0
    assert slices > 100


def test_how_image_and_slices_are_drawn_is_chosen(view: View3D) -> None:
    view.set_position((10, 15, 20))
    assert (view.look().as_cloud, view.look().slices) == (False, None)
    asked: list[SceneLook] = []
    view.look_wanted.connect(asked.append)
    view.cloud[1].trigger()
    view.filled[1].trigger()
    assert (asked[-1].as_cloud, asked[-1].slices) == (True, (10, 15, 20))
    view.set_position((11, 15, 20))
    assert asked[-1].slices == (11, 15, 20)
    view.slices_button.setChecked(False)
    assert view.look().slices is None
    view.cloud[0].trigger()
    assert not view.look().as_cloud
