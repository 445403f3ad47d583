from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.networks.registry import network_divisor
from desktop_app.io.models import save_model
from desktop_app.ml.inference.loading import network_of
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.training.learner import take_weights
from tests.cards import panoptic_card, semantic_card

NAME = "panoptic_bifpn"
ARGUMENTS: dict[str, Any] = {"encoder": "resnet18", "channels": 32, "layers": 1}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of two channels and the classes mito and nucleus."""
    weights = {name: value.numpy() for name, value in _original().state_dict().items()}
    return save_model(tmp_path / "first.vwmodel", _card(NAME, ARGUMENTS, 2, ("mito", "nucleus")), weights)


def _card(network: str, arguments: dict[str, Any], inputs: int, classes: tuple[str, ...]) -> ModelCard:
    return panoptic_card(
        name="first",
        network=network,
        network_arguments=arguments,
        input_channels=inputs,
        output_channels=1 if len(classes) == 1 else 1 + len(classes),
        class_names=classes,
        class_values=tuple(range(1, len(classes) + 1)),
    )


def _taken(
    model: Path, name: str = NAME, inputs: int = 2, classes: tuple[str, ...] = ("mito", "nucleus"), **changed: Any
) -> tuple[torch.nn.Module, list[str]]:
    torch.manual_seed(2)
    wanted, context = _card(name, {**ARGUMENTS, **changed}, inputs, classes), RecordingContext()
    network = network_of(wanted)
    take_weights(network, wanted, model, context)
    return network.eval(), [f"{note.level}: {note.text}" for note in context.of_kind(Note)]


def _original() -> torch.nn.Module:
    torch.manual_seed(1)
    return build_network(NAME, ARGUMENTS, 2, 3).eval()


def test_everything_is_taken_and_nothing_else_is_said(model: Path) -> None:
    network, notes = _taken(model)
    theirs = _original().state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in network.state_dict().items())
    assert notes == ["info: Starting from “first”."]


@pytest.mark.parametrize("inputs", [1, 3])
def test_a_first_layer_for_other_channels_sees_equal_ones_as_before(model: Path, inputs: int) -> None:
    network, notes = _taken(model, inputs=inputs)
    image = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, theirs = network(image.expand(-1, inputs, -1, -1)), _original()(image.expand(-1, 2, -1, -1))
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name].numpy(), values.numpy(), atol=1e-4 * float(values.abs().max()))
    assert f"made for 2 channels, these images have {inputs}" in notes[1]


def test_a_model_of_one_channel_is_said_to_be_one(tmp_path: Path) -> None:
    classes = ("mito", "nucleus")
    weights = {name: value.numpy() for name, value in build_network(NAME, ARGUMENTS, 1, 3).state_dict().items()}
    one = save_model(tmp_path / "one.vwmodel", _card(NAME, ARGUMENTS, 1, classes), weights)
    assert "made for 1 channel, these images have 3" in _taken(one, inputs=3)[1][1]


def test_only_what_tells_classes_apart_starts_fresh(model: Path) -> None:
    network, notes = _taken(model, classes=("mito",))
    theirs = _original().state_dict()
    fresh = {name for name, value in network.state_dict().items() if value.shape != theirs[name].shape}
    assert {name.split(".")[0] for name in fresh} == {"semantic_head", "semantic_pr"}
    kept = {name: value for name, value in network.state_dict().items() if name.startswith(("encoder", "ins_", "p2"))}
    assert all(torch.equal(value, theirs[name]) for name, value in kept.items())
    assert "knows 2 classes; here there are 1" in notes[1]


def test_classes_in_another_order_are_told(model: Path) -> None:
    _, notes = _taken(model, classes=("nucleus", "mito"))
    assert notes[1].startswith("warning: It learned the classes in another order (mito, nucleus)")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"encoder": "resnet34"}, "Encoder resnet18"),
        ({"norm": "group"}, "Normalisation batch"),
        ({"layers": 2}, "Layers of the pyramid 1"),
        ({"channels": 64}, "Channels of the pyramid 32"),
        ({"folded": True}, "folded into the encoder False"),
    ],
)
def test_other_settings_are_refused_and_the_right_ones_named(model: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match="its network is another one") as caught:
        _taken(model, **changed)
    assert said in caught.value.hint


def test_another_network_is_refused_and_the_right_one_named(model: Path) -> None:
    wanted = _card("panoptic_deeplab", {"encoder": "resnet18", "channels": 32}, 2, ("mito", "nucleus"))
    with pytest.raises(UserError) as caught:
        take_weights(network_of(wanted), wanted, model, RecordingContext())
    assert "Panoptic-BiFPN" in caught.value.hint


def test_settings_that_change_no_weight_may_differ(model: Path) -> None:
    network, _ = _taken(model, refined_points=1024)  # of an earlier version, and without meaning now
    assert torch.equal(network.state_dict()["encoder.conv1.weight"], _original().state_dict()["encoder.conv1.weight"])


@pytest.mark.parametrize("name", ["vnet3d", "unet3d", "mednext3d", "dynunet3d"])
def test_what_is_known_of_the_classes_is_kept_where_depth_is_learned_beside_them(tmp_path: Path, name: str) -> None:
    arguments: dict[str, Any] = {} if name == "vnet3d" else {"channels": 4}
    divisor = network_divisor(name, arguments)
    card = semantic_card(network=name, network_arguments=arguments, divisor=divisor)
    torch.manual_seed(1)
    theirs = network_of(card).eval()
    model = save_model(tmp_path / "first.vwmodel", card, _arrays(theirs))
    wanted, context = card.model_copy(update={"output_channels": 3}), RecordingContext()
    torch.manual_seed(2)
    ours = network_of(wanted).eval()
    take_weights(ours, wanted, model, context)
    image = torch.randn(1, 1, 32, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        more, before = ours(image), theirs(image)
    torch.testing.assert_close(more[:, :2], before, rtol=1e-4, atol=1e-5)
    assert more[:, 2].std() > 0
    assert "What it knows of the classes is kept" in context.of_kind(Note)[-1].text
    again, fewer = save_model(tmp_path / "again.vwmodel", wanted, _arrays(ours)), network_of(card).eval()
    take_weights(fewer, card, again, context)
    with torch.no_grad():
        torch.testing.assert_close(fewer(image), before, rtol=1e-4, atol=1e-5)


def _arrays(network: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in network.state_dict().items()}
