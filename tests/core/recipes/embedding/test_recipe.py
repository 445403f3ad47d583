from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.embedding.parameters import EmbeddingTraining
from desktop_app.core.recipes.embedding.recipe import EMBEDDING, foreground_weight
from desktop_app.core.recipes.goals import OBJECTS_2D, OBJECTS_3D
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, recipes_for
from desktop_app.core.recipes.suggested import TrainingFacts

ROW = DataRow("a", (20, 100, 100), "uint8", voxel_size=VoxelSize.unknown(), objects=10, object_size=(10.0, 20.0, 24.0))
REPORT = DataReport((ROW,), object_size=(10.0, 20.0, 24.0))


def facts(report: DataReport = REPORT, gpu: float = 0.0, goal=OBJECTS_3D) -> TrainingFacts:
    return TrainingFacts(report, DatasetConfig(), goal, gpu)


def test_sizes_follow_from_the_objects() -> None:
    found = EMBEDDING.parameters_for(facts())
    assert EmbeddingTraining.model_validate(found).span == 4 * 24
    assert found["first_radius"] == 12
    inside = 10 * 10 * 20 * 24 * 3.14159 / 6
    assert found["foreground_weight"] == pytest.approx((200_000 - inside) / inside, rel=0.01)


def test_without_objects_everything_stays_as_published() -> None:
    empty = replace(REPORT, rows=(replace(ROW, objects=0, object_size=None),), object_size=None)
    assert EMBEDDING.parameters_for(facts(empty)) == {"kept_steps": EMBEDDING.steps // 2}
    assert foreground_weight(empty, flat=False) is None
    assert (EmbeddingTraining().foreground_weight, EmbeddingTraining().span) == (10, 1024)


def test_few_objects_in_a_large_image_do_not_weigh_without_bounds() -> None:
    sparse = replace(REPORT, rows=(replace(ROW, shape=(200, 2000, 2000), objects=1),))
    assert foreground_weight(sparse, flat=False) == 100


def test_the_published_network_needs_a_graphics_card() -> None:
    assert EMBEDDING.network_for(facts()) == "quick_unet3d"
    assert EMBEDDING.network_for(facts(gpu=8)) == "erfnet3d"
    assert EMBEDDING.network_for(facts(gpu=8, goal=OBJECTS_2D)) == "erfnet2d"
    assert EMBEDDING.suggest(facts()).parameters["first_radius"] == 12


def test_it_serves_the_goals_with_objects_and_is_not_the_usual_method() -> None:
    for goal in ("objects3d", "objects2d"):
        assert [info.name for info in recipes_for(goal)] == [DEFAULT_RECIPE, EMBEDDING.name]
    assert EMBEDDING not in recipes_for("regions")
