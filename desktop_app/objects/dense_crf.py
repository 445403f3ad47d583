"""Foreground that follows the edges of an image: a fully connected random field of two labels.

Krähenbühl and Koltun, Efficient inference in fully connected CRFs with Gaussian edge potentials, NIPS 2011. Every voxel
is compared with every other one: those that are near and of like grey value pull each other to the same side (their
kernel of appearance), those that are very near do so whatever their grey value (of smoothness). The mean-field rounds
need but Gaussian filters: of the volume for the second kernel; for the first of a coarse grid of place and grey value
(Chen, Paris and Durand, Real-time edge-aware image processing with the bilateral grid, SIGGRAPH 2007) in place of their
permutohedral lattice, which for four dimensions is as exact and needs no compiled code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

_Spread = tuple[float, float, float]
"""Standard deviation along z, y and x, in voxels."""

_TRUNCATE = 3.0
"""Standard deviations at which Gaussians end: what is left out is 0.3 percent."""
_CELLS = 2.0
"""Cells of the grid by standard deviation: with linear weights between them the filter is right to about 3 %."""


@dataclass(frozen=True, slots=True)
class CrfParameters:
    """Of the field.

    Attributes:
        sureness: How likely a voxel is what the foreground given says, above 0.5 and below 1.
        near: Spread of the kernel of appearance in space.
        alike: Its spread in grey values.
        appearance: Its weight.
        close: Spread of the kernel of smoothness.
        smoothness: Its weight.
        rounds: Of mean field.
    """

    sureness: float
    near: _Spread
    alike: float
    appearance: float
    close: _Spread
    smoothness: float
    rounds: int


def band_around(foreground: NDArray[np.bool_], reach: float, spacing: _Spread) -> NDArray[np.bool_]:
    """Voxels ``(Z, Y, X)`` that are nearer to the other side than ``reach``, in units of ``spacing``."""
    if not foreground.any() or foreground.all():
        return np.zeros_like(foreground)
    inside, outside = (distance_transform_edt(side, sampling=spacing) for side in (foreground, ~foreground))
    return np.asarray(np.maximum(inside, outside) <= reach)


def refined_foreground(
    foreground: NDArray[np.bool_], grey: NDArray[np.float32], band: NDArray[np.bool_], parameters: CrfParameters
) -> NDArray[np.bool_]:
    """The foreground as the field has it, in a band; beyond it stays as it is and is what the band is compared with.

    Args:
        foreground: ``(Z, Y, X)``.
        grey: Grey values of the same shape, finite.
        band: Voxels that may change.
        parameters: Of the field.

    Returns:
        ``(Z, Y, X)``.
    """
    if not band.any():
        return foreground.copy()
    field = _Grid.over(grey, band, parameters)
    likely = foreground.astype(np.float32)
    given = np.log(parameters.sureness / (1 - parameters.sureness)) * (2 * likely[band] - 1)
    likely[band] = _probability(given)
    for _ in range(parameters.rounds):
        alike = field.leaning(likely)
        close = 2 * gaussian_filter(likely, parameters.close, mode="nearest", truncate=_TRUNCATE)[band] - 1
        likely[band] = _probability(given + parameters.appearance * alike + parameters.smoothness * close)
    return likely > 0.5  # more likely than not


def _probability(odds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Of logarithmic odds."""
    # No exponent of 50 overflows float32, none is told from 1.
    likely: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(odds, -50, 50)))).astype(np.float32)
    return likely


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells of place and grey value.

    Attributes:
        cells: Of each voxel, the flat index of the cell nearest to it.
        places: Of the voxels of the band in the grid, ``(4, N)``.
        shape: Cells along z, y, x and grey.
        spread: Of the filter, in cells.
    """

    cells: NDArray[np.intp]
    places: NDArray[np.float32]
    shape: tuple[int, ...]
    spread: tuple[float, ...]

    @classmethod
    def over(cls, grey: NDArray[np.float32], band: NDArray[np.bool_], parameters: CrfParameters) -> _Grid:
        """The grid of an image ``(Z, Y, X)``."""
        spreads = (*parameters.near, parameters.alike)
        edges = [max(1.0, spread / _CELLS) for spread in spreads[:3]] + [parameters.alike / _CELLS]
        axes = [np.arange(n, dtype=np.float32) / edge for n, edge in zip(grey.shape, edges, strict=False)]
        greys = (grey - grey.min()) / np.float32(edges[3])
        shape = (*(int(np.rint(axis[-1])) + 1 for axis in axes), int(np.rint(greys.max())) + 1)
        nearest = (*np.ix_(*(np.rint(axis).astype(np.intp) for axis in axes)), np.rint(greys).astype(np.intp))
        cells = np.ravel_multi_index(np.broadcast_arrays(*nearest), shape)
        inside = np.nonzero(band)
        places = np.stack([*(axis[index] for axis, index in zip(axes, inside, strict=True)), greys[band]])
        return cls(cells, places, shape, tuple(own / edge for own, edge in zip(spreads, edges, strict=True)))

    def leaning(self, likely: NDArray[np.float32]) -> NDArray[np.float64]:
        """Whether the voxels alike are in the foreground: from -1, none, to 1, all; at each voxel of the band.

        Both sides count as if there were as many voxels of the one as of the other nearby: objects fill little of most
        images, and would vanish into what is around them.
        """
        own, others = (self._share(side) for side in (likely, 1 - likely))
        return (own - others) / np.maximum(own + others, np.finfo(np.float64).tiny)

    def _share(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of all weights nearby, those of voxels that are alike; at each voxel of the band."""
        sums = np.bincount(self.cells.ravel(), weights.ravel(), minlength=int(np.prod(self.shape))).reshape(self.shape)
        near = gaussian_filter(sums, (*self.spread[:3], 0), mode="constant", truncate=_TRUNCATE)
        alike = gaussian_filter(near, (0, 0, 0, self.spread[3]), mode="constant", truncate=_TRUNCATE)
        total = near.sum(axis=3, keepdims=True)
        shares = alike / np.maximum(total, np.finfo(np.float32).eps)
        seen: NDArray[np.float64] = map_coordinates(shares, self.places, order=1, mode="nearest")
        return np.maximum(seen, 0)
