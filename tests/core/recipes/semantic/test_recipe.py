from __future__ import annotations

import pytest

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.goals import OBJECTS_2D, OBJECTS_3D, REGIONS, Goal
from desktop_app.core.recipes.semantic.recipe import SEMANTIC
from desktop_app.core.recipes.suggested import TrainingFacts

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


@pytest.mark.parametrize(
    ("goal", "shape", "size", "scales"),
    [
        (OBJECTS_3D, (60, 120, 120), (29, 45, 41), (1.9, 1.9)),  # nuclei of cells: 15 × 24 × 22 px
        (OBJECTS_3D, (60, 250, 250), (14, 48, 40), (1.2, 2.0)),  # flat ones keep their slices
        (OBJECTS_3D, (60, 120, 120), (15, 25, 23), (1.0, 1.0)),
        (OBJECTS_2D, (1, 1024, 1024), (1, 50, 56), (1.0, 2.3)),  # mitochondria
        (OBJECTS_2D, (14, 1024, 1024), (2, 50, 56), (1.0, 2.3)),
        (OBJECTS_2D, (1, 1024, 1024), (1, 900, 700), (1.0, 8.0)),
        (OBJECTS_2D, (1, 128, 128), (1, 90, 90), (1.0, 1.3)),  # the picture stays large enough
        (OBJECTS_2D, (1, 80, 80), (1, 60, 60), (1.0, 1.0)),
        (REGIONS, (60, 120, 120), (29, 45, 41), (1.0, 1.0)),
    ],
)
def test_large_objects_are_learned_at_a_scale_at_which_a_patch_holds_several(
    goal: Goal, shape: tuple[int, int, int], size: tuple[float, float, float], scales: tuple[float, float]
) -> None:
    rows = tuple(DataRow(f"p{n}", shape, "uint8", voxel_size=VoxelSize.unknown()) for n in range(4))
    report = DataReport(rows, dimensions=2 if shape[0] == 1 else 3, object_size=size)
    found = SEMANTIC.suggest(TrainingFacts(report, DatasetConfig(), goal, 0.0))
    assert SEMANTIC.exact_scales(found.parameters) == scales
    seen = [edge / scale for edge, scale in zip(shape, (scales[0], scales[1], scales[1]), strict=True)]
    divisor = (8, 16, 16)  # patches are the nearest multiple of it
    patch = found.settings.patch_size
    assert all(e == 1 or e < most + d for e, most, d in zip(patch, seen, divisor, strict=True))
