"""How quickly big images open and labels are painted. Run by hand: ``python tests/benchmarks/bench_io.py [FOLDER]``.

Budgets: a stack of 1 GB opens in less than 1 s; a slice of any plane and a 40 px brush move take less than 16 ms; undo
of a fill of 10 million voxels takes less than 300 ms, and labels with 5,000 steps open in less than 1 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile

from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.labelling.store import Edit
from desktop_app.io.images.page_cache import viewing_cache_bytes
from desktop_app.io.images.registry import list_images, open_volume, write_volume
from desktop_app.io.labels import LabelFile, LabelSession

SHAPE = (256, 2048, 2048)
PACKED = (500, 2048, 2048)  # z, y, x: the stack of the budget
REPEATS = 40


def _milliseconds(action: Callable[[], object], repeats: int = 1) -> tuple[float, float]:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return float(np.median(times)), float(np.percentile(times, 95))


def _say(name: str, times: tuple[float, float]) -> None:
    sys.stdout.write(f"{name:<58}{times[0]:>10.2f}{times[1]:>10.2f}\n")


def _planes(name: str, volume: Volume, rng: np.random.Generator, repeats: int = REPEATS) -> None:
    for plane in Plane:
        depth = volume.shape[plane.depth_axis]

        def random_slice(plane: Plane = plane, depth: int = depth) -> None:
            volume.plane(plane, int(rng.integers(depth)))

        _say(f"{name}: random {plane} slice", _milliseconds(random_slice, repeats))


def _stacks(folder: Path, rng: np.random.Generator) -> None:
    path = folder / "stack.tif"
    noise = rng.integers(0, 4096, SHAPE[1:], dtype=np.uint16)
    with tifffile.TiffWriter(path, imagej=True) as writer:
        stack = np.lib.stride_tricks.as_strided(noise, SHAPE, (0, *noise.strides))
        writer.write(stack, metadata={"axes": "ZYX", "spacing": 2.0, "unit": "um"}, resolution=(5, 5))
    _say(f"open {path.stat().st_size / 2**30:.1f} GiB ImageJ stack", _milliseconds(lambda: open_volume(path), 5))
    _planes("mapped", open_volume(path, viewing_cache_bytes(1024)), rng)
    small = Volume.from_array(
        np.repeat(noise[None, :1024, :1024] // 64, 128, axis=0), voxel_size=VoxelSize(z=2, y=1, x=1)
    )
    for suffix in (".tif", ".ome.zarr"):
        packed = folder / f"packed{suffix}"
        _say(f"write 256 MiB {suffix}", _milliseconds(lambda p=packed: write_volume(p, small.source, small)))
        _say(f"open it {suffix}", _milliseconds(lambda p=packed: open_volume(p), 5))
        _planes(f"compressed {suffix}", open_volume(packed, viewing_cache_bytes(1024)), rng, 12)


def _labels(folder: Path, rng: np.random.Generator) -> None:
    path = folder / "labels.ome.zarr"
    LabelFile.create(path, SHAPE).close()
    session = LabelSession(path, folder / "labels.journal")
    labels = session.labels
    y, x = np.mgrid[:41, :41] - 20
    disk = y**2 + x**2 <= 400

    def paint() -> None:
        z, row, column = (int(rng.integers(0, n)) for n in (4, SHAPE[1] - 41, SHAPE[2] - 41))
        region = Region((z, row, column), (z + 1, row + 41, column + 41))
        before = labels.read(region)
        after = before.copy()
        after[0][disk] = rng.integers(1, 1000)
        labels.write(region, after)
        session.commit(Edit.between(region, before, after, "Brush"))

    _say("brush move of 40 px with journal", _milliseconds(paint, 2000))
    _say("sync the journal", _milliseconds(session.sync))
    _say("flush 2000 strokes", _milliseconds(session.flush))
    for plane in Plane:
        slab = plane.slab(SHAPE, 2)
        _say(f"labels: {plane} slice in memory", _milliseconds(lambda s=slab: labels.read(s), 20))
    session.close()
    cold = LabelFile.open(path)
    _say("labels: xy slice from disk", _milliseconds(lambda: cold.read(Plane.XY.slab(SHAPE, 2))))


def _folder(folder: Path) -> None:
    many = folder / "many"
    many.mkdir()
    for number in range(404):
        tifffile.imwrite(many / f"im{number}.tif", np.zeros((64, 64), np.uint8), description="x", metadata=None)
    _say("list a folder of 404 TIFF files", _milliseconds(lambda: list_images(many), 9))


def _history(folder: Path, rng: np.random.Generator) -> None:
    path, journal = folder / "undo.ome.zarr", folder / "undo.journal"
    LabelFile.create(path, SHAPE).close()
    session = LabelSession(path, journal)
    for _ in range(5000):
        z, row, column = (int(rng.integers(0, n)) for n in (4, SHAPE[1] - 41, SHAPE[2] - 41))
        region = Region((z, row, column), (z + 1, row + 41, column + 41))
        before = session.labels.read(region)
        after = np.where(rng.random(before.shape) < 0.02, 7, before).astype(np.uint32)
        session.labels.write(region, after)
        session.commit(Edit.between(region, before, after, "Brush"))
    region = Region((8, 0, 0), (18, 1024, 1024))
    session.labels.write(region, np.full(region.shape, 5, np.uint32))
    session.commit(Edit.between(region, np.zeros(region.shape, np.uint32), session.labels.read(region), "Fill"))
    _say("undo a fill of 10 million voxels", _milliseconds(session.undo))
    _say("redo it", _milliseconds(session.redo))
    session.close()
    size = sum(part.stat().st_size for part in folder.glob("undo.journal.*")) / 2**20
    _say(
        f"open labels with 5,001 steps ({size:.0f} MB)", _milliseconds(lambda: LabelSession(path, journal).abandon(), 3)
    )
    session = LabelSession(path, journal)
    _say("undo the fill, read from the disk", _milliseconds(session.undo))
    _say("undo a stroke, read from the disk", _milliseconds(session.undo, 20))
    session.close()


def main() -> None:
    """Print the median and the 95th percentile of each action, in milliseconds."""
    rng = np.random.default_rng(1)
    sys.stdout.write(f"{'':<58}{'median ms':>10}{'p95 ms':>10}\n")
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        _stacks(Path(name), rng)
        _labels(Path(name), rng)
        _folder(Path(name))
        _history(Path(name), rng)


if __name__ == "__main__":
    main()
