from __future__ import annotations

from typing import Any, cast

import pytest
import torch

from desktop_app.core.errors import UserError
from desktop_app.ml.networks.encoders import build_encoder
from desktop_app.ml.networks.panoptic import PanopticNetwork
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.panoptic.start import load_encoder
from tests.ml.networks.foreign_layout import randomised


def _network(encoder: str = "resnet18", inputs: int = 1, **more: Any) -> PanopticNetwork:
    torch.manual_seed(1)
    arguments = {"encoder": encoder, "channels": 32, **more}
    return cast(PanopticNetwork, build_network("panoptic_deeplab", arguments, inputs, 1)).eval()


def _published(encoder: str = "resnet18", inputs: int = 1) -> tuple[torch.nn.Module, dict[str, Any]]:
    """An encoder with a classifier, as networks for ImageNet have it."""
    torch.manual_seed(2)
    source = build_encoder(encoder, inputs, "batch", 16)
    randomised(source)
    state = {name: value.clone() for name, value in source.state_dict().items()}
    return source.eval(), {**state, "fc.weight": torch.randn(1000, 512), "fc.bias": torch.randn(1000)}


def _image(channels: int) -> torch.Tensor:
    return torch.randn(1, channels, 64, 64, generator=torch.Generator().manual_seed(0))


def _assert_same(network: PanopticNetwork, source: torch.nn.Module, image: torch.Tensor, theirs: torch.Tensor) -> None:
    with torch.no_grad():
        ours, wanted = network.encoder(image), source(theirs)
    for mine, other in zip(ours, wanted, strict=True):
        torch.testing.assert_close(mine / other.std(), other / other.std(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("prefix", ["", "module.", "module.encoder.", "backbone.", "module.encoder_q."])
def test_common_names_load_behind_any_prefix(prefix: str) -> None:
    source, state = _published()
    network = _network()
    note = load_encoder(network, {f"{prefix}{name}": value for name, value in state.items()}, "weights.pth")
    assert "weights.pth" in note
    assert "20 of 20 layers" in note
    _assert_same(network, source, _image(1), _image(1))


def test_a_checkpoint_with_arrays_loads() -> None:
    source, state = _published()
    network = _network()
    arrays = {f"module.{name}": value.numpy() for name, value in state.items()}
    checkpoint = {"epoch": 200, "arch": "resnet18", "state_dict": arrays, "norms": [0.57, 0.13]}
    load_encoder(network, checkpoint, "cem.pth.tar")
    _assert_same(network, source, _image(1), _image(1))


def test_of_two_encoders_the_one_that_was_trained_is_taken() -> None:
    source, state = _published()
    other = {name: value + 1 for name, value in state.items()}
    both = {f"module.encoder_k.{name}": value for name, value in other.items()}
    both |= {f"module.encoder_q.{name}": value for name, value in state.items()}
    network = _network()
    load_encoder(network, {**both, "module.queue": torch.zeros(3, 5)}, "moco.pth")
    _assert_same(network, source, _image(1), _image(1))


def test_a_first_layer_for_colours_is_added_up() -> None:
    source, state = _published(inputs=3)
    network = _network()
    note = load_encoder(network, state, "imagenet.pth")
    assert "3 channels" in note
    _assert_same(network, source, _image(1), _image(1).expand(-1, 3, -1, -1))


@pytest.mark.parametrize("given", [1, 3])
def test_a_first_layer_serves_any_number_of_channels(given: int) -> None:
    source, state = _published(inputs=given)
    network = _network(inputs=2)
    load_encoder(network, state, "weights.pth")
    _assert_same(network, source, _image(1).expand(-1, 2, -1, -1), _image(1).expand(-1, given, -1, -1))


def test_equal_channels_are_left_as_they_are() -> None:
    source, state = _published(inputs=3)
    network = _network(inputs=3)
    load_encoder(network, state, "weights.pth")
    _assert_same(network, source, _image(3), _image(3))


@pytest.mark.parametrize("encoder", ["resnet18", "resnet50", "regnety_200mf"])
def test_a_folded_encoder_takes_the_normalisation_into_its_layers(encoder: str) -> None:
    source, state = _published(encoder)
    network = _network(encoder, folded=True)
    load_encoder(network, state, "weights.pth")
    _assert_same(network, source, _image(1), _image(1))


def test_group_normalisation_keeps_its_own_start() -> None:
    _, state = _published()
    network = _network(norm="group")
    before = network.encoder.bn1.weight.clone()
    note = load_encoder(network, state, "weights.pth")
    assert "group normalisation" in note
    assert torch.equal(network.encoder.conv1.weight, state["conv1.weight"])
    assert torch.equal(network.encoder.bn1.weight, before)


def test_weights_of_another_encoder_are_refused_by_name() -> None:
    _, state = _published("resnet34")
    network = _network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(UserError, match="encoder resnet34, but the network has resnet18"):
        load_encoder(network, state, "weights.pth")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("state", [{}, {"fc.weight": torch.zeros(2, 2)}, {"conv1.weight": torch.zeros(64, 1, 7, 7)}])
def test_weights_that_hardly_fit_are_refused(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(UserError, match=r"odd\.pth does not fit the encoder resnet18: \d of its 20"):
        load_encoder(_network(), state, "odd.pth")


def test_a_network_without_such_an_encoder_is_refused() -> None:
    with pytest.raises(UserError, match="no encoder that takes pretrained weights"):
        load_encoder(build_network("unet2d", {"channels": 4}, 1, 1), _published()[1], "weights.pth")
