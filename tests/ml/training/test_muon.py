from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.ml.training.muon import Muon, orthogonal


@given(rows=st.integers(1, 12), columns=st.integers(1, 12), seed=st.integers(0, 1000), scale=st.floats(1e-6, 1e6))
def test_every_direction_becomes_about_as_long(rows: int, columns: int, seed: int, scale: float) -> None:
    """But those with next to no gradient, which five rounds do not lift."""
    left, _ = torch.linalg.qr(torch.randn(rows, rows, generator=torch.Generator().manual_seed(seed)))
    right, _ = torch.linalg.qr(torch.randn(columns, columns, generator=torch.Generator().manual_seed(seed + 1)))
    lengths = torch.linspace(1, 0.05, min(rows, columns))
    matrix = left[:, : len(lengths)] @ torch.diag(lengths) @ right[:, : len(lengths)].T * scale
    found = orthogonal(matrix)
    assert found.shape == matrix.shape
    values = torch.linalg.svdvals(found)
    assert float(values.min()) > 0.5
    assert float(values.max()) < 1.3
    turned = left.T[: len(lengths)] @ found @ right[:, : len(lengths)]
    assert torch.allclose(turned, torch.diag(turned.diagonal()), atol=1e-3)


def _gradients(network: torch.nn.Module, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    for weight in network.parameters():
        weight.grad = torch.randn(weight.shape, generator=chance)


def _network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv3d(2, 8, 3), torch.nn.BatchNorm3d(8), torch.nn.Conv3d(8, 3, 1))


def test_all_but_kernels_learn_as_with_adamw() -> None:
    ours, theirs = _network(), _network()
    muon = Muon([{"params": ours.parameters()}], lr=0.01, weight_decay=0.1)
    adamw = torch.optim.AdamW(theirs.parameters(), lr=0.025, weight_decay=0.1)
    for seed in range(5):
        for network, optimiser in ((ours, muon), (theirs, adamw)):
            _gradients(network, seed)
            optimiser.step()
    same = [
        torch.allclose(one, two, atol=1e-6) for one, two in zip(ours.parameters(), theirs.parameters(), strict=True)
    ]
    assert same == [False, True, True, True, True, True]  # the kernel of the first layer alone


def test_how_long_a_step_is_follows_from_the_rate_whatever_the_gradient() -> None:
    for size in (1e-5, 1.0, 1e5):
        layer = torch.nn.Conv2d(16, 32, 3, bias=False)
        before = layer.weight.detach().clone()
        layer.weight.grad = torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(1)) * size
        Muon([{"params": layer.parameters()}], lr=0.01, weight_decay=0).step()
        step = (layer.weight.detach() - before).square().mean().sqrt()
        assert 0.4 < float(step) / 0.01 < 0.6


def test_it_goes_on_from_a_saved_state_bit_for_bit() -> None:
    straight = _network()
    optimiser = Muon([{"params": straight.parameters()}], lr=0.01, weight_decay=0.1)
    saved: tuple[Any, Any] | None = None
    for seed in range(6):
        _gradients(straight, seed)
        optimiser.step()
        if seed == 2:
            saved = copy.deepcopy((straight.state_dict(), optimiser.state_dict()))
    assert saved is not None
    resumed = _network()
    resumed.load_state_dict(saved[0])
    again = Muon([{"params": resumed.parameters()}], lr=0.5, weight_decay=0.0)
    again.load_state_dict(saved[1])
    for seed in range(3, 6):
        _gradients(resumed, seed)
        again.step()
    assert all(torch.equal(a, b) for a, b in zip(straight.parameters(), resumed.parameters(), strict=True))


@pytest.mark.parametrize("steps", [60])
def test_directions_with_small_gradients_learn_as_fast(steps: int) -> None:
    """A bowl a thousand times as steep one way as the other: what AdamW turned by 45 degrees cannot tell apart."""
    turn, _ = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(3)))
    steepness = torch.logspace(0, -3, 8)
    goal = torch.eye(8)

    def left(optimiser: type[torch.optim.Optimizer]) -> float:
        layer = torch.nn.Linear(8, 8, bias=False)
        torch.nn.init.zeros_(layer.weight)
        made: Any = optimiser
        learning = made([{"params": layer.parameters()}], lr=0.05, weight_decay=0.0)
        for _ in range(steps):
            learning.zero_grad()
            error = (layer.weight - goal) @ turn
            (error.square() * steepness).sum().backward()
            learning.step()
        return float(((layer.weight.detach() - goal) @ turn).square().mean())

    assert left(Muon) < left(torch.optim.AdamW) / 2
