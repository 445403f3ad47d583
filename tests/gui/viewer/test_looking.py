"""Going to places, marks in the project, measuring along a line, pictures, and the outline of the whole image."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMainWindow

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.core.project.model import Bookmark
from desktop_app.gui.viewer.go_to_dialog import GoToDialog
from desktop_app.gui.viewer.looking_commands import LookingCommands
from desktop_app.gui.viewer.ruler import measure
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import create_project, open_project

SHAPE = (6, 40, 50)


@pytest.fixture
def folder(tmp_path):
    voxels = np.broadcast_to(np.arange(50, dtype=np.uint8), SHAPE)
    metadata = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(tmp_path / "a.tif", voxels, imagej=True, resolution=(2, 2), metadata=metadata)
    opened = create_project(tmp_path / "p.vwproj", "P")
    project, _ = opened.project.with_item(opened.relative(tmp_path / "a.tif"), "a")
    opened.save(project)
    opened.close()
    return opened.folder


@pytest.fixture
def looking(qtbot, shell_session, shell_runner, said, folder):
    window, viewer = QMainWindow(), ViewerWidget()
    window.setCentralWidget(viewer)
    window.resize(600, 500)
    qtbot.addWidget(window)
    window.link = SessionLink(shell_session, viewer)
    shell_session.adopt(open_project(folder))
    shell_session.select_item(shell_session.project.items[0].id)
    window.show()
    looking = LookingCommands(WindowContext(shell_session, shell_runner, said, window), viewer)
    looking.window, looking.viewer = window, viewer
    yield looking
    viewer.stop()


def test_coordinates_are_gone_to_in_the_order_x_y_z(looking) -> None:
    looking.ask_place()
    for field, value in zip(looking.dialog.fields, (7, 8, 2), strict=True):
        field.setValue(value)
    looking.dialog._go_to_place()
    assert looking.viewer.navigator.position == (2, 8, 7)


def test_pictures_have_no_slice_to_go_to_or_to_name(qtbot) -> None:
    dialog = GoToDialog((1, 40, 50), (0, 0, 0))
    qtbot.addWidget(dialog)
    dialog.show_marks([Bookmark(name="Here", z=0, y=3, x=5)])
    assert [field.isHidden() for field in dialog.fields] == [False, False, True]
    assert dialog.list.item(0).text() == "Here   (x 5, y 3)"


def test_an_object_is_found_or_its_absence_said(qtbot, looking, shell_session, said) -> None:
    shell_session.labels.labels.write(Region((4, 30, 40), (5, 33, 43)), np.full((1, 3, 3), 9, np.uint32))
    looking.find(9)
    qtbot.waitUntil(lambda: looking.viewer.navigator.position == (4, 31, 41))
    looking.find(8)
    qtbot.waitUntil(lambda: said.said("warning") == ["There is no object 8 in this image."])


def test_marks_are_kept_in_the_project(qtbot, looking, shell_session, folder) -> None:
    looking.viewer.navigator.go_to((1, 2, 3))
    looking.mark("Spindle")
    looking.mark()
    looking.ask_place()
    assert looking.dialog.list.count() == 2
    looking.viewer.navigator.go_to((5, 5, 5))
    looking.dialog.list.setCurrentRow(0)
    looking.dialog.go_mark.click()
    assert looking.viewer.navigator.position == (1, 2, 3)
    looking.unmark(1)
    assert looking.dialog.list.count() == 1
    shell_session.close_project()
    shell_session.adopt(open_project(folder))
    (item,) = shell_session.project.items
    assert [(m.name, m.z, m.y, m.x) for m in item.bookmarks] == [("Spindle", 1, 2, 3)]
    assert looking.dialog is None


def test_a_line_is_measured_in_pixels_and_in_micrometres(folder) -> None:
    volume = open_volume(folder.parent / "a.tif")
    flat = measure(volume, ToolPoint(Plane.XY, 0, 10.5, 0.5), ToolPoint(Plane.XY, 0, 10.5, 20.5))
    assert (flat.pixels, flat.length, flat.unit) == (20.0, pytest.approx(10.0), "µm")
    assert flat.profiles["grey"].tolist() == list(range(21))
    deep = measure(volume, ToolPoint(Plane.XZ, 3, 0.5, 4.5), ToolPoint(Plane.XZ, 3, 5.5, 4.5))
    assert deep.length == pytest.approx(10.0)
    assert flat.table().splitlines()[:2] == ["Position (µm)\tgrey", "0\t0"]


def test_the_ruler_measures_what_is_dragged(qtbot, looking) -> None:
    looking.draw_line()
    canvas = looking.viewer.grid.views[Plane.XY].canvas
    port = canvas.viewport()
    middle = port.rect().center()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(port, middle + middle / 4)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=middle + middle / 4)
    assert looking.ruler.isVisible()
    assert "µm" in looking.ruler.words.text()
    looking.ruler.copy.click()
    assert QGuiApplication.clipboard().text().startswith("Position (µm)\tgrey")


def test_a_picture_is_saved_whole_and_copied(looking, tmp_path, monkeypatch, said) -> None:
    target = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    looking.save_picture()
    saved = QImage(str(tmp_path / "out.png"))
    canvas = looking.viewer.grid.views[Plane.XY].canvas
    scale = canvas.devicePixelRatioF()
    assert (saved.width(), saved.height()) == pytest.approx((canvas.width() * scale, canvas.height() * scale), abs=0.6)
    looking.copy_picture()
    assert QGuiApplication.clipboard().image().size() == saved.size()
    assert said.said("info")[0] == "Saved out.png."


def test_the_whole_image_is_outlined_while_a_part_is_seen(looking) -> None:
    view = looking.viewer.grid.views[Plane.XY]
    assert view.canvas.hud.state.overview is None
    looking.viewer.navigator.zoom_by(8)
    seen = view.canvas.hud.state.overview
    assert 0 < seen.left < seen.right < 1
    assert seen.aspect == pytest.approx(50 / 40)
    looking.viewer.fit()
    assert view.canvas.hud.state.overview is None
