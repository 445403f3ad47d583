"""Objects that touch, split again by their shape alone: made balls of unequal size in unequal voxels, and real nuclei.

Run: ``python -m tests.benchmarks.bench_split [FOLDER]`` with a folder that holds ``nuclei3d_embryo``. A pair is right
if it becomes exactly two objects, each with an IoU of 0.7 or more; a single object if it stays one. ``before`` is the
watershed from the tops of the smoothed relative depth, which was the operation until it was measured here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.objects.operations import OPERATIONS, Pointed, Scene
from desktop_app.objects.operations.carrying_out import edit_of
from desktop_app.objects.watershed import SeedParameters
from tests.objects.whole_watershed import distance_watershed

RATIOS, ASPECTS, NECKS, LENGTHS = (1, 2, 3, 4, 5), (1, 2, 3, 5), (0.3, 0.6), (1.0, 2.0, 3.0)
SEEDS = range(3)
RADIUS = 13.0  # px of the larger ball: at 1:5 the smaller has 2.6, and is in one slice where slices are 5 px apart
RIGHT = 0.7  # IoU
TOUCHING = 10  # faces of voxels over which two nuclei touch
EMBRYO = VoxelSize(z=1.75, y=0.8, x=0.8, unit="µm")  # BBBC050
Split = Callable[[NDArray[np.bool_], VoxelSize], NDArray[np.uint32]]


def now(mask: NDArray[np.bool_], size: VoxelSize) -> NDArray[np.uint32]:
    """Objects (Z, Y, X) of one, as the operation gives them."""
    store, operation = ArrayLabelStore(mask.astype(np.uint32)), OPERATIONS["split"]
    edit_of(operation.changes(Scene(store, None, size, Pointed((1,)), 1), operation.parameters()), store, "")
    return store.array


def before(mask: NDArray[np.bool_], size: VoxelSize) -> NDArray[np.uint32]:
    """As ``now``, by the watershed."""
    return np.where(mask, np.maximum(1, distance_watershed(mask, SeedParameters(sampling=size.zyx))), 0)


WAYS: dict[str, Split] = {"before": before, "now": now}


def balls(ratio: float, aspect: int, neck: float, seed: int) -> NDArray[np.uint32]:
    """Two balls (Z, Y, X) that overlap so far that their neck is ``neck`` times as wide as the smaller one."""
    rng = np.random.default_rng(seed)
    large, small = RADIUS, RADIUS / ratio
    half = neck * small
    way = rng.normal(size=3)
    way *= (np.sqrt(large**2 - half**2) + np.sqrt(small**2 - half**2)) / np.linalg.norm(way)
    edge = int(5 * RADIUS)
    z, y, x = np.ogrid[: edge // aspect, :edge, :edge]
    first = np.full(3, edge / 2) - way / 2 + rng.uniform(-0.5, 0.5, 3)
    powers = [
        (z * aspect - c[0]) ** 2 + (y - c[1]) ** 2 + (x - c[2]) ** 2 - radius**2
        for c, radius in ((first, large), (first + way, small))
    ]
    nearer = np.where(powers[0] <= powers[1], 1, 2)
    return np.where(np.minimum(*powers) <= 0, nearer, 0).astype(np.uint32)


def single(length: float, aspect: int, seed: int) -> NDArray[np.uint32]:
    """One ellipsoid (Z, Y, X), ``length`` times as long as wide, with a rough border."""
    rng, edge, radius = np.random.default_rng(seed), 84, 12.0
    shape = edge // aspect, edge, edge
    steps = np.arange(shape[0]) * aspect, np.arange(edge), np.arange(edge)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    local = (np.stack(np.meshgrid(*steps, indexing="ij"), -1) - edge / 2) @ turn
    rough = ndimage.gaussian_filter(rng.normal(size=shape), (3 / aspect, 3, 3))
    along, across = local[..., 0] / (radius * length), np.sqrt((local[..., 1:] ** 2).sum(-1)) / radius
    return (np.hypot(along, across) + rough * 0.06 / rough.std() <= 1).astype(np.uint32)


def nuclei(folder: Path) -> Iterator[NDArray[np.uint32]]:
    """Boxes (Z, Y, X) of each two nuclei that touch, and of each second nucleus alone."""
    for path in sorted((folder / "nuclei3d_embryo" / "labels").iterdir()):
        labels = tifffile.imread(path).astype(np.uint32)
        boxes = ndimage.find_objects(labels)
        for pair in _touching(labels):
            both = zip(*(boxes[number - 1] for number in pair), strict=True)
            box = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in both)
            yield np.where(labels[box] == pair[0], 1, np.where(labels[box] == pair[1], 2, 0)).astype(np.uint32)
        for number, box in enumerate(boxes, 1):
            if box is not None and number % 2 == 0:
                yield (labels[box] == number).astype(np.uint32)


def _touching(labels: NDArray[np.uint32]) -> list[tuple[int, int]]:
    met: dict[tuple[int, int], int] = {}
    for axis in range(3):
        turned = np.moveaxis(labels, axis, 0)
        first, second = turned[:-1], turned[1:]
        differ = (first != second) & (first > 0) & (second > 0)
        ends = np.sort(np.stack([first[differ], second[differ]]), axis=0)
        pairs, counts = np.unique(ends, axis=1, return_counts=True)
        for a, b, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
            met[a, b] = met.get((a, b), 0) + count
    return sorted(pair for pair, count in met.items() if count >= TOUCHING)


def right(found: NDArray[np.uint32], truth: NDArray[np.uint32]) -> bool:
    """Whether just the objects of ``truth`` were found."""
    ids, wanted = (np.unique(labels[labels > 0]) for labels in (found, truth))
    if len(ids) != len(wanted):
        return False
    if len(wanted) == 1:
        return True
    return all(
        max(((found == i) & (truth == t)).sum() / ((found == i) | (truth == t)).sum() for i in ids) >= RIGHT
        for t in wanted
    )


def row(title: str, kinds: list[list[NDArray[np.uint32]]], sizes: list[VoxelSize]) -> None:
    """Print how many are right in each way: a column for each kind of voxels."""
    cells = []
    for cases, size in zip(kinds, sizes, strict=True):
        counts = [sum(right(way(truth > 0, size), truth) for truth in cases) for way in WAYS.values()]
        cells.append(f"{counts[0]:3} → {counts[1]:3} of {len(cases):3}")
    sys.stdout.write(f"{title:12} {'   '.join(cells)}\n")
    sys.stdout.flush()


def main() -> None:
    """Print a table: before → now."""
    begin = time.process_time()
    sizes = [VoxelSize(z=aspect, y=1, x=1, unit="µm") for aspect in ASPECTS]
    sys.stdout.write(f"{'':12} {'   '.join(f'slices {a} px apart' for a in ASPECTS)}\n")
    for ratio in RATIOS:
        row(f"balls 1:{ratio}", [[balls(ratio, a, *c) for c in product(NECKS, SEEDS)] for a in ASPECTS], sizes)
    for length in LENGTHS:
        row(f"single 1:{length:.0f}", [[single(length, a, seed) for seed in SEEDS] for a in ASPECTS], sizes)
    if len(sys.argv) > 1:
        found = [np.pad(truth, 1) for truth in nuclei(Path(sys.argv[1]))]
        for title, count in (("pairs", 2), ("nuclei", 1)):
            row(title, [[truth for truth in found if truth.max() == count]], [EMBRYO])
    sys.stdout.write(f"processor {time.process_time() - begin:.0f} s\n")


if __name__ == "__main__":
    main()
