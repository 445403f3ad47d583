from __future__ import annotations

from typing import Any

import pytest
import torch

from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.registry import NETWORKS, USED_ONLY, known_network, network_divisor
from desktop_app.ml.networks.registry import (
    BUILDERS,
    build_network,
    freeze_stages,
    parameter_count,
)

CASES: list[tuple[str, dict[str, Any]]] = [
    ("unet3d", {"channels": 4, "levels": 3}),
    ("unet3d", {"channels": 4, "levels": 3, "flat_levels": 1}),
    ("unet2d", {"channels": 4, "levels": 3, "blocks": 2}),
    ("segresnet3d", {"channels": 6}),
    ("segresnet2d", {"channels": 4, "dropout": 0.2}),
]

SMALL: dict[str, Any] = {"encoder": "resnet18", "channels": 32}


def _smallest(name: str, arguments: dict[str, Any], inputs: int = 2) -> torch.Tensor:
    size = network_divisor(name, arguments)
    kept = size[1:] if NETWORKS[name].dimensions == 2 else size
    generator = torch.Generator().manual_seed(0)
    return torch.randn((1, inputs, *(2 * n for n in kept)), generator=generator)


def test_every_network_that_users_see_can_be_built() -> None:
    assert set(BUILDERS) == set(NETWORKS) | set(USED_ONLY)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [*CASES, ("panoptic_bifpn", SMALL), ("panoptic_deeplab", SMALL), ("erfnet3d", {}), ("erfnet2d", {})],
)
def test_the_record_knows_how_many_stages_a_network_has(name: str, arguments: dict[str, Any]) -> None:
    _, parsed = known_network(name, arguments)
    network = build_network(name, arguments, 1, 2)
    assert freeze_stages(network, 99, RecordingContext()) == NETWORKS[name].stages(parsed)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_output_has_the_size_of_the_input_and_every_weight_learns(name: str, arguments: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = build_network(name, arguments, 2, 3)
    image = _smallest(name, arguments)
    logits = network(image)
    assert logits.shape == (1, 3, *image.shape[2:])
    logits.square().mean().backward()
    still = [n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    assert still == []


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_saved_weights_give_the_same_output(name: str, arguments: dict[str, Any]) -> None:
    first, second = build_network(name, arguments, 2, 3).eval(), build_network(name, arguments, 2, 3).eval()
    image = _smallest(name, arguments)
    assert not torch.equal(first(image), second(image))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(image), second(image))


def test_flat_levels_leave_the_slices_alone() -> None:
    assert network_divisor("unet3d", {"levels": 4, "flat_levels": 0}) == (8, 8, 8)
    assert network_divisor("unet3d", {"levels": 4, "flat_levels": 2}) == (2, 8, 8)
    assert network_divisor("unet3d", {"levels": 4, "flat_levels": 5}) == (1, 8, 8)
    assert network_divisor("unet2d", {"levels": 3}) == (1, 4, 4)


def test_frozen_stages_do_not_learn() -> None:
    network = build_network("unet2d", {"channels": 4, "levels": 3}, 1, 2)
    assert freeze_stages(network, 2, RecordingContext()) == 2
    frozen = [p for p in network.parameters() if not p.requires_grad]
    assert 0 < sum(p.numel() for p in frozen) < parameter_count(network)
    network(torch.randn(1, 1, 8, 8)).mean().backward()
    assert all(p.grad is None for p in frozen)


def test_an_unknown_network_is_a_clear_error() -> None:
    with pytest.raises(UserError, match="hypernet"):
        build_network("hypernet", {}, 1, 2)


def test_an_argument_of_a_later_version_is_a_clear_error() -> None:
    with pytest.raises(UserError, match=r"Residual U-Net, 2D.*does not know: “colour”"):
        build_network("unet2d", {"colour": 1}, 1, 2)
