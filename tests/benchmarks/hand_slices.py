"""Objects drawn in every fourth slice by hand, and filled in between by a key."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from desktop_app.core.labelling import LabelScheme
from tests.benchmarks.hand import Hand, Mask, iou, outline, trembling

EVERY, FEWEST_SLICES, LEAST_PX, TREMBLE_PX = 4, 6, 40, 2.0
EMBRYO_UM = (1.75, 0.8, 0.8)  # BBBC050
Said = Callable[[str, str, list[float], Hand, float], None]


def volume(folder: Path, name: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Image and objects (Z, Y, X)."""
    if name == "em_vnc":
        return tifffile.imread(folder / name / "image.tif"), tifffile.imread(folder / name / "mito_3d.tif")
    file = sorted((folder / name / "images").iterdir())[-1]
    return tifffile.imread(file), tifffile.imread(folder / name / "labels" / file.name)


def interpolated(folder: Path, name: str, count: int, say: Said) -> None:
    """Label objects of a volume through its slices; right is an IoU of all their voxels."""
    image, truth = volume(folder, name)
    with tempfile.TemporaryDirectory() as scratch:
        hand = Hand(Path(scratch), [image], LabelScheme(), EMBRYO_UM if name == "nuclei3d_embryo" else None)
        hand.open(0)
        found, spent = [], 0.0
        for number in _tall(truth, count):
            mask = truth == number
            hand.window.labelling_panel.controller.values.new_object()
            value = hand.session.active_value
            begin = time.process_time()
            _draw(hand, mask)
            hand.key(Qt.Key.Key_I, jobs=True)
            spent += time.process_time() - begin
            found.append(iou(hand.labels == value, mask))
        say(name, "interpolate", found, hand, spent)
        hand.close()


def _tall(truth: NDArray[np.generic], count: int) -> list[int]:
    """Objects in many slices in a row, in one piece each."""
    tall = []
    for number in np.unique(truth[truth > 0]):
        sizes = (truth == number).sum((1, 2))
        if np.count_nonzero(sizes >= LEAST_PX) >= FEWEST_SLICES:
            tall.append(int(number))
    return tall[:: max(1, len(tall) // count)][:count]


def _draw(hand: Hand, mask: Mask) -> None:
    """The outline in the first slice, every fourth, and the last, with the lasso."""
    hand.session.set_tool("lasso")
    slices = np.flatnonzero(mask.any((1, 2)))
    rows, columns = np.nonzero(mask.any(0))
    hand.look(int(slices[0]), rows.mean(), columns.mean(), max(np.ptp(rows), np.ptp(columns)) + 1)
    for depth in sorted({*slices[::EVERY].tolist(), int(slices[-1])}):
        hand.to_slice(depth)
        path = outline(mask[depth], 60)
        if len(path) > 3:
            hand.drag(*trembling(path, TREMBLE_PX / hand.viewer.navigator.scale, depth))
