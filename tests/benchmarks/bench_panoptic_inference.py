"""Where the time of a panoptic stack goes, and whether its memory is flat.

``python tests/benchmarks/bench_panoptic_inference.py [--slices 64 512] [--edge 2048] [--objects 600] [--cost 0.05]
[--plane xy] [--median 3] [--fine] [--budget 2]``

Slices of made-up objects go through the whole engine. In the network's place something waits for ``--cost`` seconds a
slice, as the processor does while a GPU computes, and returns perfect maps. Each number of slices runs in a process of
its own. The table: seconds in all, seconds per slice, what reading took, what the network took, how long it waited
for slices to be read and for objects to be made (also as a share), objects found, and peak resident memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_VARIANTS = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run.

    Attributes:
        slices: Of the stack.
        edge: Of a slice, pixels.
        objects: About so many in each slice.
        cost: Seconds that the network takes for a slice.
        plane: Which slices.
        median: Slices of the median.
        fine: Whether boundaries are fine.
        budget: Memory in GiB.
    """

    slices: int
    edge: int
    objects: int
    cost: float
    plane: str
    median: int
    fine: bool
    budget: float


@dataclass(frozen=True, slots=True)
class EndlessSource:
    """Voxels of a volume that is nowhere: slice n holds the number of its variant."""

    shape: tuple[int, int, int, int]
    axis: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return np.dtype(np.uint8)

    def read(self, channel: int, region: Any) -> NDArray[Any]:
        """The voxels (Z, Y, X)."""
        out = np.empty(region.shape, np.uint8)
        numbers = np.arange(region.start[self.axis], region.stop[self.axis]) % _VARIANTS
        out[...] = numbers.reshape([-1 if a == self.axis else 1 for a in range(3)])
        return out


def discs(edge: int, count: int) -> list[tuple[float, float, float]]:
    """Centres and radii of discs on a jittered grid."""
    rng = np.random.default_rng(0)
    side = max(1, round(count**0.5))
    pitch = edge / side
    rows, columns = np.divmod(np.arange(side * side), side)
    jitter = rng.uniform(-0.1, 0.1, (2, side * side))
    radii = rng.uniform(0.3, 0.55, side * side) * pitch
    return list(zip((rows + 0.5 + jitter[0]) * pitch, (columns + 0.5 + jitter[1]) * pitch, radii, strict=True))


def perfect_maps(edge: int, count: int, shrink: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Class logits ``(1, H, W)``, heatmap ``(1, h, w)`` and offsets ``(2, h, w)`` of discs."""
    logits = np.full((edge, edge), -6, np.float32)
    heatmap = np.zeros((edge // 4, edge // 4), np.float32)
    offsets = np.zeros((2, edge, edge), np.float32)
    nearest = np.full((edge, edge), np.inf, np.float32)
    for y, x, radius in discs(edge, count):
        reach = int(radius) + 2
        top, left = max(0, int(y) - reach), max(0, int(x) - reach)
        box = np.s_[top : int(y) + reach, left : int(x) + reach]
        grid = np.mgrid[box[0].start : min(box[0].stop, edge), box[1].start : min(box[1].stop, edge)]
        away = np.hypot(grid[0] - y, grid[1] - x).astype(np.float32)
        own = (away < radius * shrink) & (away < nearest[box])
        logits[box][own] = 6
        nearest[box][own] = away[own]
        for n, centre in enumerate((y, x)):
            offsets[n][box][own] = centre - grid[n][own]
        peak = np.exp(-(away**2) / 72)[(-top) % 4 :: 4, (-left) % 4 :: 4]
        rows, columns = -(-top // 4), -(-left // 4)
        spot = heatmap[rows : rows + peak.shape[0], columns : columns + peak.shape[1]]
        np.maximum(spot, peak[: spot.shape[0], : spot.shape[1]], out=spot)
    return logits[None], heatmap[None], offsets[:, ::4, ::4].copy()


def run(wanted: Wanted) -> dict[str, Any]:
    """One stack in this process."""
    import torch
    from torch import nn

    from desktop_app.core.config.inference import TilingParameters
    from desktop_app.core.config.model_card import ModelCard
    from desktop_app.core.imaging import Plane, Volume
    from desktop_app.core.job import Metric, RecordingContext
    from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction
    from desktop_app.ml.data.greys import GreyScale
    from desktop_app.ml.inference.engine import InferencePlan, labelled
    from desktop_app.ml.inference.loading import predictor_of
    from desktop_app.ml.recipes.panoptic.engine import PanopticEngine

    made = [perfect_maps(wanted.edge, wanted.objects, 1 - 0.04 * n) for n in range(_VARIANTS)]

    class Waiting(nn.Module):
        def forward(self, image: torch.Tensor, render_steps: int = 2) -> dict[str, torch.Tensor]:
            time.sleep(wanted.cost * len(image))
            chosen = [made[round(float(one[0, 0, 0]))] for one in image]
            names = ("sem_logits", "ctr_hmp", "offsets")
            return {n: torch.from_numpy(np.stack([c[k] for c in chosen])) for k, n in enumerate(names)}

    card = ModelCard(
        name="stand-in", recipe="panoptic", network="panoptic_bifpn", dimensions=2, input_channels=1,
        output_channels=1, patch_size=(1, 128, 128), divisor=(1, 128, 128),
    )  # fmt: skip
    axis = Plane(wanted.plane).depth_axis
    shape = [wanted.edge, wanted.edge]
    shape.insert(axis, wanted.slices)
    volume = Volume(EndlessSource((1, *shape), axis))
    predictor = predictor_of(card, Waiting(), torch.device("cpu"))
    predictor.layer_bytes = 1.0
    predictor.remember_greys(volume, (0,), GreyScale((0.0,), (1.0,)))
    way = InferencePlan(
        "stack", PanopticPrediction(plane=wanted.plane), TilingParameters(memory_gb=wanted.budget), once=True
    )
    parameters = PanopticDecode(median=wanted.median, fine_boundaries=wanted.fine, min_size=0, min_extent=0)
    ctx = RecordingContext()
    begin = time.perf_counter()
    stream = labelled(PanopticEngine(), predictor, volume, parameters, way, ctx)
    for _ in stream.slabs:
        pass
    stream.close()
    seconds = time.perf_counter() - begin
    spent = {metric.name.rpartition("/")[2]: metric.value for metric in ctx.of_kind(Metric)}
    return {"seconds": seconds, "objects": len(stream.class_of), "peak": peak_mib(), **spent}


def peak_mib() -> float:
    """Peak resident memory of this process."""
    try:
        with Path("/proc/self/status").open() as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--edge", type=int, default=2048)
    parser.add_argument("--objects", type=int, default=600)
    parser.add_argument("--cost", type=float, default=0.05, help="seconds that the network takes for a slice")
    parser.add_argument("--plane", choices=("xy", "xz", "yz"), default="xy")
    parser.add_argument("--median", type=int, default=3)
    parser.add_argument("--fine", action="store_true")
    parser.add_argument("--budget", type=float, default=2.0, help="memory budget in GiB")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(run(Wanted(**json.loads(given.one)))) + "\n")
        return
    columns = ("slices", "seconds", "a slice", "reading", "network", "starved", "blocked", "share", "objects", "MiB")
    sys.stdout.write(" ".join(f"{c:>8}" for c in columns) + "\n")
    for slices in given.slices:
        wanted = Wanted(
            slices, given.edge, given.objects, given.cost, given.plane, given.median, given.fine, given.budget
        )
        process = subprocess.run(
            [sys.executable, __file__, "--one", json.dumps(asdict(wanted))],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found = json.loads(process.stdout.splitlines()[-1])
        share = found["blocked"] / max(1e-9, found["working"] + found["starved"] + found["blocked"])
        numbers = (slices, found["seconds"], found["seconds"] / slices, found["reading"], found["working"])
        sys.stdout.write(" ".join(f"{n:8.3g}" for n in numbers))
        rest = (
            f" {found['starved']:8.2f} {found['blocked']:8.2f} {share:8.1%} {found['objects']:8d} {found['peak']:8.0f}"
        )
        sys.stdout.write(rest + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
