"""How long a slice change takes: 2048 x 2048 with labels on top and 4096 x 4096 (16 ms), four channels (33 ms).

The budgets are for the 95th percentile. Four channels are also added up the plain way, as float colours, beside it.

Run: ``python tests/benchmarks/bench_viewer.py [--layout all] [--style contour] [--only composite]``
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.look import Shading
from desktop_app.core.labelling import ArrayLabelStore, LabelScheme, LabelStore
from desktop_app.core.labelling.layers import RESULT_LOOK, LabelLayer
from desktop_app.gui.viewer.color_maps import color_map
from desktop_app.gui.viewer.geometry import Box2, Grid
from desktop_app.gui.viewer.raster import added, picture_pixels
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels.label_file import LabelFile

SHAPE = (24, 2048, 2048)
LARGE = (8, 4096, 4096)
BUDGET_MS = 16.0
COMPOSITE_MS = 33.0
CHANNELS = 4


def make_image(shape: tuple[int, int, int] = SHAPE) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    depth, side = shape[0], shape[1] // 16
    coarse = rng.integers(500, 4000, (depth, side, side), dtype=np.uint16)
    image = coarse.repeat(16, axis=1).repeat(16, axis=2) + rng.integers(0, 300, shape, dtype=np.uint16)
    cells = (rng.random((depth, side // 2, side // 2)) > 0.5) * rng.integers(1, 900, (depth, side // 2, side // 2))
    return image, cells.astype(np.uint32).repeat(32, axis=1).repeat(32, axis=2)


def scroll(viewer: ViewerWidget, app: QApplication, pause: float, slices: int) -> list[tuple[float, float]]:
    """Wall and processor ms from the wish for a slice to its painting, there and back again, two times.

    One pass before fills the caches and the allocator.
    """
    times: list[tuple[float, float]] = []
    there = [*range(1, slices), *range(slices - 2, -1, -1)]
    canvas = viewer.grid.views[Plane.XY].canvas
    viewer.set_depth(Plane.XY, 0)
    app.processEvents()
    for number, depth in enumerate(there * 3):
        begin, busy = time.perf_counter(), time.thread_time()
        viewer.set_depth(Plane.XY, depth)
        while not canvas.image.shown or viewer.is_late(Plane.XY):
            app.processEvents()
        for view in viewer.grid.views.values():
            if view.isVisible():
                view.canvas.viewport().repaint()
        spent = (1000 * (time.perf_counter() - begin), 1000 * (time.thread_time() - busy))
        if number >= len(there):
            times.append(spent)
        until = time.perf_counter() + pause
        while time.perf_counter() < until:
            app.processEvents()
            time.sleep(0.001)
    return times


def report(name: str, times: list[tuple[float, float]], budget: float = BUDGET_MS) -> None:
    """Wall time is what the user sees; processor time is what remains of it on a machine with nothing else to do."""
    wall, busy = (np.percentile([t[i] for t in times], (50, 95, 100)) for i in (0, 1))
    verdict = "within" if wall[1] <= budget else "OVER"
    print(
        f"{name:38s} wall p50 {wall[0]:5.1f} p95 {wall[1]:5.1f} max {wall[2]:6.1f} ms ({verdict} {budget:g}),"
        f" processor p50 {busy[0]:5.1f} p95 {busy[1]:5.1f}"
    )


def on_disk(folder: Path, image: np.ndarray, labels: np.ndarray) -> tuple[Volume, LabelStore]:
    import tifffile

    tifffile.imwrite(folder / "image.tif", image, imagej=True, metadata={"axes": "ZYX"})
    store = LabelFile.create(folder / "labels.ome.zarr", SHAPE)
    store.write(Region.whole(SHAPE), labels)
    store.close()
    return open_volume(folder / "image.tif"), LabelFile.open(folder / "labels.ome.zarr")


def at_zooms(viewer: ViewerWidget, app: QApplication, name: str, pause: float, budget: float = BUDGET_MS) -> None:
    """The whole image on the screen, then one pixel on one of the screen, then enlarged."""
    for zoom, factor in (("fitted", 1.0), ("at 1:1", None), ("enlarged 6 x", 6.0)):
        viewer.fit()
        if factor is None:
            viewer.navigator.actual_size()
        else:
            viewer.navigator.zoom_by(factor)
        app.processEvents()
        report(f"{name}, {zoom}", scroll(viewer, app, pause, viewer.volume.shape[0]), budget)


def labels_on_top(viewer: ViewerWidget, app: QApplication, arguments: argparse.Namespace) -> None:
    image, labels = make_image()
    with tempfile.TemporaryDirectory() as folder:
        sources = {
            "in memory": (Volume.from_array(image), ArrayLabelStore(labels)),
            "TIFF and OME-Zarr labels": on_disk(Path(folder), image, labels),
        }
        for name, (volume, store) in sources.items():
            viewer.set_volume(volume)
            viewer.set_labels(store, LabelScheme())
            viewer.set_layout(arguments.layout)
            app.processEvents()
            at_zooms(viewer, app, name, arguments.pause)
    viewer.set_volume(Volume.from_array(image))
    viewer.set_labels(ArrayLabelStore(labels), LabelScheme())
    for number in range(2):
        store = ArrayLabelStore(np.roll(labels, 16 * (number + 1), axis=2))
        viewer.layers.put(LabelLayer(f"result {number}", f"Result {number}", store, look=RESULT_LOOK))
    at_zooms(viewer, app, "labels and two results", arguments.pause)


def large(viewer: ViewerWidget, app: QApplication, arguments: argparse.Namespace) -> None:
    image, labels = make_image(LARGE)
    viewer.set_volume(Volume.from_array(image))
    viewer.set_labels(ArrayLabelStore(labels), LabelScheme())
    viewer.fit()
    app.processEvents()
    report("4096 x 4096 with labels, fitted", scroll(viewer, app, arguments.pause, LARGE[0]))


def composite(viewer: ViewerWidget, app: QApplication, arguments: argparse.Namespace) -> None:
    image, _ = make_image((12, *SHAPE[1:]))
    viewer.set_volume(Volume.from_array(np.stack([np.roll(image, n, axis=0) for n in range(CHANNELS)])))
    viewer.toggle_all_channels()
    app.processEvents()
    at_zooms(viewer, app, f"{CHANNELS} channels", arguments.pause, COMPOSITE_MS)
    print(f"{'the same as float colours, at 1:1':38s} {plain_composite(viewer, image):.1f} ms at best, adding up alone")
    tables = f"{'  by tables, adding up alone':38s}"
    print(f"{tables} {tabled_composite(viewer, image):.1f} ms at best")


def plain_composite(viewer: ViewerWidget, image: np.ndarray) -> float:
    colors = np.array([color_map(look.color)[-1] for look in viewer.channels.look.channels], np.float32)
    tile = image[0, :1000, :1500]

    def add() -> None:
        total = np.zeros((*tile.shape, 3), np.float32)
        for color in colors:
            total += np.clip((tile.astype(np.float32) - 500) / 3500, 0, 1)[..., None] * color
        np.minimum(total, 255, out=total).astype(np.uint8)

    return best_of(add)


def tabled_composite(viewer: ViewerWidget, image: np.ndarray) -> float:
    grid = Grid(Box2(0, 0, 1000, 1500))
    shadings = [Shading(Window(500, 4000), look.color) for look in viewer.channels.look.channels]
    return best_of(lambda: reduce(added, (picture_pixels(image[0], shading, grid) for shading in shadings)))


def best_of(work: Callable[[], object], times: int = 9) -> float:
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - begin))
    return min(spent)


PARTS = {"labels": labels_on_top, "large": large, "composite": composite}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layout", default="xy", choices=("xy", "all"))
    parser.add_argument("--style", default="filled", choices=("filled", "contour"))
    parser.add_argument("--pause", type=float, default=0.033, help="seconds between slice changes")
    parser.add_argument("--only", choices=tuple(PARTS))
    arguments = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    viewer = ViewerWidget()
    viewer.resize(1500, 1000)
    viewer.show()
    if arguments.style == "contour":
        viewer.toolbar.cycle_style()
    for name, part in PARTS.items():
        if arguments.only in (None, name):
            part(viewer, app, arguments)
    viewer.stop()


if __name__ == "__main__":
    main()
