"""A hand in the real window: objects labelled, and results corrected, by events of mouse and keyboard alone.

Run: ``python -m tests.benchmarks.bench_hand FOLDER [--sets NAME …] [--ways NAME …]`` with a folder that holds
``em_vnc``, ``nuclei2d_dsb`` and ``nuclei3d_embryo``. It labels 20 objects in each way, and corrects three embryos.

The hand sees the truth and goes on until an object is right (IoU of 0.8) or eight actions are done; what it draws
trembles by 2 px of the screen. ``hand`` says how long its actions take; processor time of the program comes on top.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop_app.core.labelling import LabelScheme
from tests.benchmarks.hand import LEFT, OTHER, Hand, Mask, Pixel, iou, middle, outline, trembling
from tests.benchmarks.hand_corrections import correct_embryos
from tests.benchmarks.hand_slices import interpolated
from tests.benchmarks.hand_strokes import scribbled

OBJECTS, MOST, RIGHT, TREMBLE_PX = 20, 8, 0.8, 2.0


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
    way.hand.drag(*drawn_round(way))


def drawn_round(way: Way) -> list[Pixel]:
    """The outline as a hand draws it."""
    return trembling(outline(way.truth, 60), TREMBLE_PX / way.hand.viewer.navigator.scale, way.number)


def drawn(way: Way) -> None:
    """The livewire, drawn round the object."""
    way.hand.session.set_tool("livewire")
    path = drawn_round(way)
    way.hand.drag(*path, path[0])


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
    hand.settle(jobs=True)
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
        hand.settle(jobs=True)
    hand.key(Qt.Key.Key_Return)


def click_model(way: Way) -> None:
    """The same, by what the model of the project sees."""
    way.hand.choices.set_option("proposed_by", "model")
    way.hand.settle(jobs=True)
    click(way)


WAYS: dict[str, Callable[[Way], None]] = {
    "brush": brush,
    "lasso": lasso,
    "livewire": livewire,
    "drawn": drawn,
    "wand": wand,
    "click": click,
    "click-model": click_model,
}


def say(name: str, way: str, found: list[float], hand: Hand, spent: float) -> None:
    right, count = sum(f >= RIGHT for f in found), len(found)
    sys.stdout.write(
        f"{name:15} {way:11} {right:2} of {count} right, median IoU {np.median(found):.2f}; {hand.actions:4} actions, "
        f"{hand.modelled_s + spent:5.0f} s, of these computing {spent:5.1f} s\n"
    )
    sys.stdout.flush()


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
    """Image, slice and mask (Y, X) of objects, as many of each picture as it takes to have ``count``."""
    slices = [(n, z) for n, whole in enumerate(labels) for z in ((0, 7) if len(whole) > 1 else (0,))]
    spread = []
    for number, z in slices:
        ids = [int(i) for i in np.unique(labels[number][z]) if i and (labels[number][z] == i).sum() >= 150]
        step = max(1, len(ids) * len(slices) // (2 * count))  # some pictures have fewer than their share
        spread.append([(number, z, labels[number][z] == i) for i in ids[::step]])
    turns = (mine[turn] for turn in range(count) for mine in spread if turn < len(mine))
    return sorted([one for one, _ in zip(turns, range(count), strict=False)], key=lambda one: one[:2])


def label(folder: Path, name: str, ways: list[str], model: Path | None = None) -> None:
    images, labels = data(folder, name)
    for way_name in ways:
        with tempfile.TemporaryDirectory() as scratch:
            hand = Hand(Path(scratch), images, LabelScheme(), model=model)
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
    parser.add_argument("--model", type=Path, help="a model of nuclei2d_dsb, for the way click-model")
    parser.add_argument("--sets", nargs="+", default=["em_vnc", "nuclei2d_dsb", "nuclei3d_embryo"])
    parser.add_argument("--ways", nargs="+", default=[*WAYS, "scribble", "interpolate", "correct"])
    asked = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    for name in asked.sets:
        if name != "nuclei3d_embryo":
            model = asked.model if name == "nuclei2d_dsb" else None
            ways = [way for way in asked.ways if way in WAYS and (way != "click-model" or model is not None)]
            label(asked.folder, name, ways, model)
            if "scribble" in asked.ways:
                images, labels = data(asked.folder, name)
                scribbled(name, images, labels, objects_of(labels, OBJECTS), say)
        if name != "nuclei2d_dsb" and "interpolate" in asked.ways:
            interpolated(asked.folder, name, OBJECTS, say)
        if name == "nuclei3d_embryo" and "correct" in asked.ways:
            correct_embryos(asked.folder)
        app.processEvents()


if __name__ == "__main__":
    main()
