from __future__ import annotations

from typing import Any

import pytest
import torch

from desktop_app.ml.networks.normalisation import BatchNorm, sees_places_alike
from desktop_app.ml.networks.registry import build_network


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last_3d])
def test_renormalisation_follows_mean_and_spread_of_all_values_but_channels(layout: Any) -> None:
    values = (3 * torch.randn(2, 5, 4, 6, 7, generator=torch.Generator().manual_seed(0)) + 50).contiguous(
        memory_format=layout
    )
    norm = BatchNorm(5, renormalised=True)
    norm(values)
    double = values.double().transpose(0, 1).flatten(1)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.running_mean.numpy() == pytest.approx(0.1 * double.mean(1).numpy(), rel=1e-5)
    assert norm.running_var.numpy() == pytest.approx(0.9 + 0.1 * double.var(1, correction=0).numpy(), rel=1e-4)


@pytest.mark.parametrize("steps", [0, 60, 1000])
def test_renormalisation_has_the_gradients_of_batch_statistics(steps: int) -> None:
    """Worked out in double precision: the corrections are constants, what the batch says about itself is not."""
    generator = torch.Generator().manual_seed(0)
    values = (3 * torch.randn(2, 5, 3, 4, 6, generator=generator) + 2).requires_grad_()
    norm = BatchNorm(5, renormalised=True)
    norm.num_batches_tracked.fill_(steps)
    torch.nn.init.normal_(norm.weight, generator=generator)
    parts = (values, norm.weight, norm.bias)
    found = norm(values)
    gradients = torch.autograd.grad(found.pow(3).sum(), parts)

    double = values.detach().double().requires_grad_()
    axes = (0, 2, 3, 4)
    mean, spread = double.mean(axes, keepdim=True), double.var(axes, correction=0, keepdim=True)
    share = min(max((steps - 20) / 100, 0), 1)
    scaled = ((spread + 1e-5) / (1 + 1e-5)).sqrt().clamp(1 / (1 + 2 * share), 1 + 2 * share).detach()
    shifted = (mean / (1 + 1e-5) ** 0.5).clamp(-5 * share, 5 * share).detach()
    weight, bias = (part.detach().double().view(1, -1, 1, 1, 1).requires_grad_() for part in (norm.weight, norm.bias))
    expected = ((double - mean) / (spread + 1e-5).sqrt() * scaled + shifted) * weight + bias
    of_double = torch.autograd.grad(expected.pow(3).sum(), (double, weight, bias))

    assert torch.allclose(found.double(), expected, atol=1e-5)
    for one, other in zip(gradients, of_double, strict=True):
        assert torch.allclose(one.double(), other.reshape(one.shape), rtol=1e-4, atol=1e-3)


def test_renormalisation_whose_weights_do_not_learn_hands_on_the_gradient() -> None:
    norm = BatchNorm(3, renormalised=True).requires_grad_(False)
    values = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    norm(values).pow(3).sum().backward()
    assert values.grad is not None
    assert bool(values.grad.abs().sum() > 0)


def test_a_network_sees_places_alike_by_statistics_of_training_alone() -> None:
    small = {"channels": 4, "levels": 3}
    assert sees_places_alike(build_network("quick_unet3d", small, 1, 2))
    assert sees_places_alike(build_network("unet3d", {**small, "norm": "batch"}, 1, 2))
    assert not sees_places_alike(build_network("unet3d", {**small, "norm": "group"}, 1, 2))
    assert not sees_places_alike(torch.nn.Conv3d(1, 2, 3))
