"""What a perfect network would say of made-up objects: the same recipe as that of the golden cases."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True, slots=True)
class IdealMaps:
    """Outputs for one slice.

    Attributes:
        classes: (H, W) uint8 hardened class numbers.
        heatmap: (h, w) float32.
        offsets: (2, h, w) float32, dy and dx.
        step: Pixels from one cell to the next.
    """

    classes: NDArray[np.uint8]
    heatmap: NDArray[np.float32]
    offsets: NDArray[np.float32]
    step: int


def ideal_maps(
    labels: NDArray[np.integer], step: int = 4, sigma: float = 6.0, class_of: NDArray[np.uint8] | None = None
) -> IdealMaps:
    """Ideal outputs for (H, W) labels; islands are the objects, ``class_of`` gives the class of a label."""
    numbers = np.ascontiguousarray(labels).astype(np.uint32)
    islands = cc3d.connected_components(numbers, connectivity=8, out_dtype=np.uint32).astype(np.int64)
    y, x = np.indices(labels.shape)
    size = np.maximum(np.bincount(islands.ravel()), 1)
    cy, cx = (np.bincount(islands.ravel(), weights=g.ravel()) / size for g in (y, x))
    offsets = np.stack([cy[islands] - y, cx[islands] - x]).astype(np.float32)
    offsets[:, islands == 0] = 0
    heatmap = np.zeros(labels.shape, np.float32)
    heatmap[cy[1:].astype(int), cx[1:].astype(int)] = 1
    heatmap = ndimage.gaussian_filter(heatmap, sigma, mode="constant")
    heatmap /= max(float(heatmap.max(initial=0)), 1e-12)
    heatmap *= 1 - 1e-4 * np.arange(heatmap.size, dtype=np.float32).reshape(heatmap.shape) / heatmap.size
    kinds = (labels > 0).astype(np.uint8) if class_of is None else class_of[labels]
    return IdealMaps(kinds, heatmap[::step, ::step].copy(), offsets[:, ::step, ::step].copy(), step)


def ellipsoids(
    shape: tuple[int, int, int], count: int, radius: tuple[float, float], seed: int = 0, touching: bool = True
) -> NDArray[np.uint32]:
    """(Z, Y, X) labels of ellipsoids; later ones never cover earlier ones. Z = 1 gives a picture of ellipses."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint32)
    made = tries = 0
    while made < count and tries < 100 * count:
        tries += 1
        radii = rng.uniform(*radius, 3)
        centre = np.array([rng.uniform(0, n) for n in shape])
        centre, radii = (centre, radii) if shape[0] > 1 else (np.array([0, *centre[1:]]), np.array([1, *radii[1:]]))
        low = np.maximum(np.floor(centre - radii - 1), 0).astype(int)
        high = np.minimum(np.ceil(centre + radii + 2), shape).astype(int)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        grid = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
        ball = (((grid - centre) / radii) ** 2).sum(-1) < 1
        near = ball if touching else ndimage.binary_dilation(ball, np.ones((3, 3, 3)))
        if not ball.any() or labels[box][near].any():
            continue
        made += 1
        labels[box][ball] = made
    return labels
