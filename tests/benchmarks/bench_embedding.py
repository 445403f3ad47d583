"""How fast and how surely objects are made of spatial embeddings: ``python -m tests.benchmarks.bench_embedding``.

Beside the published rule in NumPy, in which every centre looks at every foreground voxel. Processor seconds; the
budget is a twentieth of the 17.2 that were measured for the existing tool on 64 × 256 × 256 voxels with 100 objects
and noise 0.15. ``--plain-most N`` leaves the published rule out where there are more than N objects.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from desktop_app.objects.embedding.clustering import ClusterRules, clustered
from tests.objects.embedding.fields import counts, ideal_field, plainly_clustered
from tests.objects.panoptic.ideal import ellipsoids

BUDGET = 17.2 / 20  # processor seconds
SHAPE, OBJECTS, RADII = (64, 256, 256), 100, (6.0, 14.0)


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def main(most: int) -> None:
    rules = ClusterRules()
    sys.stdout.write("times  voxels     objects noise   ours: s  TP/FP/FN          published: s  TP/FP/FN\n")
    for times in (1, 4, 16):
        shape = (
            SHAPE[0] * (4 if times > 4 else 1),
            SHAPE[1] * (2 if times > 1 else 1),
            SHAPE[2] * (2 if times > 1 else 1),
        )
        true = ellipsoids(shape, OBJECTS * times, RADII)
        for noise in (0.05, 0.15, 0.25) if times == 1 else (0.15,):
            field = ideal_field(true, noise=noise)
            found, seconds = timed(lambda field=field: clustered(field, rules))
            said = f"{times:4d}×  {true.size:>10,d} {true.max():5d}  {noise:.2f}"
            line = f"{said}   {seconds:6.2f}  {counts(found, true)!s:18s}"
            if true.max() <= most:
                found, seconds = timed(lambda field=field: plainly_clustered(field, rules))
                line += f"{seconds:8.2f}  {counts(found, true)}"
            sys.stdout.write(line + (f"   budget {BUDGET:.2f}\n" if times == 1 and noise == 0.15 else "\n"))
            sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain-most", type=int, default=100)
    main(parser.parse_args().plain_most)
