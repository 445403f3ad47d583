"""The mean of what a network says of an image turned and mirrored in every way."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions

_QUARTERS = 4  # turns by 90° until a picture is as it was


class MeanOfViews(nn.Module):
    """A network of embeddings that looks at an image in 8 ways (2D) or 16 (3D), on whatever device it is.

    Slices are turned by quarters and mirrored; volumes are mirrored along z as well. What each view says is turned
    back, arrows included, and averaged before anything is made of it.

    Args:
        network: Gives ``(B, 2 D + 1, [Z,] Y, X)``: offsets and sigmas along ([z,] y, x), then the seed.
        dimensions: 2 or 3.
    """

    def __init__(self, network: nn.Module, dimensions: Dimensions) -> None:
        super().__init__()
        self.network, self._dimensions = network, dimensions

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The mean of all views."""
        total: torch.Tensor | None = None
        count = 0
        for quarters, flips in self._views():
            seen = torch.rot90(image, quarters, (-2, -1)).flip(flips)
            found = self._back(self.network(seen).float(), quarters, flips)
            total, count = found if total is None else total + found, count + 1
        assert total is not None
        return total / count

    def _views(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Quarter turns from y to x, and axes that are mirrored after them."""
        for quarters in range(_QUARTERS):
            for flips in ((), (-1,)) if self._dimensions == 2 else ((), (-1,), (-3,), (-3, -1)):
                yield quarters, flips

    def _back(self, outputs: torch.Tensor, quarters: int, flips: tuple[int, ...]) -> torch.Tensor:
        """Outputs of a view as they would be of the image itself."""
        axes = self._dimensions
        values = torch.rot90(outputs.flip(flips), -quarters, (-2, -1)).clone()
        for flip in flips:
            values[:, axes + flip] *= -1
        for _ in range(quarters):
            values = _turned_back(values, axes)
        return values


def _turned_back(values: torch.Tensor, axes: int) -> torch.Tensor:
    """Arrows and sigmas of a view that was turned by a quarter from y to x, in the axes of the image."""
    y, x = axes - 2, axes - 1
    turned = values.clone()
    turned[:, y], turned[:, x] = values[:, x], -values[:, y]
    turned[:, axes + y], turned[:, axes + x] = values[:, axes + x], values[:, axes + y]
    return turned
