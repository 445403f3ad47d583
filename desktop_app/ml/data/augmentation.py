"""Random changes of patches: where to read, and what to do with the grey values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.imaging import Index3

_WARPED_SHARE = 0.5  # of the patches; bending blurs a little, so half stay sharp
# Of patches: of the order of nnU-Net's (Isensee et al. 2021), which changes brightness, contrast and gamma of 0.15 to
# 0.3 of them, adds noise to 0.1 and blurs 0.2.
_GREY_CHANCE, _NOISE_CHANCE, _BLUR_CHANCE = 0.3, 0.2, 0.15
_SHIFT = 0.3  # of the strength, in network input, whose spread is about 1: brightness differs less than contrast
_LEAST_BLUR = 0.3  # of the strongest: less would not be seen
_KNOTS = 5  # of the bending along an edge: softer than objects are; by eye
_QUARTER = 90  # degrees: exchanging y and x, with mirroring, is such a turn
_TILT = 15  # degrees out of the slice plane at most, by eye
_THICK_SLICES = 1.5  # slice distance by pixel; beyond it turning out of the slice plane shows steps


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the voxels of a patch come from.

    Attributes:
        grid: ``(Z, Y, X, 3) float32`` positions (z, y, x) relative to the patch's middle; None means no bending, just
            a plain box.
        flips: Axes to mirror (0 z, 1 y, 2 x).
        transpose: Whether to exchange y and x.
    """

    grid: NDArray[np.float32] | None
    flips: tuple[int, ...] = ()
    transpose: bool = False


def random_placement(
    patch: Index3, augmentation: AugmentationParameters, anisotropy: float, rng: np.random.Generator
) -> Placement:
    """A random mirroring, and for half of the patches a rotation, scaling and bending at once.

    Thick slices are never tilted; nearly cubic voxels are tilted by up to 15 degrees.

    Args:
        patch: Size (z, y, x).
        augmentation: How much.
        anisotropy: Slice distance over pixel width.
        rng: Where chance comes from.
    """
    share = augmentation.flip_share
    flips = tuple(a for a in range(3) if augmentation.flip and patch[a] > 1 and rng.random() < share)
    turns = augmentation.rotate and augmentation.angle >= _QUARTER
    transpose = turns and patch[1] == patch[2] and rng.random() < 0.5
    sizes = augmentation.scale > 0 or augmentation.shrink > 0
    bends = augmentation.rotate or sizes or augmentation.elastic > 0
    grid = None
    if rng.random() < _WARPED_SHARE and bends:
        grid = _warped_grid(patch, augmentation, anisotropy, rng)
    return Placement(grid, flips, bool(transpose))


def plain_grid(patch: Index3) -> NDArray[np.float32]:
    """Positions ``(Z, Y, X, 3)`` of a patch's voxels relative to its middle."""
    axes = [np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in patch]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def _warped_grid(
    patch: Index3, augmentation: AugmentationParameters, anisotropy: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    flat = patch[0] == 1
    matrix = _rotation(augmentation, flat or anisotropy > _THICK_SLICES, rng)
    scale = _stretches(rng.uniform(-1, 1, 2), augmentation)
    stretch = np.array([1.0 if flat else scale[0] ** 0.5, scale[1], scale[1]])
    grid = plain_grid(patch) @ (matrix * stretch[:, None]).T.astype(np.float32)
    if augmentation.elastic > 0:
        # A deviation of half the strength: few bend further.
        knots = rng.normal(0, 0.5, (1, 3, 1 if flat else 3, _KNOTS, _KNOTS)).astype(np.float32)
        knots *= augmentation.elastic * rng.uniform(0, 1)
        knots[:, 0] *= 0.0 if flat else 1 / max(1.0, anisotropy)
        bend = functional.interpolate(torch.from_numpy(knots), size=patch, mode="trilinear", align_corners=True)
        grid = grid + bend[0].permute(1, 2, 3, 0).numpy()
    return np.ascontiguousarray(grid, dtype=np.float32)


def _stretches(chances: NDArray[np.float64], augmentation: AugmentationParameters) -> NDArray[np.float64]:
    """How many times more of the image a patch shows along an axis, for chances between -1 and 1.

    Without further shrinking, half of the objects become larger. With it all factors of size are alike, which shows
    few tiny objects.
    """
    if augmentation.shrink <= 0:
        stretches: NDArray[np.float64] = np.exp(chances * np.log1p(augmentation.scale))
        return stretches
    largest = 1 + augmentation.scale
    smallest = min(1 / largest, 1 - augmentation.shrink)
    sizes = smallest + (largest - smallest) * (chances + 1) / 2
    inverse: NDArray[np.float64] = 1 / sizes
    return inverse


def _rotation(augmentation: AugmentationParameters, in_plane: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """Rotation matrix in (z, y, x)."""
    most, tilt = np.deg2rad(augmentation.angle), np.deg2rad(min(augmentation.angle, _TILT))
    turn = rng.uniform(-most, most)
    tilts = np.zeros(2) if in_plane else rng.uniform(-tilt, tilt, 2)
    if not augmentation.rotate:
        return np.eye(3)
    (c, s), (cy, cx), (sy, sx) = (np.cos(turn), np.sin(turn)), np.cos(tilts), np.sin(tilts)
    about_z = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[cx, -sx, 0], [sx, cx, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def change_greys(patch: torch.Tensor, augmentation: AugmentationParameters, rng: np.random.Generator) -> torch.Tensor:
    """Random brightness, contrast, gamma, blur, noise and negatives of network input ``(C, Z, Y, X)``."""
    patch = _blurred(patch, augmentation.blur, rng)
    if augmentation.invert > 0 and rng.random() < augmentation.invert:
        patch = _negative(patch)
    strength = augmentation.intensity
    for channel in range(patch.shape[0] if strength > 0 else 0):
        gain, shift, gamma = rng.uniform(-1, 1, 3) * strength
        chances = rng.random(3) < _GREY_CHANCE
        values = patch[channel]
        if chances[0]:
            values = values * float(np.exp(gain))
        if chances[1]:
            values = values + float(shift) * _SHIFT
        if chances[2]:
            low, high = values.amin(), values.amax()
            span = torch.clamp(high - low, min=1e-6)
            values = ((values - low) / span) ** float(np.exp(2 * gamma)) * span + low
        patch[channel] = values
    if augmentation.noise > 0 and rng.random() < _NOISE_CHANCE:
        noise = rng.standard_normal(tuple(patch.shape), dtype=np.float32)
        patch = patch + torch.from_numpy(noise) * float(rng.uniform(0, augmentation.noise))
    return patch


def _negative(patch: torch.Tensor) -> torch.Tensor:
    """Bright and dark exchanged within the range of each channel."""
    values = patch.flatten(1)
    ends = values.amin(1) + values.amax(1)
    return ends.view(-1, 1, 1, 1) - patch


def _blurred(patch: torch.Tensor, most: float, rng: np.random.Generator) -> torch.Tensor:
    """Blurred in the slice plane for one patch in seven."""
    if most <= 0 or rng.random() >= _BLUR_CHANCE:
        return patch.clone()
    sigma = rng.uniform(_LEAST_BLUR, 1.0) * most
    # Standard deviations: what is left out is 0.3 percent.
    reach = max(1, min(round(3 * sigma), min(patch.shape[-2:]) - 1))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=torch.float32) / sigma) ** 2)
    weights = weights / weights.sum()
    pictures = patch.reshape(-1, 1, *patch.shape[-2:])
    pictures = functional.pad(pictures, (reach,) * 4, mode="replicate")
    pictures = functional.conv2d(pictures, weights.view(1, 1, 1, -1))
    return functional.conv2d(pictures, weights.view(1, 1, -1, 1)).reshape(patch.shape)
