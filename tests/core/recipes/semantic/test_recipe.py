from __future__ import annotations

import pytest

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.recipes.base import TrainingFacts
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.goals import REGIONS
from desktop_app.core.recipes.semantic.recipe import SEMANTIC

HIPPOCAMPUS, BRAIN = (37, 50, 36), (150, 256, 256)


@pytest.mark.parametrize(
    ("images", "shape", "steps"), [(80, HIPPOCAMPUS, 3000), (19, HIPPOCAMPUS, 800), (80, BRAIN, 800)]
)
def test_many_volumes_as_small_as_a_patch_are_learned_longer(
    images: int, shape: tuple[int, int, int], steps: int
) -> None:
    rows = tuple(DataRow(f"p{n}", shape, "uint8", voxel_size=VoxelSize.unknown()) for n in range(images))
    found = SEMANTIC.suggest(TrainingFacts(DataReport(rows), DatasetConfig(kind="classes"), REGIONS, 0.0))
    assert found.optimisation.iterations == steps
    assert found.validation.every == steps // 4


def test_pictures_as_small_as_a_patch_are_not() -> None:
    rows = tuple(DataRow(f"p{n}", (1, 64, 64), "uint8", voxel_size=VoxelSize.unknown()) for n in range(80))
    found = SEMANTIC.suggest(TrainingFacts(DataReport(rows, dimensions=2), DatasetConfig(kind="classes"), REGIONS, 0.0))
    assert found.optimisation.iterations == 800
