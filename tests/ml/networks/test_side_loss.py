"""A network that draws its image while it learns, and nothing of it when it runs."""

from __future__ import annotations

import pytest
import torch

from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.networks.side_loss import parted
from desktop_app.ml.training.cost import any_loss

CASES = [("segresnet2d", (1, 2, 24, 40)), ("segresnet3d", (1, 2, 8, 16, 24))]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_a_second_branch_learns_and_leaves_the_logits_alone(name: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    image = torch.randn(shape)
    drawing = build_network(name, {"channels": 8, "autoencoder": 0.1}, 2, 3)
    plain = build_network(name, {"channels": 8}, 2, 3)
    plain.load_state_dict({k: v for k, v in drawing.state_dict().items() if not k.startswith("drawing.")})
    logits, side = parted(drawing(image))
    assert side is not None
    assert (logits.shape, side.shape) == ((1, 3, *shape[2:]), ())
    assert parted(plain(image))[1] is None
    (logits.square().mean() + side).backward()
    still = [n for n, p in drawing.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)]
    assert still == []
    again = build_network(name, {"channels": 8, "autoencoder": 0.1}, 2, 3)
    again.load_state_dict(plain.state_dict(), strict=False)
    assert torch.equal(again.eval()(image), plain.eval()(image))


def test_its_weight_counts() -> None:
    def side(weight: float) -> float:
        torch.manual_seed(0)
        network = build_network("segresnet2d", {"channels": 4, "autoencoder": weight}, 1, 1)
        torch.manual_seed(1)
        found = parted(network(torch.ones(1, 1, 16, 16)))[1]
        assert found is not None
        return float(found.detach())

    assert side(0.5) == pytest.approx(5 * side(0.1), rel=1e-4)


def test_drawing_gets_better() -> None:
    torch.manual_seed(0)
    image = (torch.arange(32) / 8).sin().repeat(1, 1, 32, 1)
    network = build_network("segresnet2d", {"channels": 8, "autoencoder": 1.0}, 1, 1)
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    values = []
    for _ in range(30):
        side = parted(network(image))[1]
        assert side is not None
        optimiser.zero_grad()
        side.backward()
        optimiser.step()
        values.append(float(side.detach()))
    assert sum(values[-5:]) < 0.5 * sum(values[:5])


def test_what_several_levels_and_a_side_loss_give_can_be_timed() -> None:
    one = torch.ones(2, requires_grad=True)
    assert float(any_loss(one).detach()) == 1
    assert float(any_loss((one, one)).detach()) == 2
    assert float(any_loss({"logits": one, "side loss": one.sum()}).detach()) == 5
