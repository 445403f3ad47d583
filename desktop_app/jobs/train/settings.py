"""Settings of a training: what follows from data and computer, from a model to improve, from a file of settings."""

from __future__ import annotations

from collections.abc import Iterable
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard, require_trainable
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.foreign_settings import ForeignSettings
from desktop_app.core.recipes.registry import RECIPES, all_goals, recipes_for
from desktop_app.core.recipes.suggested import TrainingFacts
from desktop_app.io.json_files import read_json
from desktop_app.io.yaml_files import YAML_SUFFIXES, read_yaml
from desktop_app.jobs.device import gpu_memory_gb

_DEPTH_UNSEEN = 16
"""Depth in voxels of the patch of a 3D network where the data were not looked at: half the usual one, which fits most
stacks.
"""
_MOST_CLASSES = 254
"""Class numbers that 8 bits hold beside background and unlabelled."""
_KEPT = frozenset({"schema_version", "name", "output", "dataset", "start_from"})
_OF_MODEL = frozenset({"recipe", "network", "network_arguments"})
TAKE_ANOTHER = "Take the config.json of an earlier run."


def suggest_training(
    report: DataReport, dataset: DatasetConfig, goal: str, recipe: str | None = None
) -> TrainingConfig:
    """A whole configuration from what the data look like; Next-Next-Finish uses it as it is.

    Args:
        report: Of ``inspect_dataset``.
        dataset: What was looked at.
        goal: Name of one of ``all_goals``.
        recipe: A recipe that serves it; None takes the usual one.
    """
    serving = recipes_for(goal)
    info = next((info for info in serving if info.name == recipe), serving[0])
    dataset = with_found_classes(dataset, report)
    found = info.suggest(TrainingFacts(report, dataset, all_goals()[goal], gpu_memory_gb()))
    return TrainingConfig(
        dataset=dataset,
        recipe=info.name,
        recipe_parameters=found.parameters,
        network=found.network,
        network_arguments=found.settings.arguments,
        patch_size=found.settings.patch_size,
        augmentation=found.augmentation,
        optimisation=found.optimisation,
        validation=found.validation,
    )


def with_sparse_labels(dataset: DatasetConfig, report: DataReport) -> DatasetConfig:
    """The dataset with the meaning of labels of a few slices, where they are such and nobody has said what they mean.

    Args:
        dataset: What was looked at.
        report: Of ``inspect_dataset``.
    """
    untold = all(
        getattr(dataset, name) == DatasetConfig.model_fields[name].default
        for name in ("class_values", "class_names", "unlabelled", "background", "label_divisor")
    )
    sparse = report.sparse if untold else None
    return dataset if sparse is None else sparse.meaning(dataset)


def with_found_classes(dataset: DatasetConfig, report: DataReport) -> DatasetConfig:
    """Class values found in the labels, where the data set does not name them itself."""
    untold = DatasetConfig(kind="classes")
    named = (dataset.class_values, dataset.class_names) != (untold.class_values, untold.class_names)
    if dataset.kind != "classes" or named:
        return dataset
    others = {0, dataset.unknown, dataset.background}
    values = sorted({v for row in report.rows for v in row.classes if v not in others})
    if not values or len(values) > _MOST_CLASSES:
        return dataset
    names = tuple(report.class_names.get(v, f"Class {v}") for v in values)
    return dataset.model_copy(update={"class_values": tuple(values), "class_names": names})


def finetuned(
    suggested: TrainingConfig, card: ModelCard, start_from: Path | None, report: DataReport | None = None
) -> TrainingConfig:
    """The suggestion changed so that it goes on from a model: its network, its method, a learning rate that suits it.

    Args:
        suggested: What fits the data without a model.
        card: Of the model.
        start_from: Where the model is.
        report: Of ``inspect_dataset``; with it, patches are no larger than the images as the model sees them.

    Raises:
        UserError: If the model can only be used.
    """
    require_trainable(card)
    recipe = RECIPES[card.recipe]
    changes = recipe.finetuning
    rate = round(changes.rate * suggested.optimisation.learning_rate, 9)
    kept = _kept_stages(card, report)
    rates = {
        "iterations": changes.steps, "learning_rate": rate, "optimiser": changes.optimiser, "frozen_stages": kept,
        "frozen_tried": kept > 0,
    }  # fmt: skip
    optimisation = suggested.optimisation.model_copy(update=rates)
    every = max(1, changes.steps // changes.validations)
    return suggested.model_copy(
        update={
            "dataset": named_after(suggested.dataset, card),
            "recipe": card.recipe,
            "recipe_parameters": recipe.finetuned_parameters(card),
            "network": card.network,
            "network_arguments": card.network_arguments,
            "patch_size": recipe.finetuned_patch(card, report),
            "start_from": str(start_from),
            "optimisation": optimisation,
            "validation": suggested.validation.model_copy(update={"every": every}),
        }
    )


def _kept_stages(card: ModelCard, report: DataReport | None) -> int:
    """How many levels of a model to improve stay as they are: those that look at the image, where images are few."""
    network, few = NETWORKS[card.network], RECIPES[card.recipe].finetuning.few
    if report is None or not 0 < len(report.usable) <= few:
        return 0
    return network.stages(network.arguments.model_validate(card.network_arguments))


def named_after(dataset: DatasetConfig, card: ModelCard | None) -> DatasetConfig:
    """The dataset with the names of a model's classes where its own were made up and the numbers are the same."""
    made_up: tuple[str, ...] = ("Object",)
    if dataset.kind == "classes":
        made_up = tuple(f"Class {value}" for value in dataset.class_values)
    if card is None or dataset.class_names != made_up or dataset.class_values != card.class_values:
        return dataset
    return dataset.model_copy(update={"class_names": card.class_names})


def with_regions(config: TrainingConfig, names: Iterable[str]) -> TrainingConfig:
    """The configuration with these of its classes counted as regions, if its method tells them from objects."""
    wanted = set(names)
    regions = [name for name in config.dataset.class_names if name in wanted]
    parameters = RECIPES[config.recipe].with_regions(config.recipe_parameters, regions)
    return config.model_copy(update={"recipe_parameters": parameters})


def network_changes(
    config: TrainingConfig, network: str, report: DataReport | None, recipe: str = ""
) -> dict[str, Any]:
    """What changes in a configuration with another network, as plain values.

    A network of another kind, or for other dimensions, takes its own settings, the patch and the number of patches per
    step from the data; without a report, its settings are their defaults and the patch loses or gains its depth.

    Args:
        config: The configuration before.
        network: Key of ``NETWORKS``.
        report: Of ``inspect_dataset``; None where the data were not looked at.
        recipe: Key of ``RECIPES`` to learn by; empty: that of the configuration, if the network serves it.
    """
    before, after = NETWORKS[config.network], NETWORKS[network]
    info = RECIPES[recipe or (config.recipe if config.recipe in after.recipes else after.recipes[0])]
    optimisation = config.optimisation
    if report is not None and optimisation.optimiser == RECIPES[config.recipe].optimiser_for(config.network):
        optimisation = optimisation.model_copy(update={"optimiser": info.optimiser_for(network)})
    if after.arguments is before.arguments and after.dimensions == before.dimensions:
        same = optimisation is config.optimisation
        return {"network": network} | ({} if same else {"optimisation": optimisation.model_dump()})
    if report is not None:
        settings = info.network_settings(report, network, gpu_memory_gb(), config.recipe_parameters)
        optimisation = optimisation.model_copy(update={"batch_size": settings.batch_size})
        return {
            "network": network,
            "network_arguments": settings.arguments,
            "patch_size": settings.patch_size,
            "optimisation": optimisation.model_dump(),
        }
    patch = config.patch_size
    if after.dimensions != before.dimensions:
        patch = (1 if after.dimensions == 2 else _DEPTH_UNSEEN, *patch[1:])
    return {"network": network, "network_arguments": {}, "patch_size": patch}


def settings_of_file(file: Path, config: TrainingConfig) -> TrainingConfig:
    """A configuration with the settings in a file, which may be the ``config.json`` of a run or a part of one.

    Data, name, run folder and the model to start from stay; a finetuned model keeps its method and network.

    Raises:
        UserError: If the file cannot be read, holds no settings, or they do not fit together.
    """
    kept = _KEPT | (_OF_MODEL if config.start_from else frozenset())
    given = read_settings(file)
    if not set(given) & set(TrainingConfig.model_fields):
        raise UserError(f"{file.name} holds no settings of a training.", hint=TAKE_ANOTHER)
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


def read_settings(file: Path) -> dict[str, Any]:
    """The settings in a JSON file, or in a file of another program that one of the methods knows.

    Raises:
        UserError: If it cannot be read, or holds something else.
    """
    given = _document(file)
    foreign = _foreign(given)
    return given if foreign is None else foreign.values


def settings_report(file: Path) -> tuple[str, ...]:
    """What became of the settings of another program, a sentence each; nothing for those of this one.

    Raises:
        UserError: If the file cannot be read, or holds something else.
    """
    foreign = _foreign(_document(file))
    return () if foreign is None else (f"{file.name} holds settings of {foreign.program}.", *foreign.report)


def labels_to_learn(file: Path) -> tuple[int, ...]:
    """The label values that a file of another program says alone are learned; empty where it says nothing of them.

    Raises:
        UserError: If the file cannot be read, or holds something else.
    """
    foreign = _foreign(_document(file))
    return () if foreign is None else foreign.labels


def _foreign(document: dict[str, Any]) -> ForeignSettings | None:
    found = (info.settings_of(document) for info in RECIPES.values())
    return next((settings for settings in found if settings is not None), None)


def _no_json(file: Path, error: ValueError) -> UserError:
    """A sentence that says where it is wrong, if that is known."""
    if not isinstance(error, JSONDecodeError) or not error.doc.strip():
        return UserError(f"{file.name} is no JSON.", hint=TAKE_ANOTHER, details=repr(error))
    said = f"{error.msg[:1].lower()}{error.msg[1:]}"
    hint = "Write each \\ in a path twice." if "escape" in error.msg else "Correct that line, or take another file."
    return UserError(f"{file.name} is no JSON: {said}, line {error.lineno}.", hint=hint, details=repr(error))


def _document(file: Path) -> dict[str, Any]:
    if file.suffix.lower() in YAML_SUFFIXES:
        given = read_yaml(file, "file of settings")
        if not isinstance(given, dict) or _foreign(given) is None:
            raise UserError(f"{file.name} holds no settings that this program knows.", hint=TAKE_ANOTHER)
        return given
    try:
        given = read_json(file)
    except OSError as error:
        raise UnreadableFileError(file, "it is missing or may not be read.", details=repr(error)) from error
    except ValueError as error:
        raise _no_json(file, error) from error
    if not isinstance(given, dict):
        raise UserError(f"{file.name} holds no settings.", hint=TAKE_ANOTHER)
    return given
