"""Choices that change several settings of a training at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard, require_trainable
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.networks.panoptic import ENCODER_WITH_WEIGHTS
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.train.data_report import DataReport
from desktop_app.jobs.train.data_settings import network_settings
from desktop_app.jobs.train.panoptic_settings import FINETUNE_STEPS
from desktop_app.jobs.train.panoptic_settings import RECIPE as PANOPTIC

_STEPS = {PANOPTIC: FINETUNE_STEPS}
_USUAL_STEPS = 300
_RATES = {PANOPTIC: 1.0}
_USUAL_RATE = 0.1
_VALIDATIONS = {PANOPTIC: 5}
_USUAL_VALIDATIONS = 6
_DEPTH = 16
_KEPT = frozenset({"schema_version", "name", "output", "dataset", "start_from"})
_OF_MODEL = frozenset({"recipe", "network", "network_arguments"})
_TAKE_ANOTHER = "Take the config.json of an earlier run."


def finetuned(
    suggested: TrainingConfig, card: ModelCard, start_from: Path | None, report: DataReport | None = None
) -> TrainingConfig:
    """The suggestion changed so that it goes on from a model: its network, its method, a learning rate that suits it.

    Panoptic networks learn at the full rate: at a tenth of it they stay what they were, and what a few patches teach
    wrongly is undone at the end (``ml.training.blending``).

    Args:
        suggested: What fits the data without a model.
        card: Of the model.
        start_from: Where the model is.
        report: Of ``inspect_dataset``; with it, patches are no larger than the images at the model's magnification.

    Raises:
        UserError: If the model can only be used.
    """
    require_trainable(card)
    steps = _STEPS.get(card.recipe, _USUAL_STEPS)
    rate = round(_RATES.get(card.recipe, _USUAL_RATE) * suggested.optimisation.learning_rate, 9)
    optimisation = suggested.optimisation.model_copy(update={"iterations": steps, "learning_rate": rate})
    every = steps // _VALIDATIONS.get(card.recipe, _USUAL_VALIDATIONS)
    validation = suggested.validation.model_copy(update={"every": max(1, every)})
    return suggested.model_copy(
        update={
            "dataset": named_after(suggested.dataset, card),
            "recipe": card.recipe,
            "recipe_parameters": _finetuned_parameters(card),
            "network": card.network,
            "network_arguments": card.network_arguments,
            "patch_size": _finetuned_patch(card, report),
            "start_from": str(start_from),
            "optimisation": optimisation,
            "validation": validation,
        }
    )


def named_after(dataset: DatasetConfig, card: ModelCard | None) -> DatasetConfig:
    """The dataset with the names of a model's classes where its own were made up and the numbers are the same."""
    made_up: tuple[str, ...] = ("Object",)
    if dataset.kind == "classes":
        made_up = tuple(f"Class {value}" for value in dataset.class_values)
    if card is None or dataset.class_names != made_up or dataset.class_values != card.class_values:
        return dataset
    return dataset.model_copy(update={"class_names": card.class_names})


def _finetuned_parameters(card: ModelCard) -> dict[str, Any]:
    """The method's parameters as the model has them; of its layers, few may learn at first where they can be chosen."""
    if "finetune_layers" not in RECIPES[card.recipe].training.model_fields:
        return card.recipe_parameters
    return {**card.recipe_parameters, "finetune_layers": "none"}


def _finetuned_patch(card: ModelCard, report: DataReport | None) -> tuple[int, int, int]:
    """The model's patch; smaller where images shrunk to its magnification would not fill it."""
    shrunk = int(card.recipe_parameters.get("downsampling", 1))
    if report is None or card.recipe != PANOPTIC or shrunk == 1:
        return card.patch_size
    largest = NETWORKS[card.network].suggest(report.facts().shrunk(shrunk)).patch_size
    return 1, min(card.patch_size[1], largest[1]), min(card.patch_size[2], largest[2])


def settings_of_file(file: Path, config: TrainingConfig) -> TrainingConfig:
    """A configuration with the settings in a file, which may be the ``config.json`` of a run or a part of one.

    Data, name, run folder and the model to start from stay; a finetuned model keeps its method and network.

    Raises:
        UserError: If the file cannot be read, holds no settings, or they do not fit together.
    """
    kept = _KEPT | (_OF_MODEL if config.start_from else frozenset())
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableFileError(file, "it is missing or may not be read.", details=repr(error)) from error
    except ValueError as error:
        raise UserError(f"{file.name} is no JSON.", hint=_TAKE_ANOTHER, details=repr(error)) from error
    if not isinstance(given, dict) or not set(given) & set(TrainingConfig.model_fields):
        raise UserError(f"{file.name} holds no settings of a training.", hint=_TAKE_ANOTHER)
    values = config.model_dump()
    for name, value in given.items():
        if name in kept:
            continue
        whole = name.startswith(("recipe", "network"))
        nested = isinstance(value, dict) and isinstance(values.get(name), dict) and not whole
        values[name] = {**values[name], **value} if nested else value
    try:
        return TrainingConfig.model_validate(values)
    except ValidationError as error:
        raise explain(error, file.name) from error


def with_stuff(config: TrainingConfig, names: Iterable[str]) -> TrainingConfig:
    """The configuration with these of its classes counted as regions, if its method tells them from objects."""
    if "stuff" not in RECIPES[config.recipe].training.model_fields:
        return config
    stuff = [name for name in config.dataset.class_names if name in set(names)]
    return config.model_copy(update={"recipe_parameters": {**config.recipe_parameters, "stuff": stuff}})


def useful_start(config: TrainingConfig) -> dict[str, bool]:
    """Whether each choice of what a network starts from, and of its layers, changes anything; empty where the method
    has none.
    """
    training = RECIPES[config.recipe].training
    if "pretrained" not in training.model_fields:
        return {}
    arguments = NETWORKS[config.network].arguments.model_validate(config.network_arguments)
    scratch = not config.start_from
    published = scratch and getattr(arguments, "encoder", "") == ENCODER_WITH_WEIGHTS
    chosen = training.model_validate(config.recipe_parameters).model_dump()
    knows = not scratch or bool(chosen["pretrained_file"]) or (published and chosen["pretrained"])
    return {"pretrained": published, "pretrained_file": scratch, "finetune_layers": knows}


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
