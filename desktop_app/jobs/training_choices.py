"""Choices that change several settings of a training at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.networks import NETWORKS
from desktop_app.core.config.training import TrainingConfig

FINETUNE_STEPS = 300
FINETUNE_RATE = 2e-4
_DEPTH = 16


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


def network_changes(config: TrainingConfig, network: str) -> dict[str, Any]:
    """What changes in a configuration with another network: its settings, and the depth of the patch."""
    before, after = NETWORKS[config.network], NETWORKS[network]
    patch = config.patch_size
    if after.dimensions != before.dimensions:
        patch = (1 if after.dimensions == 2 else _DEPTH, *patch[1:])
    keep = after.arguments is before.arguments and after.dimensions == before.dimensions
    return {
        "network": network,
        "network_arguments": config.network_arguments if keep else {},
        "patch_size": patch,
    }
