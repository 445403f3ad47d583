"""All objects of a picture labelled from strokes, by the tab Scribble."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from scipy import ndimage

from desktop_app.core.labelling import LabelScheme
from tests.benchmarks.hand import Hand, Mask, Pixel, iou, middle

STROKES, LONGEST_PX, SIZE_PX, RIGHT = 12, 40, 5, 0.8
Said = Callable[[str, str, list[float], Hand, float], None]


def scribbled(
    name: str, images: list[NDArray[np.generic]], labels: list[NDArray[np.generic]],
    objects: list[tuple[int, int, Mask]], say: Said,
) -> None:  # fmt: skip
    """Strokes where the proposal is most wrong, until the objects asked for are right or 12 are painted a picture."""
    with tempfile.TemporaryDirectory() as scratch:
        hand = Hand(Path(scratch), images, LabelScheme())
        panel = hand.window.scribble_panel
        found, spent = [], 0.0
        for number, depth in sorted({one[:2] for one in objects}):
            wanted = [mask for n, z, mask in objects if (n, z) == (number, depth)]
            hand.open(number)
            if panel.set_up.isVisibleTo(panel):
                hand.press(panel.set_up)
            hand.viewer.set_layout("xy")
            hand.viewer.fit()
            hand.to_slice(depth)
            begin = time.process_time()
            found += _picture(hand, labels[number][depth] > 0, wanted, depth)
            spent += time.process_time() - begin
        say(name, "scribble", found, hand, spent)
        hand.close()


def _picture(hand: Hand, truth: Mask, wanted: list[Mask], depth: int) -> list[float]:
    """IoU of the objects of one picture."""
    panel, background = hand.window.scribble_panel, hand.session.project.scheme.background
    hand.session.set_tool("brush")
    hand.choices.set_size(SIZE_PX)
    near = ndimage.binary_dilation(truth, iterations=20) & ~truth
    for mask, inside in ((wanted[0], True), (near, False), (~truth & ~near, False)):
        _stroke(hand, _within(mask), 1 if inside else background)
    if not panel.live.isChecked():
        hand.press(panel.live)
    for _ in range(STROKES - 3):
        _wait(hand)
        answer = panel.proposer.answer
        now = np.zeros(truth.shape, bool)
        if answer is not None:
            now[answer.region.slices[1:]] = answer.labels[0] == 1
        if min(_best(now, mask) for mask in wanted) >= RIGHT:
            break
        missing, extra = truth & ~now, now & ~truth
        adds = middle(missing)[1] >= middle(extra)[1]
        _stroke(hand, _within(missing if adds else extra), 1 if adds else background)
    _wait(hand)
    hand.press(panel.accept)
    taken = hand.labels[depth]
    return [_best((taken > 0) & (taken != background), mask) for mask in wanted]


def _wait(hand: Hand) -> None:
    """Until the proposal follows the last stroke; it waits 150 ms before it begins."""
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        hand.settle(jobs=True)
        time.sleep(0.02)


def _within(mask: Mask) -> list[Pixel]:
    """A straight stroke through the deepest place of a mask, along it, as far as it reaches."""
    place = np.array(middle(mask)[0])
    top, left = np.maximum(0, place - LONGEST_PX // 2)
    window = mask[top : place[0] + LONGEST_PX // 2, left : place[1] + LONGEST_PX // 2]
    near = np.argwhere(window) - (place - (top, left))
    along = np.linalg.eigh(np.cov(near.T) if len(near) > 2 else np.eye(2))[1][:, -1]
    ends = []
    for turn in (-1, 1):
        end = place
        for step in range(LONGEST_PX // 2):
            further = np.rint(place + turn * step * along).astype(int)
            if not all(0 <= f < n for f, n in zip(further, mask.shape, strict=True)) or not mask[tuple(further)]:
                break
            end = further
        ends.append((float(end[0]), float(end[1])))
    return ends


def _stroke(hand: Hand, path: list[Pixel], value: int) -> None:
    """Choose what is painted, then paint; the choice is a key."""
    hand.key(Qt.Key.Key_0 if value != 1 else Qt.Key.Key_1)
    if hand.session.active_value != value:
        hand.session.set_active_value(value)
    hand.drag(*path)


def _best(mask: Mask, truth: Mask) -> float:
    """IoU of the piece that lies over an object most."""
    pieces, _ = ndimage.label(mask)
    over = np.bincount(pieces[truth & mask])
    return 0.0 if over.size < 2 else iou(pieces == int(over[1:].argmax()) + 1, truth)
