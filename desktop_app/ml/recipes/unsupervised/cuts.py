"""Soft normalised cuts: how well kinds of voxels hold together, without labels.

Xia and Kulis 2017, arXiv 1711.08506, after Shi and Malik 2000, doi 10.1109/34.868688.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import torch
from torch.nn import functional

_LEVELS = 100.0
"""Grey values from 0 to 1 are counted in hundredths, as the sigma of brightness is."""
_EMPTY = 1e-6
"""Added to what is divided by: a kind without voxels holds together as badly as can be."""
_MOST_VALUES = 2**14
"""Grey values that centres are found from: of more they differ by less than a hundredth of the grey scale."""
_ROUNDS = 10
"""Of k-means, from centres evenly spread between darkest and brightest; of one channel it has settled by then."""
_MEAN_EMPTY = 1e-5
"""The same for the mean grey value of a kind, as published."""


def neighbour_cuts(
    kinds: torch.Tensor, image: torch.Tensor, intensity_sigma: float, spatial_sigma: float, radius: int
) -> torch.Tensor:
    """The number of kinds, less the share of its ties that each kind keeps to itself; from 0 to the number of kinds.

    Voxels i and j within ``radius`` along each axis are tied by ``exp(-|I_i - I_j|^2 / s_I^2 - |x_i - x_j|^2 / (2
    s_x^2))``. Ties are taken shift by shift and never held together, so that memory does not grow with the radius.

    Args:
        kinds: Probabilities ``(B, K, [Z,] Y, X)``.
        image: Grey values ``(B, C, [Z,] Y, X)`` from 0 to 1.
        intensity_sigma: s_I in hundredths of the grey scale.
        spatial_sigma: s_x in pixels.
        radius: In pixels.
    """
    with torch.no_grad():
        tied, degree = _ties(kinds.detach(), image * (_LEVELS / intensity_sigma), spatial_sigma, radius)
    axes = tuple(range(2, kinds.ndim))
    # ties are symmetric: the gradient of p W p is 2 W p, and its value p W p
    kept = 2 * (kinds * tied).sum(axes) - (kinds.detach() * tied).sum(axes)
    return _lost(kept, (kinds * degree).sum(axes))


def mean_cuts(
    kinds: torch.Tensor, image: torch.Tensor, intensity_sigma: float, spatial_sigma: float, radius: int
) -> torch.Tensor:
    """The same, where the brightness of a voxel is held against the mean of the kind, as in WNet3D.

    ``m_k = mean(I p_k) / (mean(p_k) + 1e-5)``, ``w_k = exp(-((I - m_k)^2)^2 / s_I^2)``, G a Gaussian of ``exp(-|x|^2 /
    (2 s_x^2))`` within the radius; a kind keeps ``sum(p_k (G * p_k w_k)) / (sum(p_k (G * w_k)) + 1e-6)``, the mean over
    the batch (Achard et al. 2025, doi 10.7554/eLife.99848). Arguments as for ``neighbour_cuts``.
    """
    axes = tuple(range(2, kinds.ndim))
    greys = (image * _LEVELS).mean(1, keepdim=True)
    means = (greys * kinds).mean(axes, keepdim=True) / (kinds.mean(axes, keepdim=True) + _MEAN_EMPTY)
    weights = torch.exp(-((greys - means) ** 4) / intensity_sigma**2)
    kept = (kinds * _blurred(kinds * weights, spatial_sigma, radius)).sum(axes)
    return _lost(kept, (kinds * _blurred(weights, spatial_sigma, radius)).sum(axes))


def unevenness(kinds: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """How far grey values lie from the centre of their kind, squared; the mean over voxels and channels.

    ``sum_k p_k (I - c_k)^2``, the region term of Chan and Vese (2001, doi 10.1109/83.902291) as a loss (Kim and Ye
    2020, doi 10.1109/TIP.2019.2941265). The centres ``c_k`` come from the grey values alone, by k-means (Lloyd 1982,
    doi 10.1109/TIT.1982.1056489), and are given to the kinds by rank of their brightness. The means of the kinds
    themselves would all be alike before anything is learned, and so would be what each voxel gains from either kind.

    Arguments as for ``neighbour_cuts``.
    """
    centres = _centres(image, kinds.shape[1])
    with torch.no_grad():
        greys = image.mean(1, keepdim=True)
        axes = (0, *range(2, kinds.ndim))
        means = (kinds * greys).mean(axes) / (kinds.mean(axes) + _MEAN_EMPTY)
        of_kinds = centres[centres.mean(1).argsort()][means.argsort().argsort()]
    found = kinds.new_zeros(())
    for channel, values in enumerate(image.split(1, 1)):
        apart = values - of_kinds[:, channel].view(1, -1, *(1,) * (kinds.ndim - 2))
        found = found + (kinds * apart.square()).sum(1).mean()
    return found / image.shape[1]


@torch.no_grad()
def _centres(image: torch.Tensor, count: int) -> torch.Tensor:
    """So many grey values ``(K, C)`` around which those of ``(B, C, [Z,] Y, X)`` gather, by k-means."""
    values = image.transpose(0, 1).flatten(1).T
    values = values[:: max(1, len(values) // _MOST_VALUES)]
    shares = torch.linspace(0, 1, count, dtype=values.dtype, device=values.device)[:, None]
    low, high = values.amin(0), values.amax(0)
    centres = low + shares * (high - low)
    for _ in range(_ROUNDS):
        nearest = torch.cdist(values, centres).argmin(1)
        members = functional.one_hot(nearest, count).to(values.dtype)
        sizes = members.sum(0)[:, None]
        centres = torch.where(sizes > 0, members.T @ values / sizes.clamp_min(1), centres)
    return centres


def _lost(kept: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
    """Kinds, less what each keeps of its ties ``(B, K)``."""
    return total.shape[1] - (kept / (total + _EMPTY)).abs().mean(0).sum()


def _ties(
    kinds: torch.Tensor, scaled: torch.Tensor, spatial_sigma: float, radius: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ties of each voxel to each kind ``(B, K, …)``, and to all voxels ``(B, 1, …)``, itself among them."""
    tied, degree = kinds.clone(), torch.ones_like(scaled[:, :1])
    for shift, here, there in _shifts(kinds.shape[2:], radius):
        near = math.exp(-sum(step * step for step in shift) / (2 * spatial_sigma**2))
        tie = (scaled[here] - scaled[there]).square_().sum(1, keepdim=True).neg_().exp_().mul_(near)
        tied[here] += tie * kinds[there]
        tied[there] += tie * kinds[here]
        degree[here] += tie
        degree[there] += tie
    return tied, degree


def _shifts(shape: torch.Size, radius: int) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...], tuple[slice, ...]]]:
    """Each pair of places within the radius once: the shift, and the boxes that lie so far apart."""
    for shift in itertools.product(range(-radius, radius + 1), repeat=len(shape)):
        if shift <= (0,) * len(shape) or any(abs(step) >= size for step, size in zip(shift, shape, strict=True)):
            continue
        here = [slice(max(0, -step), size - max(0, step)) for step, size in zip(shift, shape, strict=True)]
        there = [slice(max(0, step), size - max(0, -step)) for step, size in zip(shift, shape, strict=True)]
        whole = (slice(None), slice(None))
        yield shift, (*whole, *here), (*whole, *there)


def _blurred(values: torch.Tensor, sigma: float, radius: int) -> torch.Tensor:
    """Sums with the weights of a Gaussian within a box, zeros outside; axis by axis, as the Gaussian falls apart."""
    steps = torch.arange(-radius, radius + 1, dtype=values.dtype, device=values.device)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    batch, kinds, *sizes = values.shape
    flat = values.reshape(batch * kinds, 1, *sizes)
    convolve = functional.conv3d if len(sizes) == 3 else functional.conv2d
    for axis in range(len(sizes)):
        shape, padding = [1] * len(sizes), [0] * len(sizes)
        shape[axis], padding[axis] = kernel.numel(), radius
        flat = convolve(flat, kernel.view(1, 1, *shape), padding=tuple(padding))
    return flat.view(batch, kinds, *sizes)
