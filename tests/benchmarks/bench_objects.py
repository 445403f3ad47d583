"""How fast objects are made, measured and compared: ``python tests/benchmarks/bench_objects.py [--edge 256]``.

One line per operation: seconds, and nanoseconds per voxel.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.objects.agreement import object_scores
from desktop_app.objects.components import connected_objects
from desktop_app.objects.depth import depth_map, depth_of_distance, limited_distance
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.measure import measure


@dataclass(slots=True)
class Maps:
    """A foreground map and a depth map in memory."""

    array: np.ndarray
    channels: tuple[str, ...] = ("class:Nucleus", "depth")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X)."""
        _, z, y, x = self.array.shape
        return z, y, x

    def read(self, region: Region) -> np.ndarray:
        """(C, Z, Y, X) float32."""
        return self.array[(slice(None), *region.slices)].astype(np.float32)


def tiled(array: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Mirror images of a small volume side by side until ``shape`` is filled."""
    pads = [(0, max(0, n - m)) for n, m in zip(shape, array.shape, strict=True)]
    return np.pad(array, pads, mode="symmetric")[tuple(slice(n) for n in shape)]


def say(text: str) -> None:
    """A line on the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def timed(title: str, voxels: int, work: Callable[[], Any]) -> Any:
    """Run, and print how long it took."""
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    say(f"{title:34s} {seconds:8.2f} s {1e9 * seconds / voxels:9.1f} ns per voxel")
    return result


def whole_stream(maps: Maps, memory_gb: float) -> int:
    """Decode in blocks; the number of objects."""
    from desktop_app.ml.inference.engine import Room
    from desktop_app.ml.recipes.semantic.decode import decode_semantic

    card = ModelCard(
        name="bench", recipe="semantic", network="unet3d", dimensions=3, input_channels=1, output_channels=3,
        patch_size=(32, 64, 64), divisor=(1, 1, 1),
    )  # fmt: skip
    stream = decode_semantic(maps, SemanticDecode(), card, Room(memory_gb), RecordingContext())
    return max(int(labels.max()) for _, labels in stream.slabs)


def bench(shape: tuple[int, int, int]) -> None:
    """All operations on one volume."""
    small = (min(shape[0], 96), 192, 192)
    phantom = nuclei_phantom(PhantomParameters(shape=small, nuclei=150 if shape[0] == 1 else 600))
    truth = tiled(phantom.truth.astype(np.uint32), shape)
    voxels = truth.size
    say(f"{shape[0]} x {shape[1]} x {shape[2]} voxels, {100 * np.mean(truth > 0):.0f} % foreground")
    sampling = phantom.voxel_size.zyx
    depth = timed("depth map (training target)", voxels, lambda: depth_map(truth, sampling))
    foreground = truth > 0
    islands = timed("islands", voxels, lambda: connected_objects(foreground))
    say(f"  {int(islands.max())} islands")
    timed(
        "relative depth (none learned)",
        voxels,
        lambda: depth_of_distance(limited_distance(foreground, sampling, np.inf), sampling),
    )
    timed("fill holes", voxels, lambda: fill_holes(islands))
    timed("measure with image", voxels, lambda: measure(islands, truth))
    timed("object scores", voxels, lambda: object_scores(truth, islands))
    maps = Maps(np.stack([foreground, depth]).astype(np.float16))
    for memory in (8.0, 1.0):
        found = timed(f"decode stream, {memory:g} GB", voxels, lambda m=memory: whole_stream(maps, m))
        say(f"  {found} objects")


def main() -> None:
    """A volume, then a picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", type=int, default=256, help="edge of the volume in voxels")
    edge = parser.parse_args().edge
    bench((edge, edge, edge))
    side = int(edge**1.5)
    bench((1, side, side))


if __name__ == "__main__":
    main()
