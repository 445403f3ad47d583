from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from monai.networks.nets.vnet import VNet

from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.networks.registry import NETWORKS, USED_ONLY, known_network, network_divisor, require_patch
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
    ("quick_unet3d", {"channels": 4}),
    ("quick_unet3d", {"channels": 4, "levels": 3, "flat_levels": 1}),
    ("quick_unet2d", {"channels": 4, "levels": 3, "blocks": 2}),
    ("segresnet3d", {"channels": 6}),
    ("segresnet2d", {"channels": 4, "dropout": 0.2}),
    ("vnet2d", {}),
    ("plain_unet3d", {"channels": 4, "levels": 3}),
    ("plain_unet2d", {"channels": 4, "levels": 2, "norm": "published"}),
    ("attention_unet3d", {"channels": 4, "levels": 3}),
    ("attention_unet2d", {"channels": 4, "levels": 2, "dropout": 0.1}),
    ("dynunet3d", {"channels": 4, "levels": 4, "flat_levels": 1}),
    ("dynunet2d", {"channels": 4, "levels": 3, "residual": True}),
    ("dynunet2d", {"channels": 4, "levels": 3, "deep_supervision": False, "norm": "published"}),
    ("mednext3d", {"channels": 4}),
    ("mednext2d", {"channels": 4, "kernel": 5, "expansion": 3}),
    ("mednext2d", {"channels": 4, "deep_supervision": True}),
    ("easyreg_unet3d", {"channels": 4}),
    ("easyreg_unet2d", {"channels": 4, "norm": "published"}),
    ("swin_unetr2d", {"features": 12, "save_memory": False}),
    ("swin_unetr2d", {"features": 12}),
]

PUBLISHED_COUNTS = [
    ("vnet3d", {"dropout": 0.5, "norm": "published"}, 1, 45_595_445),
    ("swin_unetr3d", {"norm": "published"}, 1, 72_762_019),
    ("plain_unet3d", {"norm": "published"}, 1, 16_317_921),
    ("segresnet3d", {"norm": "group"}, 1, 1_176_177),
    ("easyreg_unet3d", {"norm": "published"}, 2, 8_578_530),
    ("easyreg_unet3d", {"norm": "published"}, 57, 8_673_625),
]
"""Weights of the tools that these networks come from, with one input channel and so many outputs."""

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
    outputs = network(image)
    levels = outputs if isinstance(outputs, tuple) else (outputs,)
    assert {level.shape for level in levels} == {(1, 3, *image.shape[2:])}
    sum(level.square().mean() for level in levels).backward()
    taken_away = "psi.0.conv.bias"  # a constant before a normalisation, in MONAI's attention gates
    weights = [(n, p) for n, p in network.named_parameters() if not n.endswith(taken_away)]
    still = [n for n, p in weights if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    assert still == []


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_saved_weights_give_the_same_output(name: str, arguments: dict[str, Any]) -> None:
    first, second = build_network(name, arguments, 2, 3).eval(), build_network(name, arguments, 2, 3).eval()
    image = _smallest(name, arguments)
    assert not torch.equal(first(image), second(image))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(image), second(image))


@pytest.mark.parametrize(("name", "arguments", "outputs", "weights"), PUBLISHED_COUNTS)
def test_networks_of_the_literature_have_their_size(
    name: str, arguments: dict[str, Any], outputs: int, weights: int
) -> None:
    assert parameter_count(build_network(name, arguments, 1, outputs)) == weights


@pytest.mark.parametrize("name", [name for name in NETWORKS if NETWORKS[name].recipes == ("semantic",)])
def test_new_networks_look_at_no_statistics_of_the_tile(name: str) -> None:
    facts = ImageFacts(((64, 128, 128),))
    network = build_network(name, NETWORKS[name].suggest(facts).arguments, 1, 2)
    of_the_tile = (torch.nn.GroupNorm, torch.nn.modules.instancenorm._InstanceNorm)
    assert [n for n, module in network.named_modules() if isinstance(module, of_the_tile)] == []


@pytest.mark.parametrize(
    ("name", "arguments", "levels"),
    [("dynunet2d", {"levels": 4}, 3), ("mednext2d", {"deep_supervision": True}, 5)],
)
def test_a_network_that_learns_at_several_levels_speaks_once_when_it_is_used(
    name: str, arguments: dict[str, Any], levels: int
) -> None:
    network = build_network(name, {"channels": 4, **arguments}, 1, 2)
    image = torch.randn(1, 1, 32, 32)
    assert [tuple(level.shape) for level in network(image)] == [(1, 2, 32, 32)] * levels
    assert network.eval()(image).shape == (1, 2, 32, 32)


def test_kernels_that_have_no_middle_are_refused() -> None:
    with pytest.raises(UserError, match="is odd: 3, 5 or 7"):
        known_network("mednext3d", {"kernel": 4})


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_quick_u_net_sees_single_voxels_of_the_image(dimensions: int) -> None:
    """Beside what its stem makes of them: a voxel that changes shows most where it lies."""
    torch.manual_seed(0)
    network = build_network(f"quick_unet{dimensions}d", {"channels": 4}, 1, 2).eval()
    image = torch.zeros(1, 1, *(16,) * dimensions)
    changed = image.clone()
    changed[(0, 0, *(7,) * dimensions)] = 5
    with torch.no_grad():
        moved = (network(changed) - network(image)).abs().sum(1)[0]
    assert moved.amax() == moved[(slice(6, 9),) * dimensions].amax()


def test_any_number_of_channels_goes_into_a_v_net() -> None:
    for inputs in (1, 3, 4):
        assert build_network("vnet2d", {}, inputs, 2)(torch.randn(1, inputs, 32, 32)).shape == (1, 2, 32, 32)


def test_a_v_net_says_and_learns_what_that_of_monai_does() -> None:
    """Its last convolution reads the map in another order of memory; everything else must stay as it is."""
    torch.manual_seed(0)
    network = cast(Any, build_network("vnet3d", {"norm": "published"}, 1, 3))
    plain = VNet(3, 1, 3, dropout_prob_down=None, dropout_prob_up=(None, 0.0), bias=True)
    plain.load_state_dict(network.network.state_dict())
    for part in (plain.up_tr64, plain.up_tr32):
        part.dropout2.p = 0.0
    image = torch.randn(2, 1, 16, 32, 32)
    results = []
    for each in (network.network, plain):
        logits = each(image)
        logits.square().mean().backward()
        results.append((logits.detach(), {name: weight.grad for name, weight in each.named_parameters()}))
    (said, learned), (expected, gradients) = results
    assert torch.allclose(said, expected, atol=1e-5)
    assert learned.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert torch.allclose(learned[name], gradient, rtol=1e-3, atol=1e-5 + 1e-4 * float(gradient.abs().max())), name


def test_a_v_net_keeps_to_one_order_of_memory_when_it_is_used() -> None:
    """Other programs get it through ONNX, which cannot say another."""
    network = cast(Any, build_network("vnet3d", {}, 1, 2))
    seen = []
    last = network.network.out_tr.conv_block
    last.register_forward_pre_hook(lambda _module, given: seen.append(given[0].is_contiguous()))
    image = torch.randn(1, 1, 16, 16, 16)
    network(image)
    with torch.inference_mode():
        network.eval()(image)
    assert seen == [False, True]


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_v_net_leaves_out_as_many_channels_as_it_is_told(dropout: float) -> None:
    """MONAI's class always leaves out half of those that skip to the finest levels."""
    network = build_network("vnet2d", {"dropout": dropout}, 1, 2)
    parts = [module for module in network.modules() if isinstance(module, torch.nn.modules.dropout._DropoutNd)]
    assert {part.p for part in parts} == {dropout}
    image = torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network(image), network(image)) == (dropout == 0)


def test_flat_levels_leave_the_slices_alone() -> None:
    assert network_divisor("unet3d", {"levels": 4, "flat_levels": 0}) == (8, 8, 8)
    assert network_divisor("unet3d", {"levels": 4, "flat_levels": 2}) == (2, 8, 8)
    assert network_divisor("unet3d", {"levels": 4, "flat_levels": 5}) == (1, 8, 8)
    assert network_divisor("unet2d", {"levels": 3}) == (1, 4, 4)
    assert network_divisor("quick_unet3d", {"levels": 4, "flat_levels": 1}) == (4, 8, 8)
    assert network_divisor("quick_unet3d", {"levels": 3, "flat_levels": 5}) == (1, 4, 4)
    assert network_divisor("quick_unet2d", {"levels": 4}) == (1, 8, 8)


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


def test_mednext_is_told_to_see_as_far_as_it_does() -> None:
    """A voxel of the image changes what is said up to half of that many pixels away, and no farther."""
    torch.manual_seed(0)
    network = build_network("mednext2d", {"channels": 4}, 1, 1).eval().double()
    farthest = 0
    for place in range(192, 208):  # places between two voxels of the coarsest map see differently far
        image = torch.zeros(1, 1, 16, 400, dtype=torch.float64, requires_grad=True)
        logits = network(image)
        (logits[0] if isinstance(logits, tuple) else logits)[0, 0, 8, place].backward()
        assert image.grad is not None
        seen = (image.grad[0, 0].abs().amax(dim=0) > 0).nonzero().reshape(-1)
        farthest = max(farthest, int((seen - place).abs().max()))
    assert farthest == NETWORKS["mednext2d"].reach // 2 == NETWORKS["mednext3d"].reach // 2


def test_a_patch_that_is_only_too_small_is_told_how_large_it_must_be() -> None:
    with pytest.raises(UserError, match=r"multiples of 16 × 16 × 16 \(z, y, x\), and one of them at least 2 times as"):
        require_patch("mednext3d", {}, (16, 16, 16))
    with pytest.raises(UserError, match=r"multiples of 16 × 16 × 16 \(z, y, x\)\. The nearest that suit: 32 for z\."):
        require_patch("mednext3d", {}, (17, 32, 32))
