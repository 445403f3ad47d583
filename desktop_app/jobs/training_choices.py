"""Choices that change several settings of a training at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.networks import NETWORKS
from desktop_app.core.config.training import TrainingConfig
from desktop_app.jobs.data_report import DataReport
from desktop_app.jobs.data_settings import network_settings

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


def network_changes(config: TrainingConfig, network: str, report: DataReport | None) -> dict[str, Any]:
    """What changes in a configuration with another network, as plain values.

    A network of another kind, or for other dimensions, takes its own settings, the patch and the number of patches per
    step from the data; without a report, its settings are their defaults and the patch loses or gains its depth.

    Args:
        config: The configuration before.
        network: Key of ``NETWORKS``.
        report: Of ``inspect_dataset``; None where the data were not looked at.
    """
    before, after = NETWORKS[config.network], NETWORKS[network]
    if after.arguments is before.arguments and after.dimensions == before.dimensions:
        return {"network": network}
    if report is not None:
        settings = network_settings(report, network)
        optimisation = config.optimisation.model_copy(update={"batch_size": settings.batch_size})
        return {
            "network": network,
            "network_arguments": settings.arguments,
            "patch_size": settings.patch_size,
            "optimisation": optimisation.model_dump(),
        }
    patch = config.patch_size
    if after.dimensions != before.dimensions:
        patch = (1 if after.dimensions == 2 else _DEPTH, *patch[1:])
    return {"network": network, "network_arguments": {}, "patch_size": patch}
