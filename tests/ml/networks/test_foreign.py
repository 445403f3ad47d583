from __future__ import annotations

import re
from typing import Any, cast

import pytest
import torch

from desktop_app.core.errors import UserError
from desktop_app.ml.networks.foreign import ForeignModel, converted, recognise
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.registry import build_network
from tests.ml.networks.foreign_layout import exported_layout, randomised, training_layout

CASES: list[tuple[str, dict[str, Any]]] = [
    ("panoptic_deeplab", {"encoder": "resnet18", "channels": 32}),
    ("panoptic_deeplab", {"encoder": "resnet50", "channels": 32}),
    ("panoptic_bifpn", {"encoder": "resnet50", "channels": 32, "layers": 2}),
    ("panoptic_bifpn", {"encoder": "regnety_200mf", "channels": 32, "layers": 1}),
    ("panoptic_bifpn", {"encoder": "regnety_6p4gf", "channels": 32, "layers": 1}),
]


def _network(name: str, arguments: dict[str, Any], inputs: int = 1, outputs: int = 1) -> PanopticNetwork:
    torch.manual_seed(0)
    network = cast(PanopticNetwork, build_network(name, arguments, inputs, outputs))
    randomised(network)
    return network.eval()


def _meta(name: str) -> PanopticNetwork:
    with torch.device("meta"):
        return cast(PanopticNetwork, build_network(name, {}, 1, 1))


def _small() -> PanopticNetwork:
    return _network("panoptic_bifpn", {"encoder": "regnety_200mf", "channels": 32, "layers": 1})


@pytest.mark.parametrize(("name", "entries"), [("panoptic_deeplab", 181), ("panoptic_bifpn", 641)])
def test_the_stand_in_has_as_many_entries_as_published_models(name: str, entries: int) -> None:
    assert len(exported_layout(_meta(name))) == entries


@pytest.mark.parametrize("folded", [True, False], ids=["exported", "training"])
@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[f"{n[9:]}-{a['encoder']}" for n, a in CASES])
def test_a_converted_model_gives_the_same_maps(name: str, arguments: dict[str, Any], folded: bool) -> None:
    network = _network(name, arguments, outputs=3)
    state = exported_layout(network) if folded else training_layout(network)
    model = recognise(state, "model.pth")
    assert model == ForeignModel(name, {**arguments, "folded": folded}, 1, 3)
    assert model.folded is folded
    own = build_network(model.network, model.arguments, model.inputs, model.outputs).eval()
    own.load_state_dict(converted(state, model, "model.pth"))
    image = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs, ours = network(image), own(image)
    for key, values in theirs.items():
        assert float(values.std()) > 0
        scale = float(values.abs().max())
        torch.testing.assert_close(ours[key] / scale, values / scale, atol=1e-4, rtol=0)


def test_inner_names_of_the_pyramid_are_free() -> None:
    network = _small()
    state = {}
    for key, value in training_layout(network).items():
        renamed = re.sub(r"(after_combines\.\d)\.0\.sepconv\.(\d)", r"\1.block.conv_\2", key)
        renamed = re.sub(r"(after_combines\.\d)\.1\.", r"\1.block.norm.", renamed)
        renamed = renamed.replace("p6_resample.conv.", "p6_resample.0.conv.").replace(
            "p2_resample.conv", "p2_resample.z"
        )
        state[renamed] = value
    assert set(state) != set(training_layout(network))
    found = converted(state, recognise(state, "model.pth"), "model.pth")
    assert all(torch.equal(found[key], value) for key, value in network.state_dict().items())


def test_levels_of_the_pyramid_may_be_numbered_otherwise() -> None:
    network = _small()
    state = {}
    for key, value in training_layout(network).items():
        level = re.search(r"top_down_fpn\.resamplings\.(\d)", key)
        number = 3 - int(level.group(1)) if level else 0
        state[re.sub(r"(top_down_fpn\.resamplings)\.\d", rf"\1.{number}", key)] = value
    found = converted(state, recognise(state, "model.pth"), "model.pth")
    assert all(torch.equal(found[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize("encoder", ["regnety_200mf", "regnety_6p4gf"])
def test_inner_names_of_regnet_blocks_are_free(encoder: str) -> None:
    network = _network("panoptic_bifpn", {"encoder": encoder, "channels": 32, "layers": 1})
    exported = exported_layout(network)
    state: dict[str, torch.Tensor] = {}
    for key in sorted(exported, key=lambda name: ".shortcut." not in name):
        block = re.match(r"encoder\.(stage\d)\.(\d+)\.(\w+)\.(.*)", key)
        inner = {"first": "a", "second": "b", "third": "c", "gate": "se", "shortcut": "downsample"}
        name = f"encoder.{block[1]}.block{block[2]}.{inner[block[3]]}.{block[4]}" if block else key
        state[name] = exported[key]
    found = converted(state, recognise(state, "model.pth"), "model.pth")
    own = converted(exported, recognise(exported, "model.pth"), "model.pth")
    assert all(torch.equal(found[key], value) for key, value in own.items())


def test_a_checkpoint_of_several_devices_is_unwrapped() -> None:
    network = _small()
    state = {f"module.{key}": value.numpy() for key, value in training_layout(network).items()}
    checkpoint = {"arch": "PanopticBiFPNPR", "norms": {"mean": 0.5}, "state_dict": state}
    model = recognise(checkpoint, "model.pth.tar")
    found = converted(checkpoint, model, "model.pth.tar")
    assert all(torch.equal(found[key], value) for key, value in network.state_dict().items())


def test_missing_counters_are_made_up() -> None:
    state = {key: value for key, value in training_layout(_small()).items() if "num_batches" not in key}
    found = converted(state, recognise(state, "model.pth"), "model.pth")
    build_network("panoptic_bifpn", recognise(state, "m").arguments, 1, 1).load_state_dict(found)


def test_converted_weights_are_copies() -> None:
    state = training_layout(_small())
    found = converted(state, recognise(state, "model.pth"), "model.pth")
    found["semantic_head.head.1.bias"].fill_(42)
    assert float(state["semantic_head.head.1.bias"]) != 42


def _without(state: dict[str, Any], part: str) -> dict[str, Any]:
    return {key: value for key, value in state.items() if part not in key}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: {"fc.weight": torch.zeros(2, 2)}, "not a panoptic model"),
        (lambda state: {}, "not a panoptic model"),
        (lambda state: _without(state, "semantic_pr"), "without refined outlines"),
        (lambda state: _without(state, "instance_decoder"), "decoder of its own"),
        (lambda state: _without(state, "encoder.stage4.0"), "encoder is none"),
        (lambda state: _without(state, "semantic_head.head.1"), "no class head"),
        (lambda state: _without(state, "encoder.stem"), "no first layer"),
        (lambda state: _without(state, "ins_xy.head.1"), "2 weights of the network are missing and 0"),
        (lambda state: {**state, "extra.weight": torch.zeros(1)}, "0 weights of the network are missing and 1"),
        (lambda state: {**state, "ins_xy.head.1.bias": torch.zeros(3)}, "1 weights of the network are missing and 1"),
        (lambda state: {**state, "encoder.conv1._packed_params": None}, "quantised"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change: Any, said: str) -> None:
    state = change(training_layout(_small()))
    with pytest.raises(UserError, match=said) as caught:
        converted(state, recognise(state, "strange.pth"), "strange.pth")
    assert "strange.pth" in caught.value.message


def test_levels_that_should_share_a_convolution_but_differ_are_refused() -> None:
    state = training_layout(_small())
    key = next(key for key in state if ".after_combines.2." in key)
    state[key] = state[key] + 1
    with pytest.raises(UserError, match="should be one differ"):
        converted(state, recognise(state, "model.pth"), "model.pth")
