"""The way without learning: Otsu's threshold, and for objects a watershed of the distance to the border.

What an expert does with plain tools: smoothing and seed distance are chosen on the images that the others learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed

from tests.benchmarks.accuracy.scoring import Tally
from tests.benchmarks.accuracy.sets import BenchSet, Sample

_SMOOTHED = (1.0, 2.0, 3.0)
"""Spreads of a Gaussian in pixels that are tried."""
_GREYS = (1, 99)
"""Percentiles of an image between which its grey values are kept."""
_RADII = (0.2, 0.35, 0.5)
"""Least distance of seeds that is tried, as a share of the edge of a cube (square) as large as a usual object."""
_MOST_LOOKED_AT = 8
"""Images to learn from on which these are chosen."""


def classical(bench: BenchSet, learned: Sequence[Sample], left: Sequence[Sample]) -> dict[str, NDArray[Any]]:
    """Labels ``(Z, Y, X)`` of the images left out, by their names."""
    few = list(learned)[:: max(1, len(learned) // _MOST_LOOKED_AT)][:_MOST_LOOKED_AT]
    looked = [(sample.grey(), sample.truth(), _aspect(sample)) for sample in few]
    bright = _brighter_inside(looked, bench)
    if bench.kind == "classes":
        value = np.uint32(bench.scored[0] if bench.scored else 1)
        return {sample.name: _foreground(sample.grey(), (1, 1, 1), bright) * value for sample in left}
    flat = bench.dimensions == 2
    sizes = np.concatenate([_sizes(truth, bench) for _, truth, _ in looked])
    edge = float(np.median(sizes) * (1 if flat else np.prod(looked[0][2]))) ** (1 / bench.dimensions)
    least = int(np.quantile(sizes, 0.05) / 4)
    best = (-1.0, _SMOOTHED[1], _RADII[1])
    for smooth in _SMOOTHED:
        for radius in _RADII:
            tally = Tally(bench)
            for grey, truth, aspect in looked:
                tally.add(_objects(grey, aspect, flat, smooth, radius * edge, least, bright), truth)
            best = max(best, (tally.scores()["F1"], smooth, radius))
    _, smooth, radius = best
    return {s.name: _objects(s.grey(), _aspect(s), flat, smooth, radius * edge, least, bright) for s in left}


def _aspect(sample: Sample) -> NDArray[np.float64]:
    """Edges of a voxel (z, y, x) over that along x."""
    return np.array(sample.sampling) / sample.sampling[-1]


def _brighter_inside(looked: Sequence[tuple[NDArray[Any], NDArray[Any], Any]], bench: BenchSet) -> bool:
    """Whether what is wanted is brighter than the rest, in most images."""
    votes = []
    for grey, truth, _ in looked:
        inside = np.isin(truth, bench.scored) if bench.scored else truth > 0
        outside = ~inside if bench.unlabelled is None else ~inside & (truth != bench.unlabelled)
        if inside.any() and outside.any():
            votes.append(float(grey[inside].mean()) > float(grey[outside].mean()))
    return sum(votes) * 2 >= len(votes)


def _sizes(truth: NDArray[Any], bench: BenchSet) -> NDArray[np.int64]:
    pictures = truth if bench.dimensions == 2 else [truth]
    return np.concatenate([np.unique(p[p > 0], return_counts=True)[1] for p in pictures])


def _foreground(grey: NDArray[Any], spread: Sequence[float], bright: bool) -> NDArray[np.bool_]:
    low, high = np.percentile(grey, _GREYS)  # single glaring things would move the threshold
    soft = ndimage.gaussian_filter(np.clip(grey.astype(np.float32), low, high), spread)
    level = threshold_otsu(soft)
    return soft > level if bright else soft < level


def _objects(
    grey: NDArray[Any], aspect: NDArray[np.float64], flat: bool, smooth: float, radius: float, least: int, bright: bool
) -> NDArray[np.uint32]:
    """Objects of an image; ``smooth`` and ``radius`` are pixels along x, shortened along z where slices are thick."""
    spread = np.array([0 if flat else smooth, smooth, smooth]) / aspect
    inside = _foreground(grey, spread, bright)
    if not flat:
        return _separated(inside, aspect, radius, least)
    return np.stack([_separated(one[None], aspect, radius, least)[0] for one in inside])


def _separated(inside: NDArray[np.bool_], aspect: NDArray[np.float64], radius: float, least: int) -> NDArray[np.uint32]:
    """A watershed of the distance to the border from its highest points, no two of them nearer than ``radius``."""
    part = 0 if len(inside) == 1 else slice(None)
    solid = remove_small_objects(ndimage.binary_fill_holes(inside[part]), max_size=least)
    aspect = aspect[1:] if len(inside) == 1 else aspect
    distance = ndimage.distance_transform_edt(solid, sampling=aspect)
    distance = ndimage.gaussian_filter(distance, 0.25 * radius / aspect)
    size = [2 * max(1, round(radius / edge)) + 1 for edge in aspect]
    highest = solid & (distance == ndimage.maximum_filter(distance, size=size))
    found = watershed(-distance, label(highest), mask=solid).astype(np.uint32)
    return found.reshape(inside.shape)
