from __future__ import annotations

import pytest
from pydantic import ValidationError

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.panoptic.parameters import PanopticTraining
from desktop_app.core.recipes.semantic.parameters import SemanticTraining


def test_the_default_is_told_in_full() -> None:
    assert SemanticTraining().loss == "dice_cross_entropy"
    assert SemanticTraining().loss_parameters == {"dice_weight": 1.0, "cross_entropy_weight": 1.0}
    assert PanopticTraining().loss_parameters == {
        "hardest_share": 0.2, "semantic_weight": 1.0, "centre_weight": 200.0, "offset_weight": 0.01,
        "point_weight": 1.0,
    }  # fmt: skip


def test_weights_of_earlier_versions_mean_what_they_meant() -> None:
    before = {"result": "classes", "dice_weight": 3.0, "cross_entropy_weight": 0.5, "depth_weight": 2.0}
    now = SemanticTraining.model_validate(before)
    assert (now.result, now.depth_weight) == ("classes", 2.0)
    assert (now.loss, now.loss_parameters) == ("dice_cross_entropy", {"dice_weight": 3.0, "cross_entropy_weight": 0.5})
    assert SemanticTraining.model_validate(now.model_dump()) == now
    electrons = PanopticTraining.model_validate({"stuff": ["A"], "hardest_share": 1.0, "centre_weight": 9.0})
    assert electrons.loss_parameters["hardest_share"] == 1.0
    assert electrons.loss_parameters["centre_weight"] == 9.0
    assert electrons.loss_parameters["offset_weight"] == 0.01


def test_what_is_in_its_group_counts_more_than_what_an_earlier_version_wrote() -> None:
    mixed = SemanticTraining.model_validate({"dice_weight": 3.0, "loss_parameters": {"dice_weight": 4.0}})
    assert mixed.loss_parameters == {"dice_weight": 4.0, "cross_entropy_weight": 1.0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"loss": "panoptic"}, "unknown loss “panoptic”; known: dice_cross_entropy"),
        ({"dice_weight": -1}, "“Overlap and voxels” is not valid at “dice_weight”"),
        ({"loss_parameters": {"centre_weight": 1}}, "does not know: “centre_weight”"),
    ],
)
def test_what_does_not_fit_is_a_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainingConfig(recipe_parameters=given)
