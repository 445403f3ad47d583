"""A step that is stopped between two layers leaves no trace."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.training.interruption import stoppable


class StopAtCheck(RecordingContext):
    """The user stops when the job looks for the so-manieth time."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.seen = number, 0

    def raise_if_cancelled(self) -> None:
        self.seen += 1
        if self.seen == self.number:
            raise JobCancelled


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), BatchNorm(4, renormalised=True), nn.ReLU(inplace=True), nn.Dropout(0.1), nn.Conv2d(4, 1, 3)
    )


def _step(network: nn.Module, ctx: RecordingContext | None) -> None:
    torch.manual_seed(1)
    image = torch.randn(2, 1, 16, 16)
    if ctx is None:
        network(image).square().mean().backward()
        return
    with stoppable(network, ctx):
        network(image).square().mean().backward()


def _state(network: nn.Module) -> dict[str, torch.Tensor]:
    gradients = {f"gradient of {n}": p.grad.clone() for n, p in network.named_parameters() if p.grad is not None}
    return {name: value.clone() for name, value in network.state_dict().items()} | gradients


def _equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_looking_changes_nothing() -> None:
    plain, watched, ctx = _network(), _network(), StopAtCheck(0)
    for _ in range(3):
        _step(plain, None)
        _step(watched, ctx)
    assert _equal(_state(plain), _state(watched))
    assert ctx.seen == 3 * 10, "once for each of five layers, forwards and backwards"


@pytest.mark.parametrize("number", range(1, 11))
def test_a_stopped_step_is_as_if_it_had_not_begun(number: int) -> None:
    network = _network()
    _step(network, StopAtCheck(0))
    network.zero_grad()
    before = _state(network)
    ctx = StopAtCheck(number)
    with pytest.raises(JobCancelled):
        _step(network, ctx)
    network.zero_grad()
    assert _equal(_state(network), before)
    assert ctx.seen == number, "nothing goes on after the stop"
    _step(network, None)
    assert ctx.seen == number, "nobody looks after the block"


def test_layers_on_other_devices_are_left_alone() -> None:
    network, ctx = nn.Conv2d(1, 1, 3, device="meta"), StopAtCheck(1)
    with stoppable(network, ctx):
        network(torch.zeros(1, 1, 5, 5, device="meta"))
    assert ctx.seen == 0
