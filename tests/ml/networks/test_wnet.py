from __future__ import annotations

from typing import cast

import pytest
import torch

from desktop_app.core.job import RecordingContext
from desktop_app.ml.networks.registry import build_network, freeze_stages, parameter_count
from desktop_app.ml.networks.wnet import KINDS, RECONSTRUCTION, WNet

SLIM = {"channels": 4, "levels": 2, "dropout": 0.0}


def test_published_sizes() -> None:
    network = build_network("wnet3d", {"norm": "published"}, 1, 2)
    assert parameter_count(network) == 50_531_843
    assert parameter_count(cast(WNet, network).encoder) == 25_265_090


@pytest.mark.parametrize("name", ["wnet2d", "wnet3d"])
def test_both_nets_learn_and_the_first_one_answers(name: str) -> None:
    torch.manual_seed(0)
    network = build_network(name, SLIM, 2, 3)
    image = torch.rand((1, 2, *((8, 12, 12) if name == "wnet3d" else (12, 12))))
    outputs = network(image)
    assert outputs[KINDS].shape == (1, 3, *image.shape[2:])
    assert outputs[RECONSTRUCTION].shape == image.shape
    sum(output.square().mean() for output in outputs.values()).backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)] == []
    assert network.eval()(image).shape == (1, 3, *image.shape[2:])
    assert freeze_stages(network, 99, RecordingContext()) == 2


def test_the_most_conspicuous_kind_comes_first_and_an_empty_one_last() -> None:
    network = cast(WNet, build_network("wnet2d", SLIM, 1, 4))
    network.mean_greys.copy_(torch.tensor([0.1, 0.5, 0.9, 1.0]))
    network.shares.copy_(torch.tensor([0.7, 0.2, 0.1, 0.0]))
    assert network.order().tolist() == [2, 1, 0, 3]


def test_how_bright_a_kind_is_follows_the_images() -> None:
    network = cast(WNet, build_network("wnet2d", SLIM, 1, 2))
    with torch.no_grad():
        for part in network.encoder.parameters():
            part.zero_()
    network(torch.full((1, 1, 8, 8), 0.25))
    assert network.mean_greys.tolist() == pytest.approx([0.25, 0.25])
    assert network.shares.tolist() == pytest.approx([0.5, 0.5])
    network(torch.full((1, 1, 8, 8), 0.75))
    assert network.mean_greys.tolist() == pytest.approx([0.3, 0.3])
