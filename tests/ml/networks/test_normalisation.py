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


def test_a_network_sees_places_alike_by_statistics_of_training_alone() -> None:
    small = {"channels": 4, "levels": 3}
    assert sees_places_alike(build_network("quick_unet3d", small, 1, 2))
    assert sees_places_alike(build_network("unet3d", {**small, "norm": "batch"}, 1, 2))
    assert not sees_places_alike(build_network("unet3d", {**small, "norm": "group"}, 1, 2))
    assert not sees_places_alike(torch.nn.Conv3d(1, 2, 3))
