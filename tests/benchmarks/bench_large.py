"""Images larger than memory: what is seen first, from the side, and how much memory it takes.

Budgets: the first picture of an OME-Zarr image of 20 GB on the screen in less than 2 s; a slice from the side of a
packed TIFF stack of 2048 × 2048 × 500 through its copy in less than 100 ms; memory bounded by “Memory for images” in
Settings.
The packed stack itself stands beside the copy, with ``--only converted`` OME-Zarr as ``convert`` writes it, too.

Run by hand: ``python tests/benchmarks/bench_large.py [FOLDER] [--only copy]``
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil
import tifffile

from desktop_app.core.imaging import Plane, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.ome_zarr_writer import CHUNK, create_array
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.data.browsing_copy import prepare_for_browsing
from desktop_app.jobs.data.convert import convert_image

PACKED = (500, 2048, 2048)  # z, y, x: the stack of the budget
SIDE_MS, FIRST_S = 100.0, 2.0
LARGE_SLICE = 30_000  # pixels along an edge


def say(name: str, value: float, unit: str, budget: float | None = None) -> None:
    verdict = "" if budget is None else f"   ({'within' if value <= budget else 'OVER'} {budget:g} {unit})"
    sys.stdout.write(f"{name:<64}{value:>10.1f} {unit}{verdict}\n")
    sys.stdout.flush()


def seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def packed_stack(path: Path) -> None:
    """Blobs under the noise of a camera: noise alone would not pack, blobs alone too well."""
    rng = np.random.default_rng(0)
    noise = rng.poisson(6, PACKED[1:]).astype(np.uint8)
    rows, columns = np.mgrid[: PACKED[1], : PACKED[2]]
    blobs = (60 * (1 + np.sin(rows / 37) * np.cos(columns / 41))).astype(np.uint8)
    with tifffile.TiffWriter(path) as writer:
        for z in range(PACKED[0]):
            picture = np.roll(noise, 7 * z, axis=1) + np.roll(blobs, z, axis=0)
            writer.write(picture, compression="zlib", compressionargs={"level": 1}, contiguous=False)


def copy(folder: Path) -> None:
    rng = np.random.default_rng(1)
    path = folder / "packed.tif"
    packed_stack(path)
    stack = "×".join(str(n) for n in PACKED[::-1])
    plain = open_volume(path)
    say(f"packed TIFF of {stack}: an xz slice", 1e3 * seconds(lambda: plain.plane(Plane.XZ, 900)), "ms")
    say("  prepared for fast browsing", seconds(lambda: prepare_for_browsing(path, RecordingContext())), "s")
    sides("  its copy", path, rng, SIDE_MS)


def converted(folder: Path) -> None:
    path, target = folder / "packed.tif", folder / "converted.ome.zarr"
    packed_stack(path)
    say("packed TIFF converted to OME-Zarr", seconds(lambda: convert_image(path, target, RecordingContext())), "s")
    sides("  as OME-Zarr (zstd)", target, np.random.default_rng(1), None)


def sides(name: str, path: Path, rng: np.random.Generator, budget: float | None) -> None:
    """Slices far from each other, so that none finds the pieces of the one before."""
    for plane in Plane:
        times, busy = [], []
        for _ in range(9):
            volume = open_volume(path)
            depth = int(rng.integers(volume.shape[plane.depth_axis]))
            begin = time.process_time()
            times.append(1e3 * seconds(lambda v=volume, p=plane, d=depth: v.plane(p, d)))
            busy.append(1e3 * (time.process_time() - begin))
        wall, work = float(np.median(times)), float(np.median(busy))
        say(f"{name}: random {plane} slice, median of 9", wall, "ms", budget if plane == "xz" else None)
        say("    all its threads together, without waiting for other programs", work, "ms")


def first_picture(folder: Path) -> None:
    """From the opening of the file to the painting of the picture, in the viewer."""
    from PySide6.QtWidgets import QApplication

    from desktop_app.gui.viewer.viewer import ViewerWidget

    path = folder / "large.ome.zarr"
    array = create_array(path, "ZYX", (2500, 2048, 2048), CHUNK, np.dtype(np.uint16), VoxelSize(z=1, y=1, x=1), {})
    array[1248:1264] = np.random.default_rng(0).integers(
        0, 4000, (16, 2048, 2048), dtype=np.uint16
    )  # the rest is sparse
    app = QApplication.instance() or QApplication([])
    viewer = ViewerWidget()
    viewer.resize(1500, 1000)
    viewer.show()
    app.processEvents()

    def shown() -> None:
        viewer.set_volume(open_volume(path))
        while not all(view.canvas.image.shown for view in viewer.grid.views.values() if view.isVisible()):
            app.processEvents()
        for view in viewer.grid.views.values():
            view.canvas.viewport().repaint()

    say(
        f"first pictures of an OME-Zarr image of {array.nbytes / 1e9:.0f} GB, three planes",
        seconds(shown),
        "s",
        FIRST_S,
    )
    viewer.stop()
    viewer.close()


def large_slice(folder: Path) -> None:
    """One slice of 30,000 × 30,000 pixels in packed tiles, and the memory that looking at it takes."""
    from PySide6.QtWidgets import QApplication

    from desktop_app.gui.viewer.viewer import ViewerWidget

    path = folder / "slide.tif"
    tile = np.random.default_rng(0).integers(0, 4000, (512, 512), dtype=np.uint16)
    tiles = math.ceil(LARGE_SLICE / 512) ** 2
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(
            (tile for _ in range(tiles)), shape=(LARGE_SLICE, LARGE_SLICE), dtype=np.uint16, tile=(512, 512),
            compression="zlib", compressionargs={"level": 1},
        )  # fmt: skip
    app = QApplication.instance() or QApplication([])
    viewer = ViewerWidget()
    viewer.resize(1500, 1000)
    viewer.show()
    app.processEvents()
    process = psutil.Process()
    before = process.memory_info().rss
    most = before

    def settled() -> None:
        nonlocal most
        canvas = viewer.grid.views[Plane.XY].canvas
        begin = time.perf_counter()
        while time.perf_counter() - begin < 1.0 or not canvas.image.shown or viewer.is_late(Plane.XY):
            app.processEvents()
            time.sleep(0.002)
            most = max(most, process.memory_info().rss)

    def look() -> None:
        viewer.set_volume(open_volume(path))
        settled()

    say(f"one packed slice of {LARGE_SLICE}²: first picture, fitted", seconds(look), "s")
    viewer.navigator.actual_size()
    settled()
    for _ in range(20):
        viewer.navigator._on_dragged(Plane.XY, -400.0, -250.0)
        settled()
    say("  memory taken, after a walk at 1:1 (whole slice: 1,800 MB)", (most - before) / 1e6, "MB", 1024.0)
    viewer.stop()
    viewer.close()


PARTS = {"first": first_picture, "copy": copy, "slice": large_slice}
BESIDE = {"converted": converted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--only", choices=(*PARTS, *BESIDE))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        os.environ["VOXELWRIGHT_HOME"] = folder
        wanted = PARTS if arguments.only is None else {arguments.only: {**PARTS, **BESIDE}[arguments.only]}
        for part in wanted.values():
            part(Path(folder))


if __name__ == "__main__":
    main()
