"""Settings for going on from a model."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig

FINETUNE_STEPS = 300
FINETUNE_RATE = 2e-4


def finetuned(suggested: TrainingConfig, card: ModelCard, start_from: Path | None) -> TrainingConfig:
    """The suggestion changed so that it goes on from a model: its network, its method, a lower learning rate."""
    optimisation = suggested.optimisation.model_copy(
        update={"iterations": FINETUNE_STEPS, "learning_rate": FINETUNE_RATE}
    )
    validation = suggested.validation.model_copy(update={"every": max(1, FINETUNE_STEPS // 6)})
    return suggested.model_copy(
        update={
            "recipe": card.recipe,
            "recipe_parameters": card.recipe_parameters,
            "network": card.network,
            "network_arguments": card.network_arguments,
            "patch_size": card.patch_size,
            "start_from": str(start_from),
            "optimisation": optimisation,
            "validation": validation,
        }
    )
