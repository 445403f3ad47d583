"""How long labelling tools and object operations take, beside their budgets; processor time, without the screen.

Run: ``python tests/benchmarks/bench_tools.py [--edge 512]``. Tools work on a 2048 x 2048 slice of bright discs with
noise, operations on a volume of ``edge``³ voxels with balls, in a label file on disk.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from desktop_app.core.imaging import Plane, Region, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.jobs.get_ready import get_ready
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene
from desktop_app.objects.operations.carrying_out import dry_run, edit_of

SIDE, MOVES = 2048, 40


def picture() -> np.ndarray:
    """Discs of radius 40 on a grid, with noise: (1, Y, X)."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    discs = ((rows % 128 - 64) ** 2 + (columns % 128 - 64) ** 2 <= 40**2) * 1000.0
    return (discs + np.random.default_rng(0).normal(200, 40, (SIDE, SIDE))).astype(np.float32)[None]


def timed(act: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    begin = time.thread_time()
    act()
    return 1000 * (time.thread_time() - begin)


def tool(name: str, image: np.ndarray, **options: object) -> None:
    """Presses at the middles of discs, and moves around them."""
    store = ArrayLabelStore(np.zeros(image.shape, np.uint32))
    how = ToolSettings(7, TOOLS[name].options(**options), grey=lambda region: image[region.slices])
    presses, moves, ends = [], [], []
    for disc in range(6):
        middle = 64 + 128 * (disc + 2)
        one = TOOLS[name].factory()
        begin = ToolPoint(Plane.XY, 0, middle, middle + (41.0 if TOOLS[name].collects else 0.0))
        presses.append(timed(lambda one=one, begin=begin: one.press(store, begin, how)))
        for turn in np.linspace(0, np.pi, MOVES):
            point = ToolPoint(Plane.XY, 0, middle + 41 * np.sin(turn), middle + 41 * np.cos(turn))
            follow = one.hover if TOOLS[name].collects else one.move
            moves.append(timed(lambda follow=follow, point=point: follow(store, point, how)))
        ends.append(timed(lambda one=one, point=point: (one.release(store, point, how), one.cancel(store))))
    print(
        f"{name:12} press {np.median(presses):7.1f} ms   move {np.percentile(moves, 95):7.2f} ms (95th; budget 16, "
        f"livewire 50)   end {np.median(ends):6.1f} ms"
    )


def operation(name: str, scene: Scene, budget: str, **parameters: object) -> None:
    """One operation as the window does it: worked out, carried out, undone; by the clock, and of the processor."""
    made = OPERATIONS[name]
    begin, busy = time.perf_counter(), time.process_time()
    changes = dry_run(made, scene, made.parameters(**parameters))
    found = time.perf_counter()
    edit = edit_of(changes, scene.labels, made.title)
    done, spent = time.perf_counter(), time.process_time() - busy
    if edit is not None:
        edit.revert(scene.labels)
    undone = time.perf_counter()
    print(
        f"{name:14} worked out {1000 * (found - begin):6.0f} ms   carried out {1000 * (done - found):5.0f} ms   "
        f"processor of both {1000 * spent:5.0f} ms   undone {1000 * (undone - done):4.0f} ms   budget {budget}"
    )


def balls(store: LabelFile, edge: int) -> None:
    """A ball of radius 20 in each cube of 64."""
    grid = np.ogrid[:64, :64, :64]
    ball = sum((g - 32) ** 2 for g in grid) <= 400
    number = 0
    for z in range(0, edge - 63, 64):
        slab = np.zeros((64, edge, edge), np.uint32)
        for y in range(0, edge - 63, 64):
            for x in range(0, edge - 63, 64):
                number += 1
                slab[:, y : y + 64, x : x + 64][ball] = number
        store.write(Region((z, 0, 0), (z + 64, edge, edge)), slab)


def sparse(store: LabelFile) -> None:
    """Ten discs, each in every fifth of 101 slices: twenty gaps."""
    rows, columns = np.ogrid[:512, :512]
    for z in range(0, 101, 5):
        labels = np.zeros((1, 512, 512), np.uint32)
        for disc in range(10):
            away = (rows - 60 - 40 * disc) ** 2 + (columns - 100 - z - 20 * disc) ** 2
            labels[0][away <= (18 + z / 20) ** 2] = disc + 1
        store.write(Region((z, 0, 0), (z + 1, 512, 512)), labels)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", type=int, default=512)
    edge = parser.parse_args().edge
    begin = time.process_time()
    get_ready(RecordingContext())
    print(f"libraries read, two seconds after the window stands: {1000 * (time.process_time() - begin):.0f} ms")
    image = picture()
    tool("grey-brush", image, size_px=40)
    tool("wand", image)
    tool("lasso", image)
    tool("ellipse", image)
    tool("livewire", image)
    with tempfile.TemporaryDirectory() as folder:
        store = LabelFile.create(Path(folder) / "balls.ome.zarr", (edge, edge, edge))
        balls(store, edge)
        largest = store.max_id()
        size = VoxelSize(z=1, y=1, x=1, unit="µm")

        def scene(*objects: int, places: tuple[Place, ...] = ()) -> Scene:
            return Scene(store, None, size, Pointed(objects, places), largest)

        operation("delete", scene(5), "none: the first one learns where objects are", extent="object")
        operation("delete", scene(6), "200 ms", extent="object")
        down, along = divmod(4, edge // 64)
        inside = Place(Plane.XY, (32, 32 + 64 * down, 32 + 64 * along))
        operation("delete", scene(5, places=(inside,)), "200 ms", extent="piece")
        operation("merge", scene(1, 2), "200 ms")
        operation("reshape", scene(9), "none", how="smooth")
        line = (Place(Plane.XY, (32, 5, 32)), Place(Plane.XY, (32, 60, 32)))
        operation("cut-line", scene(places=line), "none")
        store.close()
        drawn = LabelFile.create(Path(folder) / "drawn.ome.zarr", (101, 512, 512))
        sparse(drawn)
        operation("interpolate", Scene(drawn, None, size, Pointed(), 10), "300 ms (20 gaps of 4 slices x 10 objects)")
        drawn.close()


if __name__ == "__main__":
    main()
