from __future__ import annotations

import math

import pytest
import torch

from desktop_app.core.losses.choice import LossChoice
from desktop_app.core.losses.dice_cross_entropy import DiceCrossEntropyParameters
from desktop_app.core.losses.registry import LOSSES, losses_of
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.ml.losses.depth import DepthLoss
from desktop_app.ml.losses.dice_cross_entropy import DiceCrossEntropyLoss
from desktop_app.ml.losses.registry import LOSS_MODULES, build_loss


def _loss(dice: float = 1.0, entropy: float = 1.0) -> DiceCrossEntropyLoss:
    return DiceCrossEntropyLoss(DiceCrossEntropyParameters(dice_weight=dice, cross_entropy_weight=entropy))


def _logits(*probabilities: float) -> torch.Tensor:
    """Two channels whose softmax gives these foreground probabilities, (1, 2, 1, n)."""
    values = torch.tensor(probabilities).clamp(1e-6, 1 - 1e-6)
    odds = torch.log(values / (1 - values))
    return torch.stack([torch.zeros_like(odds), odds]).view(1, 2, 1, -1)


@pytest.mark.parametrize(
    ("probabilities", "target", "dice", "entropy"),
    [
        ((0.5, 0.5), (1, 0), 1 - (2 * 0.5 + 1) / (1.0 + 1 + 1), math.log(2)),
        ((0.8, 0.1), (1, 0), 1 - (2 * 0.8 + 1) / (0.9 + 1 + 1), -(math.log(0.8) + math.log(0.9)) / 2),
        ((0.8, 0.1), (1, 255), 1 - (2 * 0.8 + 1) / (0.8 + 1 + 1), -math.log(0.8)),
    ],
)
def test_values_computed_by_hand(
    probabilities: tuple[float, ...], target: tuple[int, ...], dice: float, entropy: float
) -> None:
    logits, wanted = _logits(*probabilities), torch.tensor([[list(target)]])
    assert _loss(1, 0)(logits, wanted).item() == pytest.approx(dice, abs=1e-5)
    assert _loss(0, 1)(logits, wanted).item() == pytest.approx(entropy, abs=1e-5)
    assert _loss(2, 3)(logits, wanted).item() == pytest.approx(2 * dice + 3 * entropy, abs=1e-4)


def test_perfect_is_nearly_zero_and_wrong_is_large() -> None:
    target = torch.tensor([[[1, 1, 0, 0]]])
    perfect, wrong = _logits(1, 1, 0, 0), _logits(0, 0, 1, 1)
    assert _loss()(perfect, target).item() < 1e-4
    assert _loss()(wrong, target).item() > 5


def test_ignored_voxels_have_no_gradient() -> None:
    logits = torch.randn(1, 3, 2, 4, 4, requires_grad=True)
    target = torch.randint(0, 3, (1, 2, 4, 4))
    target[:, 1] = 255
    _loss()(logits, target).backward()
    assert logits.grad is not None
    assert logits.grad[:, :, 1].abs().max() == 0
    assert logits.grad[:, :, 0].abs().max() > 0


def test_nothing_known_gives_zero() -> None:
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    loss = _loss()(logits, torch.full((1, 4, 4), 255))
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(logits.grad).all() if logits.grad is not None else False


def test_half_precision_stays_finite() -> None:
    logits = (torch.randn(1, 3, 4, 4) * 40).half()
    assert torch.isfinite(_loss()(logits, torch.randint(0, 3, (1, 4, 4))))


def test_depth_inside_objects_weighs_more_and_unknown_nothing() -> None:
    logits = torch.zeros(1, 1, 2)
    known = torch.ones(1, 1, 2, dtype=torch.bool)
    both = DepthLoss()(logits, torch.tensor([[[0.5, 0.0]]]), known)
    assert both.item() == pytest.approx(math.log(2) * (5 + 1) / 2)
    one = DepthLoss()(logits, torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]]))
    assert one.item() == pytest.approx(math.log(2) * 5)
    assert DepthLoss()(logits, torch.zeros(1, 1, 2), ~known).item() == 0


def test_wrong_shapes_and_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        _loss()(torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 5))
    with pytest.raises(ValueError, match="one shape"):
        DepthLoss()(torch.zeros(1, 4), torch.zeros(1, 5), torch.ones(1, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="dice_weight"):
        _loss(-1, 1)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_loss_that_users_see_can_be_made(recipe: str) -> None:
    assert set(LOSS_MODULES) == set(LOSSES)
    for info in losses_of(recipe):
        choice = RECIPES[recipe].training.model_validate({"loss": info.name})
        assert isinstance(choice, LossChoice)
        assert isinstance(build_loss(choice), torch.nn.Module)
