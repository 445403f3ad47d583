"""Weights of CellSeg3D's networks: the same numbers come out, and what does not fit is refused by its first layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
import torch
from torch import nn

from desktop_app.core.errors import UserError
from desktop_app.ml.networks import wnet
from desktop_app.ml.networks.layouts import LAYOUTS, layout_of
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.networks.renamed import RenamedModel, renamed
from tests.ml.networks.cellseg3d_layout import Trailmap, WNet, segresnet, swin, trained, vnet

State = dict[str, torch.Tensor]

STAND_INS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "vnet3d": (vnet, 16),
    "segresnet3d": (segresnet, 16),
    "swin_unetr3d": (swin, 64),
    "plain_unet3d": (lambda: trained(Trailmap()), 16),
    "wnet3d": (lambda: trained(WNet()), 16),
}


def taken(state: Mapping[str, Any]) -> RenamedModel:
    layout = layout_of(state)
    assert layout is not None
    return renamed(dict(state), layout, "theirs.pth")


@pytest.mark.parametrize("name", STAND_INS)
def test_the_same_numbers_come_out(name: str) -> None:
    torch.manual_seed(1)
    make, edge = STAND_INS[name]
    theirs = make()
    model = taken(theirs.state_dict())
    assert model.network == name
    ours = build_network(name, model.arguments, model.inputs, model.outputs)
    ours.load_state_dict(model.weights)
    ours.eval()
    image = 300 * torch.rand(1, 1, edge, edge, edge)
    with torch.no_grad():
        given, own = theirs(image), ours(image)
    given = given[0] if isinstance(given, tuple) else given
    assert model.outputs == 2
    if name == "wnet3d":
        with torch.no_grad():
            torch.testing.assert_close(ours(image / 100), given, rtol=1e-4, atol=1e-5)
        return
    probability = given if name == "plain_unet3d" else torch.sigmoid(given)
    assert float(probability.std()) > 1e-3
    torch.testing.assert_close(torch.softmax(own, 1)[:, 1:], probability, rtol=1e-4, atol=1e-5)


def test_the_branch_that_only_training_needs_is_left_out() -> None:
    model = taken(segresnet().state_dict())
    assert any("branch that only its training needed" in note for note in model.notes)
    assert not any("vae" in key for key in model.weights)


def test_a_w_net_draws_images_on_the_scale_on_which_it_learns_here() -> None:
    theirs = trained(WNet())
    model = taken(theirs.state_dict())
    ours = cast(wnet.WNet, build_network(model.network, model.arguments, model.inputs, model.outputs))
    ours.load_state_dict(model.weights)
    kinds = torch.softmax(torch.randn(1, 2, 16, 16, 16, generator=torch.Generator().manual_seed(2)), 1)
    with torch.no_grad():
        torch.testing.assert_close(100 * ours.eval().decoder(kinds), theirs.decoder(kinds), rtol=1e-4, atol=1e-3)


def test_half_a_w_net_answers_alike_and_says_what_is_missing() -> None:
    whole = trained(WNet()).state_dict()
    half = taken({key: value for key, value in whole.items() if key.startswith("encoder.")})
    both = taken(whole)
    assert any("begins anew" in note for note in half.notes)
    assert not any("begins anew" in note for note in both.notes)
    same = {key for key, value in both.weights.items() if torch.equal(value, half.weights[key])}
    assert {key for key in both.weights if key.startswith("encoder.")} <= same
    assert "decoder.down.0.0.weight" not in same


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("encoders.1.basic_module.SingleConv2.conv.weight"),
         r"layer encoders\.1\.basic_module\.SingleConv2\.conv\.weight is missing"),
        (lambda s: s.update({"encoders.2.basic_module.SingleConv1.conv.weight": torch.zeros(16, 9, 3, 3, 3)}),
         r"SingleConv1\.conv\.weight is 16 × 9 × 3 × 3 × 3, and the network has 16 × 16 × 3 × 3 × 3"),
        (lambda s: s.update({"encoders.0.basic_module.SingleConv3.conv.weight": torch.zeros(1)}),
         r"the network has no layer encoders\.0\.basic_module\.SingleConv3\.conv\.weight"),
        (lambda s: s.pop("final_conv.bias"), r"its layer final_conv\.bias is missing"),
    ],
)  # fmt: skip
def test_the_first_layer_that_differs_is_named(change: Callable[[State], Any], said: str) -> None:
    state = dict(trained(Trailmap()).state_dict())
    change(state)
    with pytest.raises(UserError, match=said) as caught:
        taken(state)
    assert "theirs.pth" in caught.value.message


def test_each_layout_is_told_from_the_others() -> None:
    for name, (make, _) in STAND_INS.items():
        layout = layout_of(make().state_dict())
        assert layout is not None
        assert layout.network == name.removesuffix("3d")
    assert {layout.network for layout in LAYOUTS} == {name.removesuffix("3d") for name in STAND_INS}
    assert layout_of({"fc.weight": 0, "encoder.conv1.weight": 0}) is None
