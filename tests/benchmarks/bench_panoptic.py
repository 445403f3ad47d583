"""How fast network outputs become objects: ``python tests/benchmarks/bench_panoptic.py``.

One line per case: objects, processor seconds (best of three, one thread), those that the existing tool needs for the
same by the README of the golden cases, and how many times faster this is. The golden cases are used where they lie
beside the checkout; made-up volumes of the same size and number of objects stand in elsewhere.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from desktop_app.objects.panoptic.slices import SliceRules, decode_slice, merge_classes
from tests.objects.panoptic.ideal import ellipsoids, ideal_maps
from tests.objects.panoptic.stacks import agree, decode_stack, stack_maps

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "data" / "golden"
MERGING = {64: 0.91, 256: 2.6, 1024: 8.6}


def say(text: str) -> None:
    """A line on the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def best_of_three(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of the fastest of three runs, and the result; other programs hardly count."""
    seconds, result = np.inf, None
    for _ in range(3):
        start = time.process_time()
        result = work()
        seconds = min(seconds, time.process_time() - start)
    return seconds, result


def line(case: str, objects: int, seconds: float, theirs: float) -> None:
    """A row of the table."""
    say(f"{case:40s} {objects:8d} {seconds:10.4f} {theirs:10.3f} {theirs / seconds:9.0f} x")


def golden_or(name: str, otherwise: Callable[[], np.ndarray]) -> tuple[str, np.ndarray]:
    """The truth of a golden case, or a made-up one; and which of them it is."""
    file = GOLDEN / f"golden_{name}.npz"
    if not file.is_file():
        return "made up", otherwise()
    with np.load(file) as case:
        return "golden", case["labels"]


def slices() -> None:
    """Grouping and merging of one picture, coarse and fine."""
    for name, step, theirs in (("coarse", 4, 1.17), ("fine", 1, 8.2)):
        source, truth = golden_or(f"2d_{name}", lambda: ellipsoids((1, 512, 512), 101, (12, 32))[0])
        maps = ideal_maps(truth, step)
        seconds, found = best_of_three(
            lambda m=maps, n=step: decode_slice(m.classes, m.heatmap, m.offsets, n, 1.0, SliceRules())
        )
        line(f"2D {name}, 512 x 512, {source}", found.count, seconds, theirs)


def volumes() -> None:
    """Median, grouping, merging, tracking, painting; then all three axes and their agreement."""
    source, truth = golden_or("3d_xy", lambda: ellipsoids((64, 256, 256), 60, (9, 20)))
    maps = [stack_maps(truth, axis) for axis in range(3)]
    seconds, stack = best_of_three(lambda: decode_stack(maps[0], 0))
    line(f"3D xy, 64 x 256 x 256, {source}", stack.tracks.count, seconds, 5.9)
    stacks: list[Any] = []

    def ortho() -> Any:
        stacks[:] = [decode_stack(maps[axis], axis) for axis in range(3)]
        return agree(stacks)

    seconds, (agreed, _) = best_of_three(ortho)
    line(f"3D ortho, 64 x 256 x 256, {source}", agreed.count, seconds, 14.0)
    seconds, (agreed, _) = best_of_three(lambda: agree(stacks))
    line("  of which the agreement", agreed.count, seconds, 0.2)


def merging() -> None:
    """Pieces and classes of discs in a picture of 1024 x 1024, three classes of things and one of stuff."""
    for count, theirs in MERGING.items():
        side = 1024 // int(np.sqrt(count))
        y, x = np.indices((1024, 1024))
        discs = np.hypot(y % side - side / 2, x % side - side / 2) < 0.48 * side
        ids = np.where(discs, 1 + y // side * (1024 // side) + x // side, 0).astype(np.uint32)
        classes = np.where(discs, 1 + ids % 3, 4).astype(np.uint8)
        rules = SliceRules(things=(1, 2, 3))
        seconds, found = best_of_three(lambda i=ids, c=classes, r=rules: merge_classes(i, c, r))
        line("merging, 1024 x 1024", found.count - 1, seconds, theirs)


def main() -> None:
    """All cases."""
    say(f"{'case':40s} {'objects':>8s} {'seconds':>10s} {'theirs':>10s} {'faster':>11s}")
    slices()
    volumes()
    merging()


if __name__ == "__main__":
    main()
