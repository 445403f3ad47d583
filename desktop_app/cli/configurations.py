"""Whole configurations from a command line: defaults from the data, then a file, then single settings."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from desktop_app.cli.overrides import changed
from desktop_app.cli.settings_help import inference_settings, training_settings
from desktop_app.core.config.base import Parameters, explain
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.networks import NETWORKS
from desktop_app.core.config.recipes import RECIPES
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.job import JobContext
from desktop_app.io.datasets import pairs_in_folder
from desktop_app.io.models import load_card
from desktop_app.jobs.inspect_data import inspect_dataset, suggest_training
from desktop_app.jobs.models import find_model

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What the command line said of a training; None where it said nothing."""

    dataset: Path | None = None
    out: Path | None = None
    goal: str | None = None
    recipe: str | None = None
    network: str | None = None
    config: Path | None = None
    start_from: str | None = None
    device: str | None = None
    assignments: tuple[str, ...] = ()


def training_config(request: TrainingRequest, ctx: JobContext) -> TrainingConfig:
    """The configuration of a run: what suits the data, unless a file or an option says otherwise.

    Raises:
        UserError: If something is missing, unknown, or does not fit together.
    """
    if request.out is None:
        raise UserError("--out is missing.", hint="Name the folder that the run shall make, as --out runs/first.")
    _require_known(request)
    values = _settings_file(request.config) if request.config else _suggested(request, ctx)
    if request.config and request.dataset:
        values["dataset"] = {**values.get("dataset", {}), "pairs": _pairs(request.dataset)}
    options = {
        "name": request.out.name,
        "run": str(request.out),
        "recipe": request.recipe,
        "network": request.network,
        "start_from": str(find_model(request.start_from)) if request.start_from else None,
        "device": request.device,
    }
    values |= {name: value for name, value in options.items() if value is not None}
    settings = training_settings(values.get("recipe", "semantic"), values.get("network", "unet3d"))
    return _validated(TrainingConfig, changed(values, request.assignments, settings), "The configuration")


def _suggested(request: TrainingRequest, ctx: JobContext) -> dict[str, Any]:
    if request.dataset is None:
        raise UserError("--dataset is missing.", hint="Name a folder with images and labels, or use --config.")
    goal = request.goal or "objects3d"
    kind = "classes" if goal == "regions" else "objects"
    values = {"pairs": _pairs(request.dataset), "kind": kind}
    settings = training_settings("semantic", "unet3d")
    about_data = [text for text in request.assignments if text.startswith("dataset.")]
    values = changed({"dataset": values}, about_data, settings)["dataset"]
    dataset = _validated(DatasetConfig, values, "The dataset")
    report = inspect_dataset(dataset, ctx)
    return suggest_training(report, dataset, goal).model_dump(mode="json")


def _pairs(folder: Path) -> list[dict[str, Any]]:
    pairs = pairs_in_folder(folder)
    if not pairs:
        raise UserError(
            f"No pairs of images and labels were found in {folder.name}.",
            hint="Put images into a folder “images” and their labels, under the same names, into “labels”.",
        )
    return [pair.model_dump(mode="json") for pair in pairs]


def _require_known(request: TrainingRequest) -> None:
    for option, value, table in (("recipe", request.recipe, RECIPES), ("network", request.network, NETWORKS)):
        if value is not None and value not in table:
            raise UserError(f"There is no {option} “{value}”.", hint=_nearest(value, table))


def _nearest(value: str, table: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(value, table, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(table)}."


def inference_config(
    model: str,
    inputs: Sequence[Path],
    output: Path,
    mode: str,
    device: str | None,
    config: Path | None,
    resume: bool,
    assignments: Sequence[str],
) -> InferenceConfig:
    """The configuration of a batch: the model's own parameters, unless a file or an option says otherwise.

    Raises:
        UserError: If the model cannot be used, or something is unknown or out of bounds.
    """
    path = find_model(model)
    card = load_card(path)
    values = {"decode": card.decode, **(_settings_file(config) if config else {})}
    values |= {"model": str(path), "inputs": [str(p) for p in inputs], "output": str(output), "resume": resume}
    values |= {name: value for name, value in (("mode", mode), ("device", device)) if value not in (None, "auto")}
    settings = inference_settings(card.recipe)
    return _validated(InferenceConfig, changed(values, assignments, settings), "The configuration")


def _settings_file(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableFileError(path, "it is missing or may not be read.", details=repr(error)) from error
    except ValueError as error:
        raise UnreadableFileError(path, "it is no JSON.", details=repr(error)) from error
    if not isinstance(values, dict):
        raise UnreadableFileError(path, "it holds no settings.", hint="Take the config.json of an earlier run.")
    return values


def _validated(model: type[P], values: Mapping[str, Any], what: str) -> P:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise explain(error, what) from error
