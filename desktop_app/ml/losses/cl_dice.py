"""Overlap of the middle lines of thin structures."""

from __future__ import annotations

import torch
from torch.nn import functional

from desktop_app.core.losses.cl_dice import ClDiceParameters
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.known_voxels import KnownVoxels, tversky_index


class ClDiceLoss(ClassLoss[ClDiceParameters]):
    """Dice of the regions and of their middle lines together (Shit et al. 2021, arXiv 2003.07311)."""

    def of(self, voxels: KnownVoxels) -> torch.Tensor:
        """As the class says."""
        probability, truth = voxels.probability[:, 1:], voxels.truth[:, 1:]
        overlap = 1 - tversky_index(voxels).mean()
        lines, true_lines = (middle_lines(values, self.settings.thickness) for values in (probability, truth))
        precision = _share(lines, truth)
        sensitivity = _share(true_lines, probability)
        broken = 1 - (2 * precision * sensitivity / (precision + sensitivity)).mean()
        return (1 - self.settings.line_weight) * overlap + self.settings.line_weight * broken


def middle_lines(values: torch.Tensor, thickness: int) -> torch.Tensor:
    """Soft middle lines of structures ``(B, C, [Z,] Y, X)`` by repeated thinning (Shit et al. 2021, algorithm 1)."""
    lines = functional.relu(values - _opened(values))
    for _ in range(thickness):
        values = _thinned(values)
        rest = functional.relu(values - _opened(values))
        lines = lines + functional.relu(rest - lines * rest)
    return lines


def _share(lines: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """How much of the lines lies inside, of each class ``(C,)``."""
    axes = (0, *range(2, lines.dim()))
    return ((lines * inside).sum(axes) + 1) / (lines.sum(axes) + 1)


def _opened(values: torch.Tensor) -> torch.Tensor:
    return _pooled(_thinned(values), 3)  # px: the direct neighbours


def _thinned(values: torch.Tensor) -> torch.Tensor:
    """The least of each voxel and its neighbours along the axes."""
    dims = values.dim() - 2
    windows = [tuple(3 if axis == along else 1 for axis in range(dims)) for along in range(dims)]
    return -torch.stack([_pooled(-values, *window) for window in windows]).amax(0)


def _pooled(values: torch.Tensor, *window: int) -> torch.Tensor:
    dims = values.dim() - 2
    sizes = window * dims if len(window) == 1 else window
    pool = functional.max_pool2d if dims == 2 else functional.max_pool3d
    pooled: torch.Tensor = pool(values, sizes, 1, tuple(size // 2 for size in sizes))
    return pooled
