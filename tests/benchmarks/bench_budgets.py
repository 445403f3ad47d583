"""All budgets of looking at images in one run, each beside its figure.

Each is measured several times, and the quickest time of each step counts: what else the computer does is not meant.
Processor time stands beside it, of all threads together for jobs and of the window's thread for pictures, and says
whether a miss is the program's or the machine's.

Run by hand: ``python tests/benchmarks/bench_budgets.py [--only scroll memory …] [--folder FOLDER]``. It writes up to
4 GB into the folder. Surfaces need OpenGL: run it under ``xvfb-run`` where there is no screen.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil
import tifffile
from bench_large import LARGE_SLICE
from bench_view3d import surfaces, thousand_balls
from bench_viewer import CHANNELS, LARGE, SHAPE, make_image, on_disk, scroll
from PySide6.QtWidgets import QApplication

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.labelling import ArrayLabelStore, LabelScheme, LabelStore
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.images.ome_zarr import open_ome_zarr
from desktop_app.io.images.ome_zarr_image import write_copy
from desktop_app.io.images.ome_zarr_writer import CHUNK, create_array
from desktop_app.io.images.page_cache import viewing_cache_bytes
from desktop_app.io.images.registry import open_volume

STACK = (500, 2048, 2048)  # z, y, x: the stack that is looked at from the side
PASSES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A budget and what was measured: by the clock and of the processor."""

    name: str
    budget: float
    unit: str
    clock: float
    processor: float | None = None

    def say(self) -> None:
        verdict = "within" if self.clock <= self.budget else "OVER"
        if verdict == "OVER" and self.processor is not None and self.processor <= self.budget:
            verdict = "OVER by the clock, within by the processor"
        used = "" if self.processor is None else f"{self.processor:10.1f}"
        print(f"{self.name:62s}{self.budget:8g}{self.clock:10.1f}{used:>10s} {self.unit:3s} {verdict}", flush=True)


def shown(viewer: ViewerWidget, app: QApplication) -> None:
    """Wait until every view shows its slice."""
    canvases = [view.canvas for view in viewer.grid.views.values() if view.isVisible()]
    while not all(canvas.image.shown for canvas in canvases):
        app.processEvents()
        time.sleep(0.0005)
    for canvas in canvases:
        canvas.viewport().repaint()


def frames(viewer: ViewerWidget, app: QApplication, name: str, budget: float) -> Row:
    """The 95th percentile of a slice change, of each the quickest of several passes."""
    slices = viewer.volume.shape[0]
    rounds = [scroll(viewer, app, 0.033, slices) for _ in range(PASSES // 2 + 1)]
    steps = 2 * (slices - 1)  # there and back
    each = np.array(list(itertools.chain.from_iterable(rounds))).reshape(-1, steps, 2).min(axis=0)
    return Row(name, budget, "ms", *np.percentile(each, 95, axis=0))


def scrolling(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    image, labels = make_image()
    sources: dict[str, tuple[Volume, LabelStore]] = {
        "from memory": (Volume.from_array(image), ArrayLabelStore(labels)),
        "from files": on_disk(folder, image, labels),
    }
    for name, (volume, store) in sources.items():
        viewer.set_volume(volume)
        viewer.set_labels(store, LabelScheme())
        viewer.fit()
        app.processEvents()
        yield frames(viewer, app, f"{SHAPE[1]}² with labels, fitted, {name}: 95 % of frames", 16)


def larger(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    image, labels = make_image(LARGE)
    viewer.set_volume(Volume.from_array(image))
    viewer.set_labels(ArrayLabelStore(labels), LabelScheme())
    viewer.fit()
    app.processEvents()
    yield frames(viewer, app, f"{LARGE[1]}² with labels, fitted: 95 % of frames", 16)


def channels(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    image, _ = make_image((12, *SHAPE[1:]))
    viewer.set_volume(Volume.from_array(np.stack([np.roll(image, n, axis=0) for n in range(CHANNELS)])))
    viewer.toggle_all_channels()
    viewer.fit()
    app.processEvents()
    yield frames(viewer, app, f"{CHANNELS} channels of {SHAPE[1]}² added up, fitted: 95 % of frames", 33)


def first_picture(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    path = folder / "large.ome.zarr"
    array = create_array(path, "ZYX", (2500, 2048, 2048), CHUNK, np.dtype(np.uint16), VoxelSize(z=1, y=1, x=1), {})
    array[1248:1264] = np.random.default_rng(0).integers(0, 4000, (16, 2048, 2048), dtype=np.uint16)
    for layout, words in (("xy", "one plane"), ("all", "three planes")):
        viewer.set_layout(layout)
        found = []
        for _ in range(3):
            viewer.set_volume(None)
            app.processEvents()
            begin, busy = time.perf_counter(), time.process_time()
            viewer.set_volume(open_volume(path))
            shown(viewer, app)
            found.append((time.perf_counter() - begin, time.process_time() - busy))
        size = array.nbytes / 1e9
        yield Row(f"first picture of an OME-Zarr of {size:.0f} GB, {words}", 2, "s", *np.min(found, axis=0))
    viewer.set_layout("xy")


@dataclass(frozen=True, slots=True)
class Blobs:
    """Voxels of a stack, made when they are asked for: blobs under the noise of a camera."""

    noise: np.ndarray
    blobs: np.ndarray

    @classmethod
    def made(cls) -> Blobs:
        rows, columns = np.mgrid[: STACK[1], : STACK[2]]
        blobs = (60 * (1 + np.sin(rows / 37) * np.cos(columns / 41))).astype(np.uint8)
        return cls(np.random.default_rng(0).poisson(6, STACK[1:]).astype(np.uint8), blobs)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (1, *STACK)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8)

    def read(self, channel: int, region: Region) -> np.ndarray:
        slices = range(region.start[0], region.stop[0])
        whole = (np.roll(self.noise, 7 * z, axis=1) + np.roll(self.blobs, z, axis=0) for z in slices)
        return np.stack([one[region.slices[1:]] for one in whole])


def from_the_side(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    path, source = folder / "copy.ome.zarr", Blobs.made()
    path.mkdir()
    write_copy(path, source, Volume(source), 0, lambda _done, _of: None)
    rng = np.random.default_rng(1)
    for plane in (Plane.XZ, Plane.YZ):
        found = []
        for _ in range(4 * PASSES):
            volume = open_ome_zarr(path, complete=True)
            depth = int(rng.integers(volume.shape[plane.depth_axis]))
            begin, busy = time.perf_counter(), time.process_time()
            volume.plane(plane, depth)
            found.append((1e3 * (time.perf_counter() - begin), 1e3 * (time.process_time() - busy)))
        size = "×".join(str(n) for n in STACK[::-1])
        quick = np.sort(np.array(found), axis=0)[:PASSES].mean(axis=0)
        yield Row(f"{plane.value} slice of {size} through its copy", 100, "ms", *quick)


def in_3d(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    labels = thousand_balls()
    try:
        found = [surfaces(app, labels) for _ in range(3)]
    except RuntimeError as error:
        print(f"  {error}")
        return
    clock, processor = np.min([one[:2] for one in found], axis=0)
    yield Row("surfaces of 1,000 objects in 256³: read, made, drawn", 3, "s", clock, processor)
    late = [np.percentile(lateness, 95) for *_, lateness in found]
    yield Row("  the window is late meanwhile, 95 %", 50, "ms", min(late))


def memory(viewer: ViewerWidget, app: QApplication, folder: Path) -> Iterator[Row]:
    budget, before = AppSettings().viewing_memory_mb, psutil.Process().memory_info().rss
    for name, path in (("in tiles", slide(folder)), ("as one block", block(folder))):
        volume = open_volume(path, viewing_cache_bytes(budget))
        begin, busy, most = time.perf_counter(), time.process_time(), before
        viewer.set_volume(volume)
        viewer.fit()
        for step in range(6):
            if step == 1:
                viewer.navigator.actual_size()
            elif step:
                viewer.navigator._on_dragged(Plane.XY, -400.0, -250.0)
            while not viewer.grid.views[Plane.XY].canvas.image.shown or viewer.is_late(Plane.XY):
                app.processEvents()
                time.sleep(0.005)
                most = max(most, psutil.Process().memory_info().rss)
            if step == 0:
                took = time.perf_counter() - begin, time.process_time() - busy
        print(f"  {LARGE_SLICE}² packed {name}: first picture after {took[0]:.1f} s, processor {took[1]:.1f} s")
        yield Row(
            f"memory for {LARGE_SLICE}² packed {name} (1,800 MB), fitted and at 1:1",
            budget,
            "MB",
            (most - before) / 1e6,
        )
        viewer.set_volume(None)


def slide(folder: Path) -> Path:
    """One slice in tiles, each packed."""
    path, edge = folder / "slide.tif", 512
    tile = np.random.default_rng(0).integers(0, 4000, (edge, edge), dtype=np.uint16)
    packed = itertools.repeat(zlib.compress(tile.tobytes(), 1), (-(-LARGE_SLICE // edge)) ** 2)
    write(path, packed, tile=(edge, edge))
    return path


def block(folder: Path) -> Path:
    """The same, packed as a whole."""
    path, packer = folder / "block.tif", zlib.compressobj(1)
    rows = np.random.default_rng(0).integers(0, 9, (100, LARGE_SLICE), dtype=np.uint16).tobytes()
    packed = b"".join(packer.compress(rows) for _ in range(LARGE_SLICE // 100)) + packer.flush()
    write(path, [packed], rowsperstrip=LARGE_SLICE)
    return path


def write(path: Path, packed: Iterable[bytes], **how: Any) -> None:
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        shape = (LARGE_SLICE, LARGE_SLICE)
        writer.write(iter(packed), shape=shape, dtype=np.uint16, compression="zlib", photometric="minisblack", **how)


PARTS: dict[str, Callable[[ViewerWidget, QApplication, Path], Iterator[Row]]] = {
    "scroll": scrolling, "large": larger, "channels": channels, "first": first_picture, "side": from_the_side,
    "3d": in_3d, "memory": memory,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    load = f"; {os.getloadavg()[0]:.1f} programs run besides" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} processors{load}\n{'':62s}{'budget':>8s}{'clock':>10s}{'processor':>10s}")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        os.environ["VOXELWRIGHT_HOME"] = folder
        viewer = ViewerWidget()
        viewer.resize(1500, 1000)
        viewer.show()
        for name in arguments.only:
            for row in PARTS[name](viewer, app, Path(folder)):
                row.say()
            viewer.set_volume(None)
        viewer.stop()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
