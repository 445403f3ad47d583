from __future__ import annotations

import math

import pytest
import torch

from desktop_app.core.losses.panoptic import PanopticLossParameters
from desktop_app.ml.losses.panoptic import PanopticLoss

Maps = dict[str, torch.Tensor]


def _loss(**parameters: float) -> PanopticLoss:
    return PanopticLoss(PanopticLossParameters.model_validate(parameters))


def _targets(classes: torch.Tensor) -> Maps:
    zeros = torch.zeros(classes.shape)
    return {
        "classes": classes,
        "heatmap": zeros.clone(),
        "offset_y": zeros.clone(),
        "offset_x": zeros.clone(),
        "inside": classes == 1,
    }


def _outputs(classes: torch.Tensor, channels: int = 1) -> Maps:
    batch, height, width = classes.shape
    return {
        "sem_logits": torch.zeros(batch, channels, height, width),
        "ctr_hmp": torch.zeros(batch, 1, height, width),
        "offsets": torch.zeros(batch, 2, height, width),
    }


def test_only_the_hardest_pixels_teach_the_classes() -> None:
    classes = torch.tensor([[[1, 1, 0, 0, 0]]], dtype=torch.uint8)
    outputs = _outputs(classes)
    outputs["sem_logits"][0, 0, 0] = torch.tensor([-3.0, 9.0, -9.0, -9.0, -9.0])
    _, parts = _loss(hardest_share=0.2)(outputs, _targets(classes))
    assert float(parts["classes"]) == pytest.approx(math.log(1 + math.exp(3.0)), rel=1e-5)
    _, all_of_them = _loss(hardest_share=1.0)(outputs, _targets(classes))
    easy = math.log(1 + math.exp(-9.0))
    assert float(all_of_them["classes"]) == pytest.approx((math.log(1 + math.exp(3.0)) + 4 * easy) / 5, rel=1e-5)


def test_several_classes_exclude_each_other() -> None:
    classes = torch.tensor([[[2]]], dtype=torch.uint8)
    outputs = _outputs(classes, channels=3)
    outputs["sem_logits"][0, :, 0, 0] = torch.tensor([1.0, 0.0, 2.0])
    _, parts = _loss()(outputs, _targets(classes))
    wanted = math.log(math.exp(1) + 1 + math.exp(2)) - 2
    assert float(parts["classes"]) == pytest.approx(wanted, rel=1e-5)


def test_centres_and_offsets_by_hand() -> None:
    classes = torch.tensor([[[1, 1, 0, 255]]], dtype=torch.uint8)
    targets, outputs = _targets(classes), _outputs(classes)
    targets["heatmap"][0, 0] = torch.tensor([1.0, 0.5, 0.0, 9.0])
    targets["offset_y"][0, 0] = torch.tensor([2.0, -1.0, 0.0, 0.0])
    outputs["offsets"][0, :, 0] = torch.tensor([[1.0, 1.0, 50.0, 50.0], [0.5, 0.0, 50.0, 50.0]])
    total, parts = _loss(semantic_weight=0, point_weight=0)(outputs, targets)
    assert float(parts["centres"]) == pytest.approx((1 + 0.25) / 3)
    assert float(parts["offsets"]) == pytest.approx((1 + 0.5 + 2) / 2)
    assert float(total) == pytest.approx(200 * 1.25 / 3 + 0.01 * 1.75, rel=1e-5)


def test_points_take_the_class_of_the_pixel_they_lie_in() -> None:
    classes = torch.tensor([[[0, 1], [255, 0]]], dtype=torch.uint8)
    outputs = _outputs(classes)
    outputs["point_coords"] = torch.tensor([[[0.9, 0.1], [0.1, 0.9], [0.0, 0.0], [1.0, 1.0]]])
    outputs["sem_points"] = torch.tensor([[[2.0, 7.0, -1.0, -1.0]]])
    _, parts = _loss()(outputs, _targets(classes))
    wanted = (math.log(1 + math.exp(-2.0)) + 2 * math.log(1 + math.exp(-1.0))) / 3
    assert float(parts["outlines"]) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_unknown_pixels_never_count(channels: int) -> None:
    torch.manual_seed(0)
    classes = torch.randint(0, channels, (2, 8, 8)).to(torch.uint8)
    classes[:, 4:] = 255
    outputs = {name: torch.randn(maps.shape, requires_grad=True) for name, maps in _outputs(classes, channels).items()}
    outputs["point_coords"] = torch.rand(2, 20, 2)
    outputs["sem_points"] = torch.randn(2, channels, 20, requires_grad=True)
    targets = _targets(classes)
    targets["inside"] = torch.ones_like(classes, dtype=torch.bool)
    total, _ = _loss(hardest_share=1.0)(outputs, targets)
    total.backward()
    for name in ("sem_logits", "ctr_hmp", "offsets"):
        gradient = outputs[name].grad
        assert gradient is not None
        assert not gradient[:, :, 4:].any()
        assert gradient[:, :, :4].any()
    below = outputs["point_coords"][..., 1] >= 0.5
    gradient = outputs["sem_points"].grad
    assert gradient is not None
    assert not gradient[below[:, None].expand_as(gradient)].any()


def test_a_patch_without_anything_known_costs_nothing_and_can_be_learned_from() -> None:
    classes = torch.full((1, 4, 4), 255, dtype=torch.uint8)
    outputs = {name: maps.requires_grad_() for name, maps in _outputs(classes).items()}
    total, parts = _loss()(outputs, _targets(classes))
    total.backward()
    assert float(total.detach()) == 0
    assert set(parts) == {"classes", "centres", "offsets"}


def test_half_precision_outputs_are_judged_in_full() -> None:
    classes = torch.ones((1, 4, 4), dtype=torch.uint8)
    outputs = {name: (maps + 300.1).half() for name, maps in _outputs(classes).items()}
    total, parts = _loss()(outputs, _targets(classes))
    assert total.dtype == torch.float32
    assert torch.isfinite(total)
    assert float(parts["centres"]) > 65_504


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        _loss(hardest_share=share)


def test_maps_of_another_size_are_refused() -> None:
    classes = torch.ones((1, 4, 4), dtype=torch.uint8)
    outputs = _outputs(torch.ones((1, 8, 8)))
    with pytest.raises(ValueError, match="shape"):
        _loss()(outputs, _targets(classes))
