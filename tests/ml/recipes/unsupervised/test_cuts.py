from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from desktop_app.ml.recipes.unsupervised.cuts import mean_cuts, neighbour_cuts, unevenness


def kinds_and_image(shape: tuple[int, ...], kinds: int = 3, channels: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn((2, kinds, *shape), dtype=torch.double, generator=generator)
    image = torch.rand((2, channels, *shape), dtype=torch.double, generator=generator)
    return torch.softmax(logits, 1), image


def tied(shape: tuple[int, ...], sigma: float, radius: int) -> torch.Tensor:
    """Nearness of each voxel to each, all pairs."""
    places = torch.cartesian_prod(*(torch.arange(size) for size in shape)).double()
    apart = places[:, None] - places[None]
    return torch.exp(-apart.square().sum(-1) / (2 * sigma**2)) * (apart.abs().amax(-1) <= radius)


@pytest.mark.parametrize("shape", [(3, 4, 5), (6, 7)])
@pytest.mark.parametrize("radius", [1, 2, 5])
def test_ties_of_neighbours_are_those_of_all_pairs(shape: tuple[int, ...], radius: int) -> None:
    kinds, image = kinds_and_image(shape)
    kinds.requires_grad_()
    near, lost = tied(shape, 4.0, radius), torch.tensor(3.0, dtype=torch.double)
    for kind, one in itertools.product(range(3), range(2)):
        greys, p = 100 * image[one].flatten(1), kinds[one, kind].flatten()
        ties = near * torch.exp(-(greys[:, :, None] - greys[:, None]).square().sum(0) / 20.0**2)
        lost = lost - (p @ ties @ p) / (p @ ties.sum(1) + 1e-6) / 2
    found = neighbour_cuts(kinds, image, 20.0, 4.0, radius)
    assert float(found.detach()) == pytest.approx(float(lost.detach()), abs=1e-12)
    ours, theirs = (torch.autograd.grad(value, kinds)[0] for value in (found, lost))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_ties_to_the_mean_are_those_of_the_published_formula() -> None:
    shape = (4, 5, 6)
    kinds, image = kinds_and_image(shape, 2, 1)
    greys, near, lost = 100 * image.numpy()[:, 0].reshape(2, -1), tied(shape, 4.0, 2).numpy(), 2.0
    for kind in range(2):
        p = kinds.numpy()[:, kind].reshape(2, -1)
        mean = (greys * p).mean(1) / (p.mean(1) + 1e-5)
        weight = np.exp(-((greys - mean[:, None]) ** 4) / 30.0**2)
        over, under = (p * ((p * weight) @ near)).sum(1), (p * (weight @ near)).sum(1)
        lost -= float(np.abs(over / (under + 1e-6)).mean())
    assert float(mean_cuts(kinds, image, 30.0, 4.0, 2)) == pytest.approx(lost, abs=1e-12)


@pytest.mark.parametrize("cuts", [neighbour_cuts, mean_cuts])
def test_kinds_that_follow_the_image_lose_less(cuts) -> None:
    image = torch.zeros(1, 1, 12, 12)
    image[..., 6:] = 1.0
    right = torch.cat([image, 1 - image], 1)
    across = right.transpose(2, 3).contiguous()
    even = torch.full_like(right, 0.5)
    found = [float(cuts(kinds, image, 10.0, 4.0, 2)) for kinds in (right, across, even)]
    assert 0 <= found[0] < 0.01
    assert min(found[1:]) > 0.2
    assert max(found[1:]) <= 2
    assert math.isfinite(float(cuts(torch.zeros_like(right), image, 10.0, 4.0, 2)))


def test_unevenness_is_the_variance_within_kinds() -> None:
    image = torch.tensor([0.1, 0.3, 0.8, 0.6]).view(1, 1, 2, 2)
    dark = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 2, 2)
    kinds = torch.cat([dark, 1 - dark], 1)
    assert float(unevenness(kinds, image)) == pytest.approx(0.01, abs=1e-5)
    undecided = (0.01 + 0.26) / 2  # half from its own centre, 0.2 or 0.7, half from the other
    assert float(unevenness(torch.full_like(kinds, 0.5), image)) == pytest.approx(undecided, abs=1e-5)
    assert float(unevenness(kinds, torch.cat([image, torch.zeros_like(image)], 1))) == pytest.approx(0.005, abs=1e-5)


def test_undecided_voxels_are_drawn_to_the_kind_of_their_brightness() -> None:
    image = torch.full((1, 1, 8, 8), 0.05)
    image[..., :2, :2] = 0.6
    logits = (0.01 * image - 0.005).repeat(1, 2, 1, 1) * torch.tensor([-1.0, 1.0]).view(1, 2, 1, 1)
    logits.requires_grad_()
    unevenness(torch.softmax(logits, 1), image).backward()
    assert logits.grad is not None
    pull = -logits.grad[0, 1]
    assert (pull[:2, :2] > 0).all()
    assert (pull[2:] < 0).all()


def test_kinds_keep_their_brightness_whatever_their_order() -> None:
    image = torch.tensor([0.1, 0.1, 0.9, 0.9, 0.5, 0.5]).view(1, 1, 2, 3)
    dark, bright, middle = (((image - value).abs() < 0.01).float() for value in (0.1, 0.9, 0.5))
    for order in itertools.permutations((dark, bright, middle)):
        assert float(unevenness(torch.cat(order, 1), image)) == pytest.approx(0.0, abs=1e-4)


def test_an_even_image_has_no_unevenness() -> None:
    kinds = torch.full((1, 2, 4, 4), 0.5)
    assert float(unevenness(kinds, torch.full((1, 1, 4, 4), 0.3))) == pytest.approx(0.0, abs=1e-6)
