"""The mean of a patch around each place, for networks that learn with the mean of all of their image."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.imaging import Index3


class PatchMean(nn.Module):
    """The mean of a map: of all of it in training, and afterwards of as much around each place as a patch had.

    A network learns what the mean of a patch says. That of a large tile says something else where much of it is empty;
    so each place gets the mean of a window that is as large as a patch was (Chu et al. 2022, arXiv 2112.04491).
    Windows lie within the map. A map that is no larger than a patch has one mean, as ever.

    Args:
        stride: Pixels of the image per cell of the map.

    Attributes:
        window: Rows and columns of the window in cells; None: all of the map.
    """

    def __init__(self, stride: int) -> None:
        super().__init__()
        self._stride = stride
        self.window: tuple[int, int] | None = None

    def keep_to(self, rows: int, columns: int) -> None:
        """Take means over so many pixels of the image from now on."""
        self.window = max(1, rows // self._stride), max(1, columns // self._stride)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Means of ``(B, C, y, x)``: as many in evaluation, ``(B, C, 1, 1)`` of all of it."""
        if self.training or self.window is None:
            return values.mean((2, 3), keepdim=True)
        sums = values.float()
        for axis, length in zip((2, 3), self.window, strict=True):
            sums = _window_means(sums, axis, length)
        return sums.to(values.dtype)


def keep_to_patch(network: nn.Module, patch: Index3) -> None:
    """Let the means that a network takes reach as far as in its training.

    Args:
        network: Changed in place.
        patch: Of its training (z, y, x) in pixels of the network's image.
    """
    for module in network.modules():
        if isinstance(module, PatchMean):
            module.keep_to(*patch[1:])


def _window_means(values: torch.Tensor, axis: int, length: int) -> torch.Tensor:
    """Means of windows of up to ``length`` cells along an axis, as central as the rim allows."""
    size = values.shape[axis]
    places = torch.arange(size, device=values.device)
    starts = (places - length // 2).clamp(max=size - length).clamp(min=0)
    stops = (starts + length).clamp(max=size)
    before = functional.pad(values.cumsum(axis), (1, 0) if axis == values.ndim - 1 else (0, 0, 1, 0))
    counts = (stops - starts).view(-1, *[1] * (values.ndim - 1 - axis))
    return (before.index_select(axis, stops) - before.index_select(axis, starts)) / counts
