"""A result of the classical way, corrected by hand until each nucleus is right, and measured.

The result: a smoothed embryo above Otsu's threshold, cut by a watershed of the distance to the border. The hand sees
the truth and corrects what is worst first: merge along a line, split at clicks, delete from the menu, draw anew in some
slices and fill in between, until F1 at an IoU of 0.5 is 1.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from scipy import ndimage

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling import LabelScheme
from desktop_app.gui.measuring.measure_window import MeasureWindow
from tests.benchmarks.hand import LEFT, NONE, OTHER, Hand, Mask, outline

EMBRYO_UM = (1.75, 0.8, 0.8)  # BBBC050
EMBRYOS = ("Emb01_t401", "Emb04_t401", "Emb06_t401")  # of 20 to 25 nuclei each
SAME, MOST_ROUNDS = 0.5, 80
SMOOTHED_PX, APART_PX, LEAST_VOXELS = 1.0, 4, 60
EVERY = 4  # slices between two that are drawn


def correct_embryos(folder: Path) -> None:
    """Three embryos, one after the other."""
    for name in EMBRYOS:
        file = next((folder / "nuclei3d_embryo" / "images").glob(f"{name}.*"))
        image, truth = tifffile.imread(file), tifffile.imread(folder / "nuclei3d_embryo" / "labels" / file.name)
        with tempfile.TemporaryDirectory() as scratch:
            Correction(Path(scratch), file.stem, image, truth.astype(np.uint32)).run()


def classical(image: NDArray[np.generic]) -> NDArray[np.uint32]:
    """Objects (Z, Y, X) without learning."""
    from skimage.feature import peak_local_max
    from skimage.filters import threshold_otsu
    from skimage.segmentation import watershed

    spacing = tuple(edge / EMBRYO_UM[2] for edge in EMBRYO_UM)
    soft = ndimage.gaussian_filter(image.astype(np.float32), [SMOOTHED_PX * EMBRYO_UM[2] / e for e in EMBRYO_UM])
    inside = ndimage.binary_fill_holes(soft > threshold_otsu(soft))
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(inside, spacing), 1)
    seeds = np.zeros(image.shape, np.int32)
    tops = peak_local_max(depth, min_distance=APART_PX, labels=inside.astype(np.int32))
    seeds[tuple(tops.T)] = np.arange(1, len(tops) + 1)
    found = watershed(-depth, seeds, mask=inside)
    sizes = np.bincount(found.ravel())
    return np.where(sizes[found] >= LEAST_VOXELS, found, 0).astype(np.uint32)


class Correction:
    """One embryo in the window.

    Args:
        folder: For the project.
        name: Of the embryo.
        image: (Z, Y, X).
        truth: Its nuclei, numbered.
    """

    def __init__(self, folder: Path, name: str, image: NDArray[np.generic], truth: NDArray[np.uint32]) -> None:
        self.name, self.truth = name, truth
        self.numbers = [int(n) for n in np.unique(truth) if n]
        self.hand = hand = Hand(folder, [image], LabelScheme(), EMBRYO_UM)
        hand.open(0)
        store = hand.session.labels.labels
        store.write(Region.whole(store.shape), classical(image))
        hand.session.labels_edited.emit(Region.whole(store.shape))
        hand.viewer.set_layout("xy")
        hand.viewer.fit()
        hand.settle(jobs=True)
        self.did: Counter[str] = Counter()
        self._tried: Counter[int] = Counter()  # splits of each object

    def run(self) -> None:
        """Correct, and say what it took."""
        began, spent = self.score(), time.process_time()
        for _ in range(MOST_ROUNDS):
            if not self._next():
                break
        spent = time.process_time() - spent
        hand, after = self.hand, self.score()
        did = ", ".join(f"{name} {count}" for name, count in self.did.most_common())
        sys.stdout.write(
            f"{self.name}: {len(self.numbers)} nuclei, F1@0.5 {began:.3f} -> {after:.3f}; {hand.actions} actions, "
            f"{hand.modelled_s + spent:.0f} s, of these computing {spent:.1f} s; {did}; {self._measured()}\n"
        )
        sys.stdout.flush()
        hand.close()

    def score(self) -> float:
        """F1 at an IoU of 0.5."""
        right, found = len(self._right()), len(np.unique(self.hand.labels)) - 1
        return 2 * right / max(1, len(self.numbers) + found)

    def _shared(self) -> tuple[NDArray[np.uint32], dict[int, dict[int, int]]]:
        """The labels, and voxels of each nucleus in each object."""
        labels = self.hand.labels
        both, counts = np.unique(np.stack([self.truth.ravel(), labels.ravel()]), axis=1, return_counts=True)
        shared: dict[int, dict[int, int]] = {}
        for (nucleus, label), count in zip(both.T.tolist(), counts.tolist(), strict=True):
            shared.setdefault(nucleus, {})[label] = count
        return labels, shared

    def _right(self) -> dict[int, int]:
        """The object of each nucleus that is right."""
        labels, shared = self._shared()
        sizes, own = np.bincount(labels.ravel()), np.bincount(self.truth.ravel())
        return {
            nucleus: label
            for nucleus in self.numbers
            for label, both in shared[nucleus].items()
            if label and both / (sizes[label] + own[nucleus] - both) > SAME
        }

    def _next(self) -> bool:
        """Correct one fault; False where there is none."""
        labels, shared = self._shared()
        right = self._right()
        sizes, own = np.bincount(labels.ravel()), np.bincount(self.truth.ravel())
        for label in np.unique(labels[labels > 0]).tolist():
            held = [n for n in self.numbers if shared[n].get(label, 0) > own[n] / 2]
            if len(held) > 1 and self._tried[label] < 2:
                self._tried[label] += 1
                return self._split(labels, label, held)
        for nucleus in self.numbers:
            pieces = [label for label, both in shared[nucleus].items() if label and both > sizes[label] / 2]
            if nucleus not in right and len(pieces) > 1 and self._merge(labels, pieces):
                return True
        for label in np.unique(labels[labels > 0]).tolist():
            if label not in right.values():
                return self._delete(labels, label)
        for nucleus in self.numbers:
            if nucleus not in right:
                return self._draw(self.truth == nucleus)
        return False

    def _split(self, labels: NDArray[np.uint32], label: int, nuclei: list[int]) -> bool:
        self.hand.key(Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
        for nucleus in nuclei:
            depth, row, column = _deepest((self.truth == nucleus) & (labels == label))
            self.hand.to_slice(depth)
            self.hand.drag((row, column))
        self.hand.key(Qt.Key.Key_Return, jobs=True)
        self.did["split at clicks"] += 1
        return True

    def _merge(self, labels: NDArray[np.uint32], pieces: list[int]) -> bool:
        """A line over two pieces, in the slice where both are large; False where no slice shows both."""
        first, second = pieces[:2]
        both = np.minimum((labels == first).sum((1, 2)), (labels == second).sum((1, 2)))
        depth = int(both.argmax())
        if not both[depth]:
            return False
        self.hand.to_slice(depth)
        self.hand.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        ends = [_deepest((labels == piece)[depth : depth + 1])[1:] for piece in (first, second)]
        self.hand.drag(*ends)
        self.hand.settle(jobs=True)
        self.did["merge along a line"] += 1
        return True

    def _delete(self, labels: NDArray[np.uint32], label: int) -> bool:
        """A right click, and a line of the menu."""
        depth, row, column = _deepest(labels == label)
        self.hand.to_slice(depth)
        target = self.hand.viewer.grid.views[Plane.XY].canvas.viewport()
        QTest.mousePress(target, OTHER, NONE, self.hand.at((row, column)))
        QTest.mouseRelease(target, OTHER, NONE, self.hand.at((row, column)))
        QApplication.processEvents()
        _click_line("Delete this object")
        self.hand.actions += 2
        self.hand.settle(jobs=True)
        self.did["delete"] += 1
        return True

    def _draw(self, mask: Mask) -> bool:
        """A new object: the lasso in some slices, and what lies between; never over others."""
        hand = self.hand
        hand.key(Qt.Key.Key_N)
        hand.key(Qt.Key.Key_L)
        if not hand.choices.option("only_empty"):
            hand.key(Qt.Key.Key_O)
        slices = np.flatnonzero(mask.any((1, 2)))
        for depth in sorted({*slices[::EVERY].tolist(), int(slices[-1])}):
            path = outline(mask[depth], 30)
            if len(path) > 3:
                hand.to_slice(int(depth))
                hand.drag(*path)
        hand.key(Qt.Key.Key_I, jobs=True)
        self.did["drawn and filled in"] += 1
        return True

    def _measured(self) -> str:
        """What the window of measurements says once its button was pressed."""
        self.hand.menu("tools.measure")
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MeasureWindow) and w.isVisible())
        self.hand.press(window.go)
        self.hand.settle(jobs=True)
        rows = window.table.rows
        volumes = [value for row in rows for name, value in row.items() if name.startswith("volume")]
        window.close()
        return f"measured: {len(rows)} objects, median volume {np.median(volumes):.0f} µm³"


def _deepest(mask: Mask) -> tuple[int, int, int]:
    """The voxel that lies deepest within its slice."""
    depth = np.stack([ndimage.distance_transform_edt(np.pad(one, 1))[1:-1, 1:-1] for one in mask])
    z, y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(z), int(y), int(x)


def _click_line(text: str) -> None:
    """A line of the menu that is open."""
    menu = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible())
    line = next(action for action in menu.actions() if action.text().startswith(text))
    place: QPoint = menu.actionGeometry(line).center()
    QTest.mouseClick(menu, LEFT, NONE, place)
