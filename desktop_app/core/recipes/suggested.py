"""What the settings of a training follow from, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.learning import (
    AugmentationParameters,
    OptimisationParameters,
    OptimiserName,
    ValidationParameters,
)
from desktop_app.core.networks.base import NetworkSettings
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.goals import Goal


@dataclass(frozen=True, slots=True)
class Finetuning:
    """What changes against a training from scratch.

    Attributes:
        steps: Training steps; the field ``iterations`` says 200 to 500.
        rate: Share of the learning rate: what was learned is kept, as is usual when weights are learned further.
        validations: How often the learning is watched in that time.
        few: Labelled images up to which the levels that look at the image stay as they are.
        optimiser: What it learns by. The shipped model of volumes, improved by five embryos (1,200 steps, embryos left
            out, two draws): F1 0.846 and 0.847 by AdamW, 0.827 and 0.808 by Muon.
    """

    steps: int = 300
    rate: float = 0.1
    validations: int = 6
    few: int = 0
    optimiser: OptimiserName = "adamw"


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """What the settings of a training follow from.

    Attributes:
        report: What the data hold.
        dataset: What was looked at, with its classes.
        goal: What the model is for.
        gpu_memory_gb: Memory of the graphics card in GB, 0 without one.
    """

    report: DataReport
    dataset: DatasetConfig
    goal: Goal
    gpu_memory_gb: float = 0.0


@dataclass(frozen=True, slots=True)
class SuggestedTraining:
    """Settings of a training that follow from data and computer.

    Attributes:
        network: Key of ``NETWORKS``.
        settings: Its arguments, the patch, the patches per step.
        parameters: Of the recipe.
        optimisation: How long and how fast to learn.
        validation: How it is watched.
        augmentation: Random changes of the patches.
    """

    network: str
    settings: NetworkSettings
    parameters: dict[str, Any]
    optimisation: OptimisationParameters
    validation: ValidationParameters
    augmentation: AugmentationParameters = field(default_factory=AugmentationParameters)
