"""How long a brush move and an undo take on a 2048 x 2048 slice; budgets 16 ms (95th percentile) and 50 ms.

Run: ``python tests/benchmarks/bench_brush.py [--size 40]``. A move is measured from the pointer event to the painted
screen, with labels on disk (OME-Zarr) and in memory.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.labelling import ArrayLabelStore, LabelScheme, LabelStore
from desktop_app.core.labelling.tools import ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.brush import BrushOptions, BrushTool
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.labels.label_file import LabelFile

SHAPE = (16, 2048, 2048)
STROKES, MOVES = 6, 60


def paint(
    viewer: ViewerWidget, store: LabelStore, app: QApplication, how: ToolSettings[BrushOptions]
) -> tuple[list, list, list]:
    """Times in ms (wall, processor) of moves, of finishing a stroke, and of undoing it."""
    rng = np.random.default_rng(0)
    moves, ends, undos = [], [], []
    canvas = viewer.grid.views[Plane.XY].canvas
    for stroke in range(STROKES):
        tool, place = BrushTool(), np.array([1024.0, 300.0 + 250 * stroke])
        tool.press(store, ToolPoint(Plane.XY, 8, *place), how)
        for _ in range(MOVES):
            place = np.clip(place + rng.normal(0, 14, 2), 0, 2047)
            begin, busy = time.perf_counter(), time.thread_time()
            touched = tool.move(store, ToolPoint(Plane.XY, 8, *place), how)
            if touched is not None:
                viewer.refresh_labels(touched)
            app.processEvents()
            moves.append((1000 * (time.perf_counter() - begin), 1000 * (time.thread_time() - busy)))
        begin, busy = time.perf_counter(), time.thread_time()
        edit = tool.release(store, ToolPoint(Plane.XY, 8, *place), how)
        ends.append((1000 * (time.perf_counter() - begin), 1000 * (time.thread_time() - busy)))
        begin, busy = time.perf_counter(), time.thread_time()
        if edit is not None:
            viewer.refresh_labels(edit.revert(store))
        canvas.viewport().repaint()
        undos.append((1000 * (time.perf_counter() - begin), 1000 * (time.thread_time() - busy)))
    return moves, ends, undos


def report(name: str, times: list[tuple[float, float]], budget: float) -> None:
    """Wall time is what the user sees; processor time is what remains of it on a machine with nothing else to do."""
    wall, busy = (np.percentile([t[i] for t in times], (50, 95, 100)) for i in (0, 1))
    verdict = "within" if wall[1] <= budget else "OVER"
    print(
        f"{name:38s} wall p50 {wall[0]:5.1f} p95 {wall[1]:5.1f} max {wall[2]:6.1f} ms ({verdict} {budget:g}),"
        f" processor p50 {busy[0]:5.1f} p95 {busy[1]:5.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=40, help="diameter in pixels")
    size = parser.parse_args().size
    app = QApplication.instance() or QApplication([])
    rng = np.random.default_rng(0)
    viewer = ViewerWidget()
    viewer.resize(1500, 1000)
    viewer.show()
    viewer.set_volume(Volume.from_array(rng.integers(0, 4000, SHAPE, dtype=np.uint16)))
    cells = rng.integers(0, 4, (SHAPE[0], 64, 64), dtype=np.uint32).repeat(32, axis=1).repeat(32, axis=2)
    with tempfile.TemporaryDirectory() as folder:
        on_disk = LabelFile.create(Path(folder) / "labels.ome.zarr", SHAPE)
        on_disk.write(Region.whole(SHAPE), cells)
        for name, store in (("in memory", ArrayLabelStore(cells.copy())), ("on disk", on_disk)):
            viewer.set_labels(store, LabelScheme())
            while viewer.is_late(Plane.XY):
                app.processEvents()
            for kind, ball in (("disc", False), ("ball", True)):
                how = ToolSettings(9, BrushOptions(size_px=size, brush_3d=ball), voxel_aspect=(3.0, 1.0, 1.0))
                viewer.fit()
                viewer.grid.views[Plane.XY].canvas.viewport().repaint()
                moves, ends, undos = paint(viewer, store, app, how)
                report(f"{name}, {kind} of {size} px, move", moves, 16.0)
                report(f"{name}, {kind} of {size} px, release", ends, 50.0)
                report(f"{name}, {kind} of {size} px, undo", undos, 50.0)
        on_disk.close()
    viewer.stop()


if __name__ == "__main__":
    main()
