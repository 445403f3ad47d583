"""Voxels at other distances, box by box."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from desktop_app.core.imaging import Volume, VoxelSource
from desktop_app.core.imaging.region import Index3, Region

Scales = tuple[float, float, float]
_ORDER = 3  # cubic splines: as smooth as what a microscope draws, and no ringing that one would see
_MARGIN = 12  # voxels around a box: beyond them a spline changes by less than 1e-6 (M. Unser 1999)
_BLUR = 0.5  # standard deviation per additional edge: what would be too fine for larger voxels is averaged away


def resampled_shape(shape: Index3, scales: Scales) -> Index3:
    """(Z, Y, X) of an image whose voxels have edges ``scales`` times as long."""
    z, y, x = (max(1, round(n / f)) for n, f in zip(shape, scales, strict=True))
    return z, y, x


@dataclass(frozen=True, slots=True)
class ResampledSource:
    """The voxels of another source at other distances; the middle of both images is one.

    Attributes:
        source: The voxels.
        scales: By how much longer the edges (z, y, x) are.
        nearest: Whether each voxel is taken as it is, as labels must be.
    """

    source: VoxelSource
    scales: Scales
    nearest: bool

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        c, z, y, x = self.source.shape
        return (c, *resampled_shape((z, y, x), self.scales))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        whole = self.source.shape[1:]
        places = [self._places(axis, region.start[axis], region.stop[axis]) for axis in range(3)]
        if self.nearest:
            rows = [np.clip(np.rint(at).astype(int), 0, n - 1) for at, n in zip(places, whole, strict=True)]
            box = Region((rows[0][0], rows[1][0], rows[2][0]), (rows[0][-1] + 1, rows[1][-1] + 1, rows[2][-1] + 1))
            voxels = self.source.read(channel, box)
            return np.ascontiguousarray(voxels[np.ix_(*(r - s for r, s in zip(rows, box.start, strict=True)))])
        # Standard deviations: where SciPy cuts off a Gaussian.
        margin = [int(_MARGIN + 4 * self._blurs()[axis]) for axis in range(3)]
        start = [max(0, int(at[0]) - m) for at, m in zip(places, margin, strict=True)]
        stop = [min(n, int(at[-1]) + m + 2) for at, m, n in zip(places, margin, whole, strict=True)]
        voxels = self.source.read(channel, Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))
        return self._interpolated(voxels, [at - s for at, s in zip(places, start, strict=True)])

    def _places(self, axis: int, start: int, stop: int) -> NDArray[np.float64]:
        """Where the new voxels lie among the old ones along an axis."""
        old = self.source.shape[axis + 1]
        factor = old / resampled_shape(self.source.shape[1:], self.scales)[axis]
        return np.asarray((np.arange(start, stop) + 0.5) * factor - 0.5, np.float64)

    def _blurs(self) -> list[float]:
        return [_BLUR * max(0.0, factor - 1.0) for factor in self.scales]

    def _interpolated(self, voxels: NDArray[Any], places: list[NDArray[np.float64]]) -> NDArray[Any]:
        values = scipy.ndimage.gaussian_filter(voxels.astype(np.float32), self._blurs(), mode="nearest")
        for axis, at in enumerate(places):
            order = min(_ORDER, values.shape[axis] - 1)
            values = _along(values, axis, at, order)
        if self.dtype.kind in "iu":
            limits = np.iinfo(self.dtype)
            return np.clip(np.rint(values.astype(np.float64)), limits.min, limits.max).astype(self.dtype)
        return values.astype(self.dtype)


def resized_volume(volume: Volume, scales: Scales) -> Volume:
    """An image with voxels so many times as long (z, y, x), read as it is needed."""
    size = volume.voxel_size
    if size.known:
        z, y, x = scales
        size = size.model_copy(update={"z": size.z * z, "y": size.y * y, "x": size.x * x})
    source = ResampledSource(volume.source, scales, nearest=False)
    return replace(volume, source=source, voxel_size=size, affine=None, smaller=())


def _along(values: NDArray[np.float32], axis: int, places: NDArray[np.float64], order: int) -> NDArray[np.float32]:
    """Spline values at places along one axis."""
    if len(places) == values.shape[axis] and np.allclose(places, np.arange(len(places))):
        return values
    lines = np.moveaxis(values, axis, -1)
    flat = lines.reshape(-1, lines.shape[-1])
    if order > 1:
        flat = scipy.ndimage.spline_filter1d(flat, order, axis=-1, mode="mirror", output=np.float32)
    weights = _weights(lines.shape[-1], places, order)
    return np.moveaxis((weights @ flat.T).T.reshape(*lines.shape[:-1], len(places)), -1, axis)


def _weights(count: int, places: NDArray[np.float64], order: int) -> Any:
    """Sparse (places, count) weights of a cardinal B-spline of ``order``; beyond the ends it is mirrored."""
    reach = (order + 1) / 2
    first = np.floor(places - reach).astype(int) + 1
    rows, columns, weights = [], [], []
    for offset in range(order + 2):
        at = first + offset
        weight = _bspline(places - at, order)
        period = max(1, 2 * (count - 1))
        mirrored = np.abs((at + count - 1) % period - (count - 1)) if count > 1 else np.zeros_like(at)
        rows.append(np.arange(len(places)))
        columns.append(mirrored)
        weights.append(weight)
    values, places_ = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    return scipy.sparse.csr_array((values.astype(np.float32), places_), shape=(len(places), count))


def _bspline(distance: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Value of a cardinal B-spline (M. Unser, IEEE Signal Processing Magazine 16, 1999)."""
    d = np.abs(distance)
    if order == 0:
        return (d <= 0.5).astype(np.float64)
    if order == 1:
        return np.maximum(0.0, 1 - d)
    if order == 2:
        return np.where(d < 0.5, 0.75 - d**2, np.where(d < 1.5, (1.5 - d) ** 2 / 2, 0.0))
    inner, outer = 2 / 3 - d**2 + d**3 / 2, np.maximum(0.0, 2 - d) ** 3 / 6
    return np.where(d < 1, inner, outer)
