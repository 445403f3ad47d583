from __future__ import annotations

import pytest
import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.ml.inference.looks import MeanOfLooks, OutputSaying, views_of
from desktop_app.ml.recipes.embedding.views import turned_arrows


def mean_of(network: nn.Module, dimensions: Dimensions) -> MeanOfLooks:
    return MeanOfLooks([network], views_of(dimensions), OutputSaying(lambda found: found, turned_arrows), spread=False)


class Compass(nn.Module):
    """Says of every voxel the way to the brightest one, which turns with the image; sigmas are along axes as well."""

    def __init__(self, axes: int) -> None:
        super().__init__()
        self.axes, self.calls = axes, 0

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        found = []
        for picture in image[:, 0]:
            brightest = torch.unravel_index(picture.argmax(), picture.shape)
            lines = torch.meshgrid(*(torch.arange(n).float() for n in picture.shape), indexing="ij")
            arrows = torch.stack([place - line for place, line in zip(brightest, lines, strict=True)])
            found.append(torch.cat([arrows, arrows.abs(), picture[None]]))
        return torch.stack(found)


@pytest.mark.parametrize(("shape", "views"), [((8, 8), 8), ((6, 10), 8), ((4, 8, 8), 16), ((4, 6, 10), 16)])
def test_what_turns_with_the_image_is_unchanged(shape: tuple[int, ...], views: int) -> None:
    network = Compass(len(shape))
    image = torch.rand((2, 1, *shape), generator=torch.Generator().manual_seed(1))
    plain = network(image)
    network.calls = 0
    mean = mean_of(network, 2 if len(shape) == 2 else 3)(image)
    assert torch.allclose(mean, plain, atol=1e-4)
    assert network.calls == views


def test_what_does_not_turn_is_averaged() -> None:
    class Stubborn(nn.Module):
        """The same arrows and sigmas whatever it sees, and seeds that rise along the rows."""

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            rising = torch.arange(image.shape[-1]).float().expand(len(image), 1, *image.shape[2:])
            return torch.cat([torch.ones_like(rising)] * 4 + [rising], dim=1)

    mean = mean_of(Stubborn(), 2)(torch.zeros(1, 1, 4, 4))
    assert torch.allclose(mean[:, 4], torch.full((1, 4, 4), 1.5))
    assert torch.allclose(mean[:, :2], torch.zeros(1, 2, 4, 4), atol=1e-6)
    assert torch.allclose(mean[:, 2:4], torch.ones(1, 2, 4, 4))
