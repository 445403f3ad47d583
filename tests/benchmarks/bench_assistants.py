"""What a simulated user needs for 20 objects by brush, wand, livewire and click assistant, and what strokes teach.

Run: ``python tests/benchmarks/bench_assistants.py FOLDER`` with a folder that holds ``em_vnc`` and ``nuclei2d_dsb``.

The user goes on until an object is right (IoU of 0.8) or 8 actions are done. Where something is missing or too much,
the next click or dab is in the middle of the largest such place. An action is said to take 1.2 s, that of aiming and
clicking (Card, Moran and Newell, CACM 23, 1980), a corner of the livewire as much; processor time comes on top.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from scipy import ndimage

from desktop_app.core.config.pixels import PixelClasses
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.jobs.pixels.live import LivePixels, LiveRequest

OBJECTS, MOST, RIGHT, ACTION_S = 20, 8, 0.8, 1.2
Case = tuple[np.ndarray, np.ndarray]


def cases(folder: Path, name: str) -> Iterator[Case]:
    """Pictures (Y, X) with the mask of one object, spread over the data."""
    if name == "em_vnc":
        image = tifffile.imread(folder / name / "image.tif")
        masks = sorted((folder / name / "panoptic" / "vnc" / "masks").iterdir())
        pictures = [(image[z], tifffile.imread(masks[z])) for z in (0, 7)]
    else:
        files = sorted((folder / name / "images").iterdir())[:: 160 // 10]
        pictures = [(tifffile.imread(f).squeeze(), tifffile.imread(folder / name / "labels" / f.name)) for f in files]
    each = -(-OBJECTS // len(pictures))
    for picture, labels in pictures:
        picture = picture if picture.ndim == 2 else picture[..., 0]
        ids = [int(i) for i in np.unique(labels) if i and (labels == i).sum() >= 150]
        for number in ids[:: max(1, len(ids) // each)][:each]:
            yield picture, labels == number


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def middle(mask: np.ndarray) -> tuple[tuple[int, int], float]:
    """The deepest pixel of a mask, and how deep it lies."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (int(row), int(column)), float(depth.max())


def at(row: float, column: float) -> ToolPoint:
    return ToolPoint(Plane.XY, 0, row + 0.5, column + 0.5)


class User:
    """One object, labelled with one tool."""

    def __init__(self, tool: str, picture: np.ndarray, **options: Any) -> None:
        self.store = ArrayLabelStore(np.zeros((1, *picture.shape), np.uint32))
        self.tool = TOOLS[tool].factory()
        self.how = ToolSettings(1, TOOLS[tool].options(**options), grey=lambda region: picture[None][region.slices])
        self.seconds, self.actions = 0.0, 0

    def do(self, point: ToolPoint, **but: Any) -> None:
        begin, how = time.thread_time(), replace(self.how, **but)
        self.tool.press(self.store, point, how)
        self.tool.release(self.store, point, how)
        self.seconds += time.thread_time() - begin
        self.actions += 1

    @property
    def mask(self) -> np.ndarray:
        proposal = self.tool.proposal
        if proposal is None:
            return self.store.array[0] > 0
        found = np.zeros(self.store.shape, bool)
        found[proposal.region.slices] = proposal.labels > 0
        return found[0]


def corrected(user: User, truth: np.ndarray, act: Callable[[tuple[int, int], float, bool], None]) -> float:
    """Act until the object is right; the IoU in the end."""
    while user.actions < MOST and iou(user.mask, truth) < RIGHT:
        missing, extra = middle(truth & ~user.mask), middle(user.mask & ~truth)
        adds = missing[1] >= extra[1]
        act(*(missing if adds else extra), adds)
    return iou(user.mask, truth)


def click(picture: np.ndarray, truth: np.ndarray) -> tuple[float, int, float]:
    user = User("click", picture)
    found = corrected(user, truth, lambda place, _depth, adds: user.do(at(*place), erase=not adds))
    return found, user.actions + 1, user.seconds  # Enter


def brush(picture: np.ndarray, truth: np.ndarray) -> tuple[float, int, float]:
    user = User("brush", picture)

    def dab(place: tuple[int, int], depth: float, adds: bool) -> None:
        user.do(at(*place), erase=not adds, options=TOOLS["brush"].options(size_px=max(1, round(2 * depth))))

    return corrected(user, truth, dab), user.actions, user.seconds


def wand(picture: np.ndarray, truth: np.ndarray) -> tuple[float, int, float]:
    user = User("wand", picture)
    user.do(at(*middle(truth)[0]))
    return iou(user.mask, truth), user.actions, user.seconds


def livewire(picture: np.ndarray, truth: np.ndarray) -> tuple[float, int, float]:
    from skimage.measure import find_contours

    outline = max(find_contours(np.pad(truth, 1).astype(float), 0.5), key=len) - 1
    user = User("livewire", picture)
    for place in outline[:-1][:: max(1, len(outline) // 6)][:6]:
        user.do(at(*place))
    begin = time.thread_time()
    user.tool.finish(user.store, user.how)
    return iou(user.mask, truth), user.actions + 1, user.seconds + time.thread_time() - begin


def scribble(folder: Path) -> None:
    """Dice of mitochondria from about 1,000 stroked pixels in one slice, there and in slices without strokes."""
    image, truth = (tifffile.imread(folder / "em_vnc" / name) for name in ("image.tif", "semantic.tif"))
    volume, mito, slices = Volume.from_array(image), truth == 1, (0, 6, 13)
    dice: dict[str, list[float]] = {"its slice": [], "its slice, refined": [], "others": [], "others, refined": []}
    seconds: dict[str, list[float]] = {"get ready": [], "first look": [], "a stroke": [], "refine": []}
    pixels, ctx = [], RecordingContext()

    def timed(what: str, act: Callable[[LiveRequest, RecordingContext], Any], request: LiveRequest) -> Any:
        begin = time.process_time()
        answer = act(request, ctx)
        seconds[what].append(time.process_time() - begin)
        return answer

    def score(where: str, answer: Any, z: int) -> None:
        found = answer.labels[0] == 1
        dice[where].append(float(2 * (found & mito[z]).sum() / (found.sum() + mito[z].sum())))

    for z, seed in itertools.product(slices, range(3)):
        rng, store = np.random.default_rng(seed), ArrayLabelStore(np.zeros(image.shape, np.uint32))
        near = ndimage.binary_dilation(mito[z], iterations=20) & ~mito[z]
        for mask, count, value in ((mito[z], 16, 1), (~mito[z], 22, 2), (near, 10, 2)):
            paint(store.array[z], mask, count, value, rng)
        pixels.append(np.count_nonzero(store.array))
        live, classes = LivePixels(), PixelClasses(background=2)
        for place, where in ((z, "its slice"), (slices[slices.index(z) - 1], "others")):
            region = Region((place, 0, 0), (place + 1, *image.shape[1:]))
            request = LiveRequest(volume, store, region, classes)
            timed("get ready", live.get_ready, request)
            score(where, timed("first look" if where == "its slice" else "a stroke", live.propose, request), place)
            score(f"{where}, refined", timed("refine", live.refine, request), place)
            timed("a stroke", live.propose, request)
    print(f"scribble em_vnc, {np.mean(pixels):.0f} px (before: Dice 0.31 to 0.46)")
    for where, found in dice.items():
        print(f"  Dice in {where:20} {np.mean(found):.2f} ({min(found):.2f} to {max(found):.2f})")
    for what, took in seconds.items():
        print(f"  {what:28} {np.median(took):.2f} s, at most {max(took):.2f} s (budget of looks and strokes 0.5)")


def paint(labels: np.ndarray, mask: np.ndarray, count: int, value: int, rng: np.random.Generator) -> None:
    """Straight strokes of at most 25 px, 3 px within a mask."""
    inside = ndimage.distance_transform_edt(mask) > 3
    places = np.argwhere(inside)
    for _ in range(count):
        (row, column), angle = places[rng.integers(len(places))], rng.uniform(0, 2 * np.pi)
        for step in range(25):
            r, c = int(row + step * np.sin(angle)), int(column + step * np.cos(angle))
            if not (0 <= r < labels.shape[0] and 0 <= c < labels.shape[1] and inside[r, c]):
                break
            labels[r, c] = value


def main() -> None:
    folder = Path(sys.argv[1])
    for name in ("em_vnc", "nuclei2d_dsb"):
        objects = list(cases(folder, name))[:OBJECTS]
        for tool in (brush, wand, livewire, click):
            found = np.array([tool(picture, truth) for picture, truth in objects])
            right, actions, seconds = (found[:, 0] >= RIGHT).sum(), found[:, 1].sum(), found[:, 2].sum()
            print(
                f"{name:13} {tool.__name__:9} {int(right):2} of {len(objects)} right, median IoU "
                f"{np.median(found[:, 0]):.2f}   {int(actions):3} actions, {actions * ACTION_S + seconds:5.0f} s, "
                f"of these computing {seconds:4.1f} s ({seconds / actions:.2f} s each)"
            )
    scribble(folder)


if __name__ == "__main__":
    main()
