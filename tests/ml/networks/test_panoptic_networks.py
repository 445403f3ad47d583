from __future__ import annotations

from typing import Any, cast, get_args

import pytest
import torch
from torch import nn

from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.panoptic import Encoder
from desktop_app.core.networks.registry import known_network, network_divisor, require_patch
from desktop_app.ml.networks.encoders import build_encoder
from desktop_app.ml.networks.panoptic import PanopticNetwork, enlarged
from desktop_app.ml.networks.registry import (
    build_network,
    freeze_stages,
    parameter_count,
)

COUNTS = {
    "resnet18": (20_011_222, 13_290_242),
    "resnet34": (30_119_382, 23_398_402),
    "resnet50": (55_158_486, 27_350_786),
    "resnet101": (74_150_614, 46_342_914),
    "resnext50_32x4d": (54_630_358, 26_822_658),
    "regnety_200mf": (9_016_166, 4_281_106),
    "regnety_800mf": (17_311_990, 7_019_298),
    "regnety_3p2gf": (39_006_566, 18_425_874),
    "regnety_4gf": (34_465_654, 19_803_810),
    "regnetx_6p4gf": (49_940_630, 27_942_210),
    "regnety_6p4gf": (50_349_950, 32_834_730),
    "regnety_8gf": (69_744_162, 42_298_062),
    "regnety_16gf": (129_976_278, 88_514_050),
}
ENCODERS = {
    "resnet18": 11_170_240,
    "resnet34": 21_278_400,
    "resnet50": 23_501_760,
    "resnet101": 42_493_888,
    "resnext50_32x4d": 22_973_632,
    "regnety_200mf": 2_315_216,
    "regnety_800mf": 4_669_920,
    "regnety_3p2gf": 15_317_200,
    "regnety_4gf": 17_069_152,
    "regnetx_6p4gf": 24_583_680,
    "regnety_6p4gf": 29_864_296,
    "regnety_8gf": 38_566_796,
    "regnety_16gf": 83_829_440,
}
DEEPLAB: tuple[str, dict[str, Any]] = ("panoptic_deeplab", {"encoder": "regnety_200mf", "channels": 32})
BIFPN: tuple[str, dict[str, Any]] = ("panoptic_bifpn", {"encoder": "regnety_200mf", "channels": 32, "layers": 2})
RESNET: tuple[str, dict[str, Any]] = ("panoptic_deeplab", {"encoder": "resnet18", "channels": 32})
SMALL = (DEEPLAB, BIFPN, RESNET)


def _network(case: tuple[str, dict[str, Any]], inputs: int = 1, outputs: int = 1, **more: Any) -> PanopticNetwork:
    torch.manual_seed(0)
    return cast(PanopticNetwork, build_network(case[0], {**case[1], **more}, inputs, outputs))


def _image(*size: int, channels: int = 1) -> torch.Tensor:
    return torch.randn(size[0], channels, *size[1:], generator=torch.Generator().manual_seed(1))


def _total(maps: dict[str, torch.Tensor]) -> torch.Tensor:
    names = ("sem_logits", "sem_points", "ctr_hmp", "offsets")
    return torch.stack([(maps[name] - 1).square().mean() for name in names]).sum()


@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_parameter_counts_are_those_published(encoder: str) -> None:
    with torch.device("meta"):
        deeplab = _network(("panoptic_deeplab", {"encoder": encoder}))
        bifpn = _network(("panoptic_bifpn", {"encoder": encoder}))
    assert (parameter_count(deeplab), parameter_count(bifpn)) == COUNTS[encoder]
    assert parameter_count(deeplab.encoder) == parameter_count(bifpn.encoder) == ENCODERS[encoder]


@pytest.mark.parametrize("encoder", ["resnet18", "resnet50", "resnext50_32x4d", "regnety_200mf"])
@pytest.mark.parametrize("output_stride", [16, 32])
def test_encoders_give_maps_of_four_scales(encoder: str, output_stride: int) -> None:
    network = build_encoder(encoder, 2, "batch", output_stride).eval()
    with torch.no_grad():
        maps = network(_image(1, 64, 96, channels=2))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (channels, 64 // stride, 96 // stride)
        for channels, stride in zip(network.channels, (4, 8, 16, output_stride), strict=True)
    ]
    assert len(network.stages()) == 5
    covered = {id(p) for stage in network.stages() for p in stage.parameters()}
    assert covered == {id(p) for p in network.parameters()}


@pytest.mark.parametrize(("encoder", "dilation"), [("resnet18", 2), ("resnet50", 2), ("regnety_200mf", 1)])
def test_a_last_stage_that_does_not_shrink(encoder: str, dilation: int) -> None:
    last = build_encoder(encoder, 1, "batch", 16).stages()[-1]
    wide = [module for module in last.modules() if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)]
    assert wide
    assert {(module.stride, module.dilation) for module in wide} == {((1, 1), (dilation, dilation))}


@pytest.mark.parametrize("case", SMALL)
def test_training_gives_fine_maps_and_every_weight_learns(case: tuple[str, dict[str, Any]]) -> None:
    network = _network(case, inputs=2, outputs=3)
    maps = network(_image(2, 128, 128, channels=2))
    assert {name: tuple(values.shape) for name, values in maps.items()} == {
        "sem_logits": (2, 3, 128, 128),
        "sem_points": (2, 3, 1024),
        "point_coords": (2, 1024, 2),
        "ctr_hmp": (2, 1, 128, 128),
        "offsets": (2, 2, 128, 128),
    }
    _total(maps).backward()
    still = [n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    assert still == []


@pytest.mark.parametrize(("steps", "size"), [(0, (32, 64)), (2, (128, 256)), (3, (256, 512))])
@pytest.mark.parametrize("case", [DEEPLAB, BIFPN])
def test_evaluation_gives_coarse_maps_and_refined_classes(
    case: tuple[str, dict[str, Any]], steps: int, size: tuple[int, int]
) -> None:
    network = _network(case, outputs=2).eval()
    with torch.no_grad():
        maps = network(_image(1, 128, 256), steps)
    assert {name: tuple(values.shape) for name, values in maps.items()} == {
        "sem_logits": (1, 2, *size),
        "ctr_hmp": (1, 1, 32, 64),
        "offsets": (1, 2, 32, 64),
    }
    assert enlarged(maps["offsets"]).shape == (1, 2, 128, 256)


@pytest.mark.parametrize("case", [DEEPLAB, BIFPN])
def test_evaluation_is_the_same_each_time_and_in_any_batch(case: tuple[str, dict[str, Any]]) -> None:
    network = _network(case).eval()
    images = _image(2, 128, 128)
    with torch.no_grad():
        both, again = network(images), network(images)
        single = network(images[1:])
    for name, values in both.items():
        assert torch.equal(values, again[name])
        torch.testing.assert_close(values[1:], single[name], rtol=1e-4, atol=1e-5)


def test_layout_in_memory_does_not_change_the_result() -> None:
    network = _network(BIFPN).eval()
    image = _image(1, 128, 128)
    with torch.no_grad():
        plain = network(image)
        last = network.to(memory_format=torch.channels_last)(image.contiguous(memory_format=torch.channels_last))
    for name, values in plain.items():
        torch.testing.assert_close(values, last[name], rtol=1e-4, atol=1e-5)


def test_half_precision_gives_float32_maps_close_to_the_full_ones() -> None:
    network = _network(DEEPLAB, outputs=3).eval()
    nn.init.normal_(cast(nn.Conv2d, network.ins_xy.head[1]).weight, std=20.0)
    image = _image(1, 64, 64)
    with torch.no_grad():
        full = network(image)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = network(image)
    assert {values.dtype for values in half.values()} == {torch.float32}
    assert len(half["offsets"].unique()) == half["offsets"].numel()
    spread = full["offsets"].std()
    assert (full["offsets"] - half["offsets"]).abs().mean() < 0.05 * spread


def test_deeplab_takes_multiples_of_16_that_are_none_of_32() -> None:
    network = _network(DEEPLAB).eval()
    assert network_divisor(*DEEPLAB) == (1, 16, 16)
    with torch.no_grad():
        maps = network(_image(1, 48, 80))
    assert maps["sem_logits"].shape == (1, 1, 48, 80)
    assert maps["ctr_hmp"].shape == (1, 1, 12, 20)


def test_bifpn_needs_multiples_of_128() -> None:
    assert network_divisor(*BIFPN) == (1, 128, 128)
    network = _network(BIFPN).eval()
    with pytest.raises(RuntimeError), torch.no_grad():
        network(_image(1, 64, 128))


@pytest.mark.parametrize(
    ("case", "patch", "said"),
    [
        (BIFPN, (1, 200, 200), "128 or 256 for y and x"),
        (BIFPN, (1, 256, 100), "128 for x"),
        (BIFPN, (1, 300, 200), "256 or 384 for y, 128 or 256 for x"),
        (DEEPLAB, (1, 100, 256), "96 or 112 for y."),
        (("unet2d", {"levels": 4}), (1, 8, 8), "16 for y and x"),
        (("unet2d", {"levels": 4}), (1, 33, 64), "32 or 40 for y."),
    ],
)
def test_a_patch_that_does_not_suit_names_the_nearest_sizes(
    case: tuple[str, dict[str, Any]], patch: tuple[int, int, int], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        require_patch(*case, patch)
    assert said in caught.value.hint


@pytest.mark.parametrize(("case", "edge"), [(BIFPN, 128), (DEEPLAB, 16)])
def test_a_single_patch_of_the_smallest_size_trains(case: tuple[str, dict[str, Any]], edge: int) -> None:
    require_patch(*case, (1, edge, edge))
    network = _network(case)
    _total(network(_image(1, edge, edge))).backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in network.parameters() if p.grad is not None)


def test_group_normalisation_has_no_statistics() -> None:
    network = _network(DEEPLAB, norm="group")
    assert not [name for name in network.state_dict() if "running" in name]
    _total(network(_image(1, 32, 32))).backward()


def test_a_folded_encoder_has_no_normalisation_but_the_heads_do() -> None:
    network = _network(RESNET, folded=True)
    names = [name for name in network.state_dict() if "running_mean" in name]
    assert not [name for name in names if name.startswith("encoder.") or ".aspp." in name]
    assert len(names) == 5
    pyramids = [name for name in _network(BIFPN, folded=True, layers=3).state_dict() if "running_mean" in name]
    assert not [name for name in pyramids if name.startswith("encoder.")]
    assert len(pyramids) == 1 + 2 * (1 + 5 + 3 * 2) + 2 * 6 + 3


FROZEN = {"none": 5, "stage4": 4, "stage3": 3, "stage2": 2, "stage1": 1, "all": 0}


@pytest.mark.parametrize("frozen", FROZEN.values(), ids=FROZEN)
@pytest.mark.parametrize("case", [RESNET, BIFPN])
def test_frozen_stages_keep_weights_and_statistics(case: tuple[str, dict[str, Any]], frozen: int) -> None:
    network = _network(case)
    assert freeze_stages(network, frozen, RecordingContext()) == frozen
    kept, learning = nn.ModuleList(network.stages()[:frozen]), nn.ModuleList(network.stages()[frozen:])
    before = {name: value.clone() for name, value in kept.state_dict().items()}
    moving = {name: value.clone() for name, value in learning.state_dict().items() if "running_mean" in name}
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)
    _total(network(_image(2, 128, 128))).backward()
    optimiser.step()
    assert all(parameter.grad is None for parameter in kept.parameters())
    assert all(torch.equal(value, before[name]) for name, value in kept.state_dict().items())
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in learning.parameters())
    after = learning.state_dict()
    assert moving or frozen == 5
    assert not [name for name, value in moving.items() if torch.equal(value, after[name])]


def test_statistics_can_be_kept_while_weights_learn() -> None:
    network = _network(DEEPLAB)
    network.keep_statistics()
    network.eval().train()
    before = {name: value.clone() for name, value in network.named_buffers()}
    _total(network(_image(2, 32, 32))).backward()
    assert before
    assert all(torch.equal(value, before[name]) for name, value in network.named_buffers())
    assert all(p.grad is not None for p in network.parameters())
    network.keep_statistics(False)
    network(_image(2, 32, 32))
    assert not all(torch.equal(value, before[name]) for name, value in network.named_buffers())


def test_the_shared_convolution_of_the_pyramid_is_saved_once() -> None:
    names = [name for name in _network(BIFPN).state_dict() if "after_combine" in name]
    assert len(names) == 7 * 2 * 2 * 2


def test_models_that_say_how_many_points_are_refined_are_read() -> None:
    told = {"encoder": "resnet18", "channels": 32}
    assert known_network("panoptic_deeplab", {**told, "refined_points": 1024}) == known_network(
        "panoptic_deeplab", told
    )
