from __future__ import annotations

import pytest
import torch

from desktop_app.ml.networks.branched_erfnet import BranchedERFNet
from desktop_app.ml.networks.registry import build_network, parameter_count

UNUSED = {"erfnet2d": 645, "erfnet3d": 903}
"""Weights of the published encoder that nothing uses: a layer from 128 channels to as many as there are outputs."""


@pytest.mark.parametrize(("name", "outputs", "published"), [("erfnet2d", 5, 2_252_624), ("erfnet3d", 7, 3_690_146)])
def test_it_has_as_many_weights_as_published(name: str, outputs: int, published: int) -> None:
    network = build_network(name, {}, 1, outputs)
    assert isinstance(network, BranchedERFNet)
    assert parameter_count(network) == published - UNUSED[name]
    decoders = [parameter_count(part) for part in (network.places, network.seeds)]
    assert decoders == ([189_172, 188_977] if name == "erfnet2d" else [408_118, 407_473])


def test_places_begin_at_nothing_and_seeds_do_not() -> None:
    network = build_network("erfnet2d", {}, 3, 5).eval()
    found = network(torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert not found[:, :4].any()
    assert found[:, 4].any()
