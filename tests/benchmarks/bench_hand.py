"""A hand in the real window: objects labelled, and results corrected, by events of mouse and keyboard alone.

Run: ``python -m tests.benchmarks.bench_hand FOLDER [label NAME | correct NAME …]`` with a folder that holds ``em_vnc``,
``nuclei2d_dsb`` and ``nuclei3d_embryo``. It labels 20 objects in each way, and corrects three embryos until F1 is 1.

The hand sees the truth and goes on until an object is right (IoU of 0.8) or eight actions are done. A press, a click, a
drag or a key is an action of 1.2 s (Card, Moran and Newell, CACM 23, 1980); drags along an outline take their length
at 300 px/s on top, by eye. Processor time of the program comes on top, and is stated.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from scipy import ndimage

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling import LabelScheme
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.io.projects import create_project

OBJECTS, MOST, RIGHT, ACTION_S, PX_PER_S = 20, 8, 0.8, 1.2, 300.0
LEFT, OTHER = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
Mask = NDArray[np.bool_]
Pixel = tuple[float, float]


class Said(RecordingNotifier):
    """What the program says; needs no window."""

    def attach(self, window: object) -> None:
        del window


class Hand:
    """Presses keys and buttons of the mouse in the program's window.

    Attributes:
        actions: How many it did.
        way_px: How far it drew.
    """

    def __init__(self, folder: Path, images: list[NDArray[np.generic]], scheme: LabelScheme) -> None:
        os.environ["VOXELWRIGHT_HOME"] = str(folder / "home")
        opened = create_project(folder / "hand.vwproj", "Hand")
        project = opened.project.model_copy(update={"scheme": scheme})
        self.items = []
        for number, image in enumerate(images):
            path = folder / f"{number}.tif"
            axes = "ZYX" if image.ndim == 3 else "YX"
            tifffile.imwrite(path, image, imagej=True, metadata={"axes": axes})
            project, item = project.with_item(opened.relative(path), str(number))
            self.items.append(item.id)
        opened.save(project)
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

    def settle(self) -> None:
        """Let the program do all that it has begun."""
        end = time.perf_counter() + 60
        while time.perf_counter() < end:
            QApplication.processEvents()
            busy = self.viewer.is_late(Plane.XY) or self.session.carrying_out
            if not busy:
                QApplication.processEvents()
                return
            time.sleep(0.002)

    def look(self, depth: int, row: float, column: float, across: float) -> None:
        """Bring a place into the middle, so large that ``across`` px fill a third of the window: wheel and zoom."""
        self.viewer.set_layout("xy")
        self.viewer.center_on((depth, int(row), int(column)))
        self.settle()
        wanted = min(8.0, 300.0 / max(float(across), 20.0))
        self.viewer.navigator.zoom_by(wanted / self.viewer.navigator.scale)
        self.settle()

    def at(self, place: Pixel) -> QPoint:
        x, y = self.viewer.grid.views[Plane.XY].canvas.screen_of(place[0] + 0.5, place[1] + 0.5)
        return QPoint(round(x), round(y))

    def drag(self, *path: Pixel, button: Qt.MouseButton = LEFT) -> None:
        """Press, move, let go."""
        target = self.viewer.grid.views[Plane.XY].canvas.viewport()
        none = Qt.KeyboardModifier.NoModifier
        QTest.mousePress(target, button, none, self.at(path[0]))
        for place in path[1:]:
            QTest.mouseMove(target, self.at(place))
            QApplication.processEvents()
        QTest.mouseRelease(target, button, none, self.at(path[-1]))
        ends = np.array([(p.x(), p.y()) for p in map(self.at, path)], float)
        self.way_px += float(np.hypot(*np.diff(ends, axis=0).T).sum()) if len(path) > 1 else 0.0
        self.actions += 1
        self.settle()

    def key(self, key: Qt.Key) -> None:
        canvas = self.viewer.grid.views[Plane.XY].canvas
        canvas.setFocus()
        QTest.keyClick(canvas, key)
        self.actions += 1
        self.settle()

    def menu(self, action: str) -> None:
        """An entry of a menu, or its key."""
        self.window.actions_table.action(action).trigger()
        self.actions += 1
        self.settle()

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


class Way:
    """One way to label an object of a slice."""

    def __init__(self, hand: Hand, depth: int, truth: Mask) -> None:
        self.hand, self.depth, self.truth = hand, depth, truth
        self.number = hand.session.active_value

    @property
    def mask(self) -> Mask:
        return self.hand.labels[self.depth] == self.number

    def correct(self, size: Callable[[float], None], most: int = MOST) -> None:
        """Dabs into the middle of what is missing or too much."""
        begin = self.hand.actions
        while self.hand.actions - begin < most and iou(self.mask, self.truth) < RIGHT:
            missing, extra = middle(self.truth & ~self.mask), middle(self.mask & ~self.truth)
            adds = missing[1] >= extra[1]
            place, deep = missing if adds else extra
            size(deep)
            self.hand.drag(place, button=LEFT if adds else OTHER)


def brush(way: Way) -> None:
    way.hand.session.set_tool("brush")
    way.correct(lambda deep: way.hand.choices.set_size(max(1, round(2 * deep))))


def lasso(way: Way) -> None:
    way.hand.session.set_tool("lasso")
    way.hand.drag(*outline(way.truth, 40))


def livewire(way: Way) -> None:
    way.hand.session.set_tool("livewire")
    for corner in outline(way.truth, 6)[:6]:
        way.hand.drag(corner)
    way.hand.key(Qt.Key.Key_Return)


def wand(way: Way) -> None:
    """One click; a drag of it while it is looked at takes more or less."""
    way.hand.session.set_tool("wand")
    place = middle(way.truth)[0]
    best = (0.0, 0)
    for pull in (0, -40, 40):  # px of the picture: at the usual tolerance, half of it, twice as much
        way.hand.drag(place, (place[0], place[1] + pull))
        best = max(best, (iou(way.mask, way.truth), pull))
        if best[0] >= RIGHT and best[1] == pull:
            return
        way.hand.menu("edit.undo")
    way.hand.drag(place, (place[0], place[1] + best[1]))


def click(way: Way) -> None:
    hand = way.hand
    hand.session.set_tool("click")
    hand.drag(middle(way.truth)[0])
    controller = hand.window.labelling_panel.controller

    def proposed() -> Mask:
        found = np.zeros((hand.session.volume.shape), bool)
        proposal = controller._outline.proposal
        if proposal is not None:
            found[proposal.region.slices] = proposal.labels > 0
        return found[way.depth]

    for _ in range(MOST - 2):
        now = proposed()
        if iou(now, way.truth) >= RIGHT:
            break
        missing, extra = middle(way.truth & ~now), middle(now & ~way.truth)
        adds = missing[1] >= extra[1]
        hand.drag((missing if adds else extra)[0], button=LEFT if adds else OTHER)
    hand.key(Qt.Key.Key_Return)


WAYS: dict[str, Callable[[Way], None]] = {
    "brush": brush,
    "lasso": lasso,
    "livewire": livewire,
    "wand": wand,
    "click": click,
}


def say(name: str, way: str, found: list[float], hand: Hand, spent: float) -> None:
    right, count = sum(f >= RIGHT for f in found), len(found)
    seconds = hand.actions * ACTION_S + hand.way_px / PX_PER_S + spent
    sys.stdout.write(
        f"{name:13} {way:13} {right:2} of {count} right, median IoU {np.median(found):.2f}; {hand.actions:4} actions, "
        f"{seconds:5.0f} s, of these computing {spent:5.1f} s\n"
    )
    sys.stdout.flush()
    hand.actions, hand.way_px = 0, 0.0


def data(folder: Path, name: str) -> tuple[list[NDArray[np.generic]], list[NDArray[np.generic]]]:
    """Images (Z, Y, X) or (Y, X), with labels (Z, Y, X)."""
    if name == "em_vnc":
        masks = sorted((folder / name / "panoptic" / "vnc" / "masks").iterdir())
        return [tifffile.imread(folder / name / "image.tif")], [np.stack([tifffile.imread(m) for m in masks])]
    files = sorted((folder / name / "images").iterdir())[:: 160 // 10]
    images = [tifffile.imread(f).squeeze() for f in files]
    images = [image if image.ndim == 2 else image[..., 0] for image in images]
    return images, [tifffile.imread(folder / name / "labels" / f.name)[None] for f in files]


def objects_of(labels: list[NDArray[np.generic]], count: int) -> list[tuple[int, int, Mask]]:
    """Image, slice and mask (Y, X) of objects, spread over the data."""
    slices = [(n, z) for n, whole in enumerate(labels) for z in ((0, 7) if len(whole) > 1 else (0,))]
    each, found = -(-count // len(slices)), []
    for number, z in slices:
        ids = [int(i) for i in np.unique(labels[number][z]) if i and (labels[number][z] == i).sum() >= 150]
        found += [(number, z, labels[number][z] == i) for i in ids[:: max(1, len(ids) // each)][:each]]
    return found[:count]


def label(folder: Path, name: str, ways: list[str]) -> None:
    images, labels = data(folder, name)
    for way_name in ways:
        with tempfile.TemporaryDirectory() as scratch:
            hand = Hand(Path(scratch), images, LabelScheme())
            found, spent, now = [], 0.0, -1
            for image, z, truth in objects_of(labels, OBJECTS):
                if image != now:
                    hand.open(image)
                    now = image
                hand.choices.set_option("only_empty", False)
                rows, columns = np.nonzero(truth)
                hand.look(z, rows.mean(), columns.mean(), max(np.ptp(rows), np.ptp(columns)) + 1)
                hand.window.labelling_panel.controller.values.new_object()
                hand.session.set_tool("brush")
                way = Way(hand, z, truth)
                begin = time.process_time()
                WAYS[way_name](way)
                spent += time.process_time() - begin
                found.append(iou(way.mask, truth))
            say(name, way_name, found, hand, spent)
            hand.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=["em_vnc", "nuclei2d_dsb"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    asked = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    for name in asked.sets:
        label(asked.folder, name, asked.ways)
        app.processEvents()


if __name__ == "__main__":
    main()
