"""A hand in the real window: it presses keys and buttons of the mouse, and counts what it does.

A press, a click, a drag, a key, or a turn of the wheel to another slice is an action of 1.2 s (Card, Moran and Newell,
CACM 23, 1980); what is drawn takes its length at 300 px/s on top, by eye.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from scipy import ndimage

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling import LabelScheme
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.io.projects import create_project

ACTION_S, PX_PER_S = 1.2, 300.0
LEFT, OTHER = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier
Mask = NDArray[np.bool_]
Pixel = tuple[float, float]


class Said(RecordingNotifier):
    """What the program says; needs no window."""

    def attach(self, window: object) -> None:
        del window


class Hand:
    """Presses keys and buttons of the mouse in the program's window.

    Args:
        folder: For the project.
        images: Of it (Z, Y, X) or (Y, X).
        scheme: What its labels mean.
        voxel: Of volumes, in µm.
        model: Of the project; None without.

    Attributes:
        actions: How many it did.
        way_px: How far it drew.
    """

    def __init__(
        self,
        folder: Path,
        images: list[NDArray[np.generic]],
        scheme: LabelScheme,
        voxel: tuple[float, float, float] | None = None,
        model: Path | None = None,
    ) -> None:
        os.environ["VOXELWRIGHT_HOME"] = str(folder / "home")
        opened = create_project(folder / "hand.vwproj", "Hand")
        project = opened.project.model_copy(update={"scheme": scheme})
        self.items = []
        for number, image in enumerate(images):
            path = folder / f"{number}.tif"
            write_image(path, image, voxel)
            project, item = project.with_item(opened.relative(path), str(number))
            self.items.append(item.id)
        opened.save(project)
        if model is not None:
            opened.models_folder().mkdir(exist_ok=True)
            (shutil.copytree if model.is_dir() else shutil.copy)(model, opened.models_folder() / model.name)
        self.said = Said()
        self.window = MainWindow(Session(), JobRunner(), self.said)  # type: ignore[arg-type]
        self.window.resize(1600, 1000)
        self.window.show()
        self.session, self.viewer = self.window.session, self.window.viewer
        self.choices = self.window.labelling_panel.controller.choices
        self.session.adopt(opened)
        self.actions, self.way_px = 0, 0.0

    def open(self, number: int) -> None:
        self.session.select_item(self.items[number])
        self.settle()

    def settle(self, jobs: bool = False) -> None:
        """Let the program do all that it has begun.

        Args:
            jobs: Wait for jobs, too.
        """
        end = time.perf_counter() + 300
        while time.perf_counter() < end:
            QApplication.processEvents()
            busy = self.viewer.is_late(Plane.XY) or self.session.carrying_out
            busy = busy or (jobs and bool(self.window.runner.jobs()))
            if not busy:
                QApplication.processEvents()
                return
            time.sleep(0.002)
        raise TimeoutError("The program did not come to rest within five minutes")

    def look(self, depth: int, row: float, column: float, across: float) -> None:
        """Bring a place into the middle, so large that ``across`` px fill a third of the window: wheel and zoom."""
        self.viewer.set_layout("xy")
        self.viewer.center_on((depth, int(row), int(column)))
        self.settle()
        wanted = min(8.0, 300.0 / max(float(across), 20.0))
        self.viewer.navigator.zoom_by(wanted / self.viewer.navigator.scale)
        self.settle()

    def to_slice(self, depth: int) -> None:
        """Turn the wheel until a slice is there; one action, however far."""
        canvas = self.viewer.grid.views[Plane.XY].canvas.viewport()
        forwards, now = -1, self.viewer.current_depth(Plane.XY)
        self.actions += now != depth
        while now != depth:
            wanted = 1 if depth > now else -1
            self._turn(canvas, 120 * forwards * wanted)
            after = self.viewer.current_depth(Plane.XY)
            forwards = forwards if (after - now) * wanted > 0 else -forwards
            now = after
        self.settle()

    def _turn(self, canvas: QWidget, angle: int) -> None:
        place = QPointF(canvas.rect().center())
        event = QWheelEvent(
            place, QPointF(canvas.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
            NONE, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
        QApplication.processEvents()

    def at(self, place: Pixel) -> QPoint:
        x, y = self.viewer.grid.views[Plane.XY].canvas.screen_of(place[0] + 0.5, place[1] + 0.5)
        return QPoint(round(x), round(y))

    def drag(self, *path: Pixel, button: Qt.MouseButton = LEFT) -> None:
        """Press, move, let go."""
        target = self.viewer.grid.views[Plane.XY].canvas.viewport()
        QTest.mousePress(target, button, NONE, self.at(path[0]))
        for place in path[1:]:
            QTest.mouseMove(target, self.at(place))
            QApplication.processEvents()
        QTest.mouseRelease(target, button, NONE, self.at(path[-1]))
        ends = np.array([(p.x(), p.y()) for p in map(self.at, path)], float)
        self.way_px += float(np.hypot(*np.diff(ends, axis=0).T).sum()) if len(path) > 1 else 0.0
        self.actions += 1
        self.settle()

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE, jobs: bool = False) -> None:
        """Press a key over the image.

        Args:
            key: Which.
            held: Keys that are held meanwhile.
            jobs: Wait for what it starts.
        """
        canvas = self.viewer.grid.views[Plane.XY].canvas
        canvas.setFocus()
        QTest.keyClick(canvas, key, held)
        self.actions += 1
        self.settle(jobs)

    def press(self, button: QWidget) -> None:
        """Click a button or a box of a panel."""
        place = QPoint(min(12, button.width() // 2), button.height() // 2)
        QTest.mouseClick(button, LEFT, NONE, place)
        self.actions += 1
        self.settle()

    def menu(self, action: str) -> None:
        """An entry of a menu, or its key."""
        self.window.actions_table.action(action).trigger()
        self.actions += 1
        self.settle()

    @property
    def modelled_s(self) -> float:
        """Seconds that a person would need for all that was done, without the program's own."""
        return self.actions * ACTION_S + self.way_px / PX_PER_S

    @property
    def labels(self) -> NDArray[np.uint32]:
        """All label voxels (Z, Y, X)."""
        assert self.session.labels is not None
        store = self.session.labels.labels
        return store.read(Region.whole(store.shape))

    def close(self) -> None:
        self.said.answers = []
        self.session.close_project()
        self.window.close()
        QApplication.processEvents()


def write_image(path: Path, image: NDArray[np.generic], voxel: tuple[float, float, float] | None) -> None:
    """A TIFF as ImageJ writes it, with edges of voxels (z, y, x) in µm."""
    if image.ndim == 2:
        tifffile.imwrite(path, image, imagej=True, metadata={"axes": "YX"})
    elif voxel is None:
        tifffile.imwrite(path, image, imagej=True, metadata={"axes": "ZYX"})
    else:
        z, y, x = voxel
        sizes = {"axes": "ZYX", "spacing": z, "unit": "um"}
        tifffile.imwrite(path, image, imagej=True, resolution=(1 / x, 1 / y), metadata=sizes)


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def middle(mask: Mask) -> tuple[tuple[int, int], float]:
    """The deepest pixel of a mask, and how deep it lies."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (int(row), int(column)), float(depth.max())


def outline(mask: Mask, corners: int) -> list[Pixel]:
    from skimage.measure import find_contours

    found = max(find_contours(np.pad(mask, 1).astype(float), 0.5), key=len) - 1
    return [(float(r), float(c)) for r, c in found[:-1][:: max(1, len(found) // corners)]]


def trembling(path: list[Pixel], spread_px: float, seed: int) -> list[Pixel]:
    """A closed outline as a hand draws it: off by ``spread_px``, and so for some pixels in a row."""
    places = np.array(path)
    off = ndimage.gaussian_filter1d(np.random.default_rng(seed).normal(size=places.shape), 3, axis=0, mode="wrap")
    return [(float(r), float(c)) for r, c in places + off * spread_px / off.std()]
