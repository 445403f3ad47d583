"""How fast objects are measured: ``python tests/benchmarks/bench_measure.py [--edge 256] [--objects 5000]``.

Prints what each group of columns costs, beside scikit-image's ``regionprops`` with the nearest of its properties, and
how much memory measuring slab by slab takes.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from skimage.measure import marching_cubes, mesh_surface_area, regionprops

from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.data.measure import measured_table

_MIB = 1024  # KiB, in which Linux counts memory


def balls(edge: int, wanted: int) -> np.ndarray:
    """(Z, Y, X) ``wanted`` balls on a grid, each between its neighbours."""
    side = int(np.ceil(wanted ** (1 / 3)))
    step = edge // side
    radius = (step - 1) / 2
    place = (np.indices((edge, edge, edge), np.int16) % step - (step - 1) / 2).astype(np.float32)
    inside = (place**2).sum(axis=0) <= radius**2
    cell = np.minimum(np.arange(edge) // step, side)
    number = (cell[:, None, None] * (side + 1) + cell[:, None]) * (side + 1) + cell + 1
    labels = np.where(inside, number, 0).astype(np.uint32)
    kept = np.unique(labels)[1 : wanted + 1]
    return np.where(np.isin(labels, kept), labels, np.uint32(0))


def say(text: str) -> None:
    """A line on the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def timed(title: str, work: Callable[[], Any]) -> Any:
    """Run, and print how long it took."""
    start, cpu = time.perf_counter(), time.process_time()
    answer = work()
    say(f"{title:<58}{time.perf_counter() - start:8.2f} s   processor {time.process_time() - cpu:8.2f} s")
    return answer


def theirs(labels: np.ndarray, image: np.ndarray) -> int:
    """The nearest that scikit-image has, object by object."""
    found = regionprops(labels, image)
    for region in found:
        _ = (region.area, region.centroid, region.bbox, region.intensity_mean, region.intensity_std)
        _ = (region.intensity_min, region.intensity_max, region.axis_major_length, region.axis_minor_length)
        points, triangles, _, _ = marching_cubes(np.pad(region.image, 1).astype(np.float32), 0.5)
        _ = mesh_surface_area(points, triangles), region.feret_diameter_max
    return len(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--edge", type=int, default=256)
    parser.add_argument("--objects", type=int, default=5000)
    wanted = parser.parse_args()
    labels = balls(wanted.edge, wanted.objects)
    image = np.random.default_rng(1).integers(0, 4000, labels.shape).astype(np.uint16)
    size = VoxelSize(z=1, y=1, x=1)
    objects, grey = (Volume.from_array(array, voxel_size=size) for array in (labels, image))
    say(f"{len(np.unique(labels)) - 1} objects in {wanted.edge}³ voxels")
    for title, settings in (
        ("size and place", MeasureSettings(shape=False, intensity=False, neighbours=False)),
        ("and grey values", MeasureSettings(shape=False, neighbours=False)),
        ("and neighbours", MeasureSettings(shape=False)),
        ("and shape", MeasureSettings()),
    ):
        measuring = lambda s=settings: measured_table(objects, grey, RecordingContext(), settings=s)  # noqa: E731
        table = timed(f"measure: {title}", measuring)
    round_ones = [row["sphericity"] for row in table.rows if row["sphericity"]]
    say(f"sphericity {min(round_ones):.3f} to {max(round_ones):.3f}")
    say(f"most memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB:.0f} MiB")
    timed("scikit-image, without neighbours", lambda: theirs(labels, image))


if __name__ == "__main__":
    main()
