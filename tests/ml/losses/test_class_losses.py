from __future__ import annotations

import math

import pytest
import torch
from monai.losses import DiceLoss, GeneralizedDiceLoss, TverskyLoss

from desktop_app.core.losses.choice import LossChoice
from desktop_app.core.losses.registry import LOSSES, losses_of
from desktop_app.core.recipes.semantic.parameters import SemanticTraining
from desktop_app.ml.losses.cl_dice import middle_lines
from desktop_app.ml.losses.registry import build_loss

NAMES = [info.name for info in losses_of(SemanticTraining.recipe)]


def _loss(name: str, **parameters: object) -> torch.nn.Module:
    choice: LossChoice = SemanticTraining(loss=name, loss_parameters=parameters)
    return build_loss(choice)


def _case(*shape: int, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(len(shape))
    target = torch.randint(0, classes, (2, *shape), generator=generator)
    return torch.randn(2, classes, *shape, generator=generator), target


def _right(target: torch.Tensor, classes: int = 3, margin: float = 30.0) -> torch.Tensor:
    """Logits that are sure of the right class; unknown voxels are said to be background."""
    known = torch.where(target == 255, 0, target)
    return margin * torch.nn.functional.one_hot(known, classes).movedim(-1, 1).float()


@pytest.mark.parametrize("shape", [(6, 8), (4, 6, 8)])
@pytest.mark.parametrize("name", NAMES)
def test_right_is_near_zero_wrong_is_not_and_all_have_a_gradient(name: str, shape: tuple[int, ...]) -> None:
    logits, target = _case(*shape)
    loss = _loss(name)
    logits.requires_grad_()
    value = loss(logits, target)
    value.backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert logits.grad.abs().max() > 0
    assert loss(_right(target), target).item() < 1e-3
    assert loss(_right((target + 1) % 3), target).item() > 0.3


@pytest.mark.parametrize("name", NAMES)
def test_unknown_voxels_do_not_matter(name: str) -> None:
    logits, target = _case(4, 6, 8)
    target[:, 1] = 255
    others = logits.clone()
    others[:, :, 1] += torch.randn(others[:, :, 1].shape, generator=torch.Generator().manual_seed(5))
    loss = _loss(name)
    assert loss(logits, target).item() == pytest.approx(loss(others, target).item(), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_known_is_nothing_wrong(name: str) -> None:
    logits, target = _case(6, 8)
    assert _loss(name)(logits, torch.full_like(target, 255)).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_that_differ_are_refused(name: str) -> None:
    logits, target = _case(6, 8)
    with pytest.raises(ValueError, match="one shape"):
        _loss(name)(logits, target[:, :5])


def test_overlap_losses_equal_those_of_monai() -> None:
    logits, target = _case(4, 6, 8)
    batch = {"to_onehot_y": True, "softmax": True, "batch": True}
    truth = target.unsqueeze(1)
    smooth = {"smooth_nr": 1.0, "smooth_dr": 1.0}
    dice = DiceLoss(include_background=False, **batch, **smooth)
    assert _loss("dice")(logits, target).item() == pytest.approx(dice(logits, truth).item(), abs=1e-5)
    whole = DiceLoss(**batch, **smooth)
    assert _loss("dice", background=True)(logits, target).item() == pytest.approx(whole(logits, truth).item(), abs=1e-5)
    uneven = GeneralizedDiceLoss(**batch)
    assert _loss("generalised_dice")(logits, target).item() == pytest.approx(uneven(logits, truth).item(), abs=1e-4)
    half = TverskyLoss(include_background=False, alpha=0.3, beta=0.7, smooth_nr=0.5, smooth_dr=0.5, **batch)
    assert _loss("tversky")(logits, target).item() == pytest.approx(half(logits, truth).item(), abs=1e-5)


def test_a_class_that_a_batch_lacks_does_not_outweigh_the_others() -> None:
    logits, target = _case(4, 6, 8)
    target[target == 2] = 0
    uneven = GeneralizedDiceLoss(to_onehot_y=True, softmax=True, batch=True)
    assert _loss("generalised_dice")(logits, target).item() == pytest.approx(
        uneven(logits, target.unsqueeze(1)).item(), abs=1e-4
    )


def test_the_focal_loss_by_hand() -> None:
    odds = math.log(0.8 / 0.2)
    logits = torch.tensor([0.0, odds]).view(1, 2, 1, 1)
    right, wrong = torch.tensor([[[1]]]), torch.tensor([[[0]]])
    assert _loss("focal")(logits, right).item() == pytest.approx(-0.04 * math.log(0.8), abs=1e-5)
    assert _loss("focal")(logits, wrong).item() == pytest.approx(-0.64 * math.log(0.2), abs=1e-5)
    assert _loss("focal", gamma=0)(logits, wrong).item() == pytest.approx(_loss("cross_entropy")(logits, wrong).item())


def test_a_rare_class_can_count_as_much_as_the_others() -> None:
    target = torch.zeros(1, 10, 10, dtype=torch.long)
    target[0, 0, 0] = 1
    logits = torch.zeros(1, 2, 10, 10)
    logits[:, 0] = 4.0  # all is said to be background: one voxel of a hundred is wrong
    even, balanced = _loss("cross_entropy")(logits, target), _loss("cross_entropy", balance=1)(logits, target)
    missed, right = math.log(1 + math.exp(4.0)), math.log(1 + math.exp(-4.0))
    assert even.item() == pytest.approx((missed + 99 * right) / 100, abs=1e-4)
    assert balanced.item() == pytest.approx((missed + right) / 2, abs=1e-4)


def test_voxels_beside_a_border_count_more() -> None:
    target = torch.zeros(1, 1, 12, dtype=torch.long)
    target[..., 6:] = 1
    right = _right(target, 2)

    def fault(column: int) -> float:
        logits = right.clone()
        logits[..., column] = logits[..., column].flip(1)
        return float(_loss("border_cross_entropy", border_weight=5, width=2)(logits, target))

    assert fault(5) == pytest.approx(6 * fault(0), rel=1e-3)
    assert fault(4) == pytest.approx(fault(5), rel=1e-3)
    assert fault(3) == pytest.approx(fault(0), rel=1e-3)


def test_a_cut_through_a_thin_line_costs_more_than_its_voxels() -> None:
    target = torch.zeros(1, 16, 32, dtype=torch.long)
    target[:, 7:10, 2:30] = 1
    cut, thinner = target.clone(), target.clone()
    cut[:, 7:10, 15:17] = 0  # six voxels
    thinner[:, 7, 2:8] = 0  # six, too
    lines, dice = _loss("cl_dice"), _loss("dice")
    assert dice(_right(cut, 2), target).item() == pytest.approx(dice(_right(thinner, 2), target).item(), abs=1e-4)
    assert lines(_right(cut, 2), target).item() > 1.3 * lines(_right(thinner, 2), target).item()


def test_the_middle_line_of_a_bar_is_thin_and_inside() -> None:
    bar = torch.zeros(1, 1, 15, 31)
    bar[..., 5:10, 3:28] = 1
    line = middle_lines(bar, 3)
    assert 15 <= line.sum() <= 35
    assert (line * (1 - bar)).sum() == 0
    assert line[0, 0, 7, 10:20].min() == 1


def test_every_loss_names_its_own_parameters() -> None:
    for name in NAMES:
        parameters = SemanticTraining(loss=name).loss_parameters
        assert parameters.keys() == LOSSES[name].parameters.model_fields.keys()


@pytest.mark.parametrize("name", NAMES)
def test_voxels_count_as_much_as_they_weigh(name: str) -> None:
    logits, target = _case(4, 6, 8)
    logits[:, :, 2:] = _right(target)[:, :, 2:]
    loss, even = _loss(name), torch.ones_like(target, dtype=torch.float32)
    assert loss(logits, target, even).item() == pytest.approx(loss(logits, target).item(), abs=1e-6)
    light = even.clone()
    light[:, :2] = 0.05
    assert loss(logits, target, light).item() < 0.8 * loss(logits, target).item()
