"""What is around a pixel, in numbers: grey value, edges, blobs, ridges and texture at several widths.

For each width of a Gaussian: the smoothed grey value; the size of its gradient; the largest and the smallest eigenvalue
of the matrix of second derivatives, which tell blobs and ridges (their sum is the Laplacian of the Gaussian); those of
the structure tensor, which tell edges and corners (Bigün and Granlund, ICCV 1987); and the standard deviation around.
Wide filters are taken of a picture that was made smaller, as wide as they are coarse, so that each takes about as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Grey: TypeAlias = NDArray[np.float32]

PER_WIDTH = 7  # numbers for each width of the Gaussian, as said above
_COARSE = 3.0  # px: a Gaussian wider than this is taken of a picture half as large
_CUT = 3.0  # widths of a Gaussian beyond which it is cut: 1 % of it lies there


def widths_up_to(largest: int) -> tuple[int, ...]:
    """Widths of the Gaussians in px: 1, 2, 4 and so on."""
    return tuple(2**n for n in range(max(1, largest.bit_length())) if 2**n <= largest)


def filter_count(widths: Sequence[int], channels: int) -> int:
    """How many numbers there are for each pixel."""
    return channels * (1 + PER_WIDTH * len(widths))


def reach(widths: Sequence[int]) -> int:
    """How many pixels around one have a say in its numbers."""
    return int(2 * _CUT * max(widths)) + 2


def filtered(image: _Grey, widths: Sequence[int], volume: bool, aspect: tuple[float, float, float]) -> Iterator[_Grey]:
    """The numbers of all voxels, one kind after the other.

    Args:
        image: Grey values (C, Z, Y, X), about 0 to 1.
        widths: Of the Gaussians, in px.
        volume: Whether to look through the slices; else each slice is looked at by itself.
        aspect: Edges of a voxel (z, y, x) in pixel widths.

    Yields:
        (Z, Y, X) float32 arrays, ``filter_count`` of them.
    """
    if not volume and image.shape[1] > 1:
        for kinds in zip(
            *(filtered(image[:, z : z + 1], widths, False, aspect) for z in range(image.shape[1])), strict=True
        ):
            yield np.concatenate(kinds)
        return
    for channel in image:
        picture = channel if volume else channel[0]
        edges = aspect if volume else aspect[1:]
        yield channel
        for width in widths:
            for found in _at_width(picture, width, edges):
                yield found if volume else found[None]


def _at_width(picture: _Grey, width: float, edges: tuple[float, ...]) -> Iterator[_Grey]:
    """The numbers of one width, in the shape of ``picture``."""
    for found, factors in _small_at_width(picture, width, edges):
        yield _larger(found, factors, picture.shape)


def _small_at_width(picture: _Grey, width: float, edges: tuple[float, ...]) -> Iterator[tuple[_Grey, tuple[int, ...]]]:
    """The numbers of one width as coarse as they are taken, and how many pixels of ``picture`` each stands for."""
    factors = tuple(_factor(width / edge) for edge in edges)
    small = _smaller(picture, factors)
    sigma = [width / edge / factor for edge, factor in zip(edges, factors, strict=True)]
    for found in _of_small(small, sigma):
        yield found, factors


def _of_small(picture: _Grey, sigma: Sequence[float]) -> Iterator[_Grey]:
    from scipy import ndimage

    def smooth(values: _Grey) -> _Grey:
        return np.asarray(ndimage.gaussian_filter(values, sigma, mode="nearest", truncate=_CUT))

    even = smooth(picture)
    slopes = [_slope(even, axis) * np.float32(sigma[axis]) for axis in range(picture.ndim)]
    yield even
    yield np.sqrt(sum((slope**2 for slope in slopes), np.zeros_like(even)))
    axes = range(picture.ndim)
    bends = {(a, b): _slope(slopes[a], b) * np.float32(sigma[b]) for a in axes for b in axes if b >= a}
    yield from _extremes(bends, picture.ndim)
    tensor = {(a, b): smooth(slopes[a] * slopes[b]) for a in axes for b in axes if b >= a}
    yield from _extremes(tensor, picture.ndim)
    yield np.sqrt(np.maximum(smooth(picture**2) - even**2, 0))


def _slope(values: _Grey, axis: int) -> _Grey:
    """Central differences; 0 along an axis of one voxel."""
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=axis), np.float32)


def _extremes(matrix: dict[tuple[int, int], _Grey], dimensions: int) -> tuple[_Grey, _Grey]:
    """Largest and smallest eigenvalue of symmetric matrices, one per voxel."""
    if dimensions == 2:
        a, b, c = matrix[0, 0], matrix[0, 1], matrix[1, 1]
        middle, half = (a + c) / 2, np.sqrt((a - c) ** 2 / 4 + b**2)  # the roots of a quadratic equation
        return np.asarray(middle + half, np.float32), np.asarray(middle - half, np.float32)
    return _extremes_3d(matrix)


def _extremes_3d(matrix: dict[tuple[int, int], _Grey]) -> tuple[_Grey, _Grey]:
    """By the angle form of the roots (Smith, Eigenvalues of a symmetric 3 × 3 matrix, CACM 4, 1961)."""
    trace = (matrix[0, 0] + matrix[1, 1] + matrix[2, 2]) / 3
    a, b, c = (matrix[i, i] - trace for i in range(3))
    d, e, f = matrix[0, 1], matrix[0, 2], matrix[1, 2]
    size = np.sqrt((a**2 + b**2 + c**2 + 2 * (d**2 + e**2 + f**2)) / 6)
    determinant = a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)
    ratio = determinant / np.maximum(2 * size**3, np.float32(1e-30))
    angle = np.arccos(np.clip(ratio, -1, 1)) / 3
    largest = trace + 2 * size * np.cos(angle)
    smallest = trace + 2 * size * np.cos(angle + np.float32(2 * np.pi / 3))
    return np.asarray(largest, np.float32), np.asarray(smallest, np.float32)


def _factor(sigma: float) -> int:
    factor = 1
    while sigma / factor > _COARSE:
        factor *= 2
    return factor


def _smaller(picture: _Grey, factors: Sequence[int]) -> _Grey:
    """Means of boxes of voxels; at the far sides the last ones are repeated."""
    if all(factor == 1 for factor in factors):
        return picture
    padded = np.pad(picture, [(0, -n % f) for n, f in zip(picture.shape, factors, strict=True)], mode="edge")
    parts: list[int] = []
    for n, f in zip(padded.shape, factors, strict=True):
        parts += [n // f, f]
    return np.asarray(padded.reshape(parts).mean(tuple(range(1, 2 * picture.ndim, 2))), np.float32)


def _larger(picture: _Grey, factors: Sequence[int], shape: tuple[int, ...]) -> _Grey:
    """Straight between the middles of boxes, cut to ``shape``."""
    for axis, factor in enumerate(factors):
        if factor > 1:
            picture = _stretched(picture, factor, axis, np.arange(shape[axis]))
    return picture


def enlarged(values: _Grey, step: int, shape: tuple[int, int]) -> _Grey:
    """A picture of which every ``step``-th pixel of rows and columns is known, straight in between.

    Args:
        values: Those pixels (rows, columns), the first among them.
        step: From one to the next.
        shape: Of the picture.
    """
    for axis in range(2):
        if step > 1:
            values = _blended(values, axis, np.minimum(np.arange(shape[axis]) / step, values.shape[axis] - 1))
    return values


def _stretched(values: NDArray[Any], factor: int, axis: int, wanted: NDArray[np.intp]) -> _Grey:
    """Some rows, columns or slices of a picture that is ``factor`` times as large along an axis."""
    return _blended(values, axis, _places(values.shape[axis], factor, wanted))


def _blended(values: NDArray[Any], axis: int, places: NDArray[np.float64]) -> _Grey:
    """Values at places along an axis, straight between those on both sides."""
    low, high, share = _between(values.shape[axis], places)
    share = share.reshape([-1 if a == axis else 1 for a in range(values.ndim)])
    return np.asarray(values.take(low, axis) * (1 - share) + values.take(high, axis) * share, np.float32)


def _places(count: int, factor: int, wanted: NDArray[np.intp]) -> NDArray[np.float64]:
    """Where some pixels lie among ``count`` boxes of ``factor`` pixels, in boxes from the middle of the first."""
    return np.asarray(np.clip((wanted + 0.5) / factor - 0.5, 0, count - 1), np.float64)


def _between(count: int, places: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Of ``count`` values, those on both sides of some places, and the share of the second."""
    low = np.minimum(places.astype(np.intp), max(0, count - 2))
    return low, np.minimum(low + 1, count - 1), (places - low).astype(np.float32)


class SliceNumbers:
    """The numbers of one slice, each kind as coarse as it is taken: half of the memory, and read where they are asked.

    Args:
        image: Grey values (C, 1, Y, X), about 0 to 1.
        widths: Of the Gaussians, in px.
        edges: Of a pixel (y, x) in pixel widths.
        pause: Called between kinds; may raise to stop.
    """

    def __init__(
        self, image: _Grey, widths: Sequence[int], edges: tuple[float, float], pause: Callable[[], None]
    ) -> None:
        self.shape = int(image.shape[2]), int(image.shape[3])
        self._kinds: list[tuple[NDArray[np.float16], tuple[int, ...]]] = []
        for channel in image[:, 0]:
            self._kinds.append((channel.astype(np.float16), (1, 1)))
            for width in widths:
                for found, factors in _small_at_width(channel, width, edges):
                    pause()
                    self._kinds.append((found.astype(np.float16), factors))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(kind.nbytes for kind, _ in self._kinds)

    def grid(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> _Grey:
        """Where rows cross columns: (filters, rows, columns)."""
        found = np.empty((len(self._kinds), len(rows), len(columns)), np.float32)
        for number, (kind, factors) in enumerate(self._kinds):
            if factors == (1, 1):
                found[number] = kind[np.ix_(rows, columns)]
            else:
                found[number] = _stretched(_stretched(kind, factors[0], 0, rows), factors[1], 1, columns)
        return found

    def at(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> _Grey:
        """At some pixels: (pixels, filters)."""
        found = np.empty((len(rows), len(self._kinds)), np.float32)
        for number, (kind, factors) in enumerate(self._kinds):
            (top, bottom, down), (left, right, along) = (
                _between(kind.shape[axis], _places(kind.shape[axis], factors[axis], wanted))
                for axis, wanted in enumerate((rows, columns))
            )
            upper = kind[top, left] * (1 - along) + kind[top, right] * along
            lower = kind[bottom, left] * (1 - along) + kind[bottom, right] * along
            found[:, number] = upper * (1 - down) + lower * down
        return found
