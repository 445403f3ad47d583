"""What a training will cost, before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from desktop_app.core.config.folds import models_in_turn
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_memory import images_budget
from desktop_app.core.config.training_time import Pace, with_time
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.train.whole_images import require_memory

_SECONDS_TO_START = 8.0
"""Loading PyTorch and opening the images, seconds; measured on two cores."""
_TARGET_BYTES = 5
"""Of a voxel's targets in memory: a class (uint8) and one map of 4 bytes."""
_SMALL_FILES_GB = 0.01
"""Of a run: log, curves and pictures, some MB."""
_STATES = 7
"""Copies of the weights on disk: two checkpoints of weights, their average and the optimiser's two, and the model."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will take.

    Attributes:
        steps: How many it has: as many as were wanted, or as fit into the minutes.
        seconds_per_step: Measured on this computer.
        seconds: Of the whole run.
        memory_gb: At most.
        disk_gb: Of the run folder.
        device: ``cpu`` or the GPU's name in PyTorch.
        images_gb: Images and what is learned of them.
        in_memory: Whether these stay in memory; if not, they are read from the disk.
    """

    steps: int
    seconds_per_step: float
    seconds: float
    memory_gb: float
    disk_gb: float
    device: str
    images_gb: float = 0.0
    in_memory: bool = True


def estimate(config: TrainingConfig, report: DataReport) -> Estimate:
    """Time, memory and disk of a training; a few steps are computed on the device to measure it.

    Raises:
        UserError: If whole images do not fit into memory, or the device is not there.
    """
    from desktop_app.ml.training.cost import measure_cost

    require_memory(config)
    recipe = RECIPES[config.recipe]
    channels = recipe.channels_in(report)
    cost = measure_cost(config, channels)
    folds, models = config.dataset.split.folds, models_in_turn(config)
    used = sum(row.role != "unused" for row in report.rows)
    kept_aside = max(1, -(-used // folds) if folds else sum(row.role == "validation" for row in report.rows))
    validated = min(config.validation.max_images, kept_aside)
    fewer = recipe.scale(config.recipe_parameters) ** 2
    voxels = max((math.prod(row.shape) // fewer for row in report.usable), default=0)
    per_image = min(voxels, math.prod(recipe.largest_check)) * cost.seconds_per_voxel
    pace = Pace(cost.seconds_per_step, validated * per_image, kept_aside * per_image, _SECONDS_TO_START)
    planned = with_time(config, pace)
    # 4 bytes for each channel, as float32.
    data_gb = sum(math.prod(row.shape) for row in report.usable) * (4 * channels + _TARGET_BYTES) / 2**30
    budget_gb = images_budget(config, cost.free_memory_gb * 2**30) / 2**30
    kept = data_gb <= budget_gb
    return Estimate(
        steps=planned.optimisation.iterations,
        seconds_per_step=cost.seconds_per_step,
        seconds=pace.seconds(planned) * models,
        memory_gb=cost.memory_gb + (data_gb if kept else 0.0),
        # Bytes a weight.
        disk_gb=(_STATES * 4 * cost.parameters / 2**30 + _SMALL_FILES_GB) * models + (0.0 if kept else data_gb),
        images_gb=data_gb,
        in_memory=kept,
        device=cost.device,
    )
