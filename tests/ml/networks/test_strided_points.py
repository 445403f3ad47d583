"""No network has PyTorch's convolution of single pixels that leaves pixels out: it writes beyond its memory."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.networks.strided_points import take_points_first


@pytest.mark.parametrize(("plain", "edges"), [(nn.Conv2d, (7, 8)), (nn.Conv3d, (5, 7, 8))])
def test_the_result_and_the_gradients_are_those_of_the_plain_one(
    plain: type[nn.Module], edges: tuple[int, ...]
) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(plain(3, 4, 1, 2), plain(4, 2, 3, 2, 1))
    values = torch.randn(2, 3, *edges, requires_grad=True)
    expected = network[0](values)
    gradients = torch.autograd.grad(expected.square().sum(), (values, *network[0].parameters()))
    before = network.state_dict()
    take_points_first(network)
    assert [type(module) is plain for module in network] == [False, True]
    found = network[0](values)
    assert torch.allclose(found, expected, atol=1e-6)
    again = torch.autograd.grad(found.square().sum(), (values, *network[0].parameters()))
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(again, gradients, strict=True))
    assert list(network.state_dict()) == list(before)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_network_has_the_plain_one(name: str) -> None:
    network = build_network(name, NETWORKS[name].suggest(ImageFacts(())).arguments, 1, 2)
    plain = [
        path
        for path, module in network.named_modules()
        if type(module) in (nn.Conv2d, nn.Conv3d) and set(module.kernel_size) == {1} and max(module.stride) > 1
    ]
    assert plain == []
