"""Whole configurations from a command line: defaults from the data, then a file, then single settings."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from desktop_app.cli.overrides import Setting, changed, find_setting
from desktop_app.cli.settings_help import LOSS, inference_settings, training_settings
from desktop_app.cli.training_data import TrainingRequest, chosen_dataset
from desktop_app.core.advice.start_fit import size_to_try
from desktop_app.core.config.base import Parameters, explain
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.epochs import Epochs
from desktop_app.core.config.folds import suggested_parts, why_in_turn
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard, require_trainable
from desktop_app.core.config.training import LONGEST_NAME, TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED
from desktop_app.core.job import JobContext, Note
from desktop_app.core.networks.registry import NETWORKS, network_info
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.data_report import DataReport, with_classes_seen
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES, all_goals, recipes_for
from desktop_app.io.models import load_card
from desktop_app.jobs.models.library import find_model
from desktop_app.jobs.models.to_improve import model_to_improve
from desktop_app.jobs.train.examples import settings_file
from desktop_app.jobs.train.inspect_data import inspect_dataset, values_left_out
from desktop_app.jobs.train.settings import (
    finetuned,
    labels_to_learn,
    network_changes,
    read_settings,
    settings_of_file,
    settings_report,
    suggest_training,
    with_regions,
    with_sparse_labels,
)
from desktop_app.jobs.train.start_fit import at_the_better_size, start_fit

_UNNAMED = TrainingConfig.model_fields["name"].default
_USUAL_NETWORK = TrainingConfig.model_fields["network"].default
_WHOLE = frozenset({"recipe", "network", "patch_size", "dataset"})
"""Without these the rest follows from the data: also what labels mean, which files of other programs do not say."""
_STEPS, _EVERY, _FALL_EVERY = "optimisation.iterations", "validation.every", "optimisation.fall_every"
"""Settings that follow from epochs, unless they are given."""
P = TypeVar("P", bound=Parameters)


def training_config(request: TrainingRequest, ctx: JobContext) -> TrainingConfig:
    """The configuration of a run: what suits the data, unless a file or an option says otherwise.

    Raises:
        UserError: If something is missing, unknown, or does not fit together.
    """
    if request.out is None:
        raise UserError("--out is missing.", hint="Name the folder that the run shall make, as --out runs/first.")
    _require_known(request)
    _require_epochs(request)
    if request.config is not None:
        values = _from_file(request, settings_file(request.config), ctx)
    elif request.dataset is not None:
        values = _suggested(request, request.dataset, ctx)
    else:
        raise UserError("--dataset is missing.", hint="Name a folder with images and labels, or use --config.")
    options = {"output": str(request.out), "recipe": request.recipe, "device": request.device}
    if values.get("name", _UNNAMED) == _UNNAMED:
        options["name"] = request.out.resolve().name[:LONGEST_NAME] or "model"
    values |= {name: value for name, value in options.items() if value is not None}
    config = _validated(TrainingConfig, _with_assignments(values, request.assignments), "The configuration")
    return config if request.epochs is None else _in_epochs(config, request, ctx)


def _require_epochs(request: TrainingRequest) -> None:
    """Refuse what says more of epochs where none are said.

    Raises:
        UserError: Naming the option.
    """
    if request.epochs is None and (request.samples > 1 or request.check_every):
        option = "--check-every" if request.check_every else "--samples-per-image"
        raise UserError(
            f"{option} goes with --epochs.", hint="Say how many rounds, or count steps: --set validation.every=200."
        )


def _in_epochs(config: TrainingConfig, request: TrainingRequest, ctx: JobContext) -> TrainingConfig:
    """The training with as many steps as the epochs come to, which are told."""
    given = {"epochs": request.epochs, "samples": request.samples, "every": request.check_every}
    wanted = _validated(Epochs, given, "The command line")
    counted, said = wanted.applied(config), _said_keys(request.assignments, config)
    if _STEPS in said:
        raise UserError(f"--epochs and --set {_STEPS} both say how long to learn.", hint="Give one of them.")
    ctx.report(Note("info", wanted.in_words(counted)))
    kept: dict[str, Any] = {}
    if _EVERY in said:
        kept["validation"] = config.validation
    if _FALL_EVERY in said:
        falls = {"fall_every": config.optimisation.fall_every}
        kept["optimisation"] = counted.optimisation.model_copy(update=falls)
    return counted.model_copy(update=kept)


def _said_keys(assignments: Sequence[str], config: TrainingConfig) -> set[str]:
    """The keys of the settings that the command line gives one by one."""
    loss = config.recipe_parameters.get("loss")
    settings = training_settings(config.recipe, config.network, loss)
    return {find_setting(text.partition("=")[0].strip(), settings).key for text in assignments}


def _with_assignments(values: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """The configuration with single settings changed; a loss first, because the others may be its parameters."""
    recipe, network = values.get("recipe", DEFAULT_RECIPE), values.get("network", _USUAL_NETWORK)
    settings = training_settings(recipe, network)
    about_loss = [text for text in assignments if _means(text, LOSS, settings)]
    chosen = changed(values, about_loss, settings)
    before, after = (v.get("recipe_parameters", {}).get("loss") for v in (values, chosen))
    if after != before:
        chosen["recipe_parameters"].pop("loss_parameters", None)
    others = [text for text in assignments if text not in about_loss]
    return changed(chosen, others, training_settings(recipe, network, after))


def _means(assignment: str, key: str, settings: Mapping[str, Setting]) -> bool:
    """Whether an assignment is about the setting of that key."""
    name = assignment.partition("=")[0].strip()
    return key in settings and name in (key, settings[key].path[-1])


def _from_file(request: TrainingRequest, file: Path, ctx: JobContext) -> dict[str, Any]:
    """Settings of an earlier run, for other data or from another model if that was asked for.

    Of a part of such a file, the rest follows from the data.
    """
    values = read_settings(file)
    for text in settings_report(file):
        ctx.report(Note("info", text))
    if request.dataset is None:
        _require_no_data_options(request)
    if set(values) >= _WHOLE:
        values = _validated(TrainingConfig, values, file.name).model_dump(mode="json")
    elif request.dataset is not None:
        known = replace(
            request,
            recipe=request.recipe or values.get("recipe"),
            assignments=(*_choice_of_labels(labels_to_learn(file)), *request.assignments),
        )
        suggested = _validated(TrainingConfig, _suggested(known, request.dataset, ctx), "The configuration")
        return settings_of_file(file, suggested).model_dump()
    if request.dataset is not None:
        needs_labels = RECIPES.get(values.get("recipe", DEFAULT_RECIPE), RECIPES[DEFAULT_RECIPE]).needs_labels
        dataset, _ = chosen_dataset(request.dataset, request, ctx, needs_labels=needs_labels)
        pairs = [pair.model_dump(mode="json") for pair in dataset.pairs]
        values["dataset"] = {**values["dataset"], "pairs": pairs}
        if request.validation is not None:
            values["dataset"]["split"] = {**values["dataset"].get("split", {}), "validation": 0.0}
    if request.start_from is not None:
        values |= _from_model(model_to_improve(request.start_from, ctx), values)
    if request.network is not None:
        values |= network_changes(_validated(TrainingConfig, values, file.name), request.network, None)
    return values


def _choice_of_labels(labels: Sequence[int]) -> tuple[str, ...]:
    """Settings that learn these class labels alone; none where all are learned. What the user sets goes before them."""
    if not labels:
        return ()
    return "dataset.kind=classes", f"dataset.class_values={','.join(map(str, labels))}"


def _require_no_data_options(request: TrainingRequest) -> None:
    """Refuse what is about a data set where none is named: the images of the file stay as they are.

    Raises:
        UserError: Naming the first of these.
    """
    given = {
        "--also": request.also, "--validation": request.validation, "--labels": request.labels,
        "--by-order": request.by_order, "--groups": request.groups, "--layer": request.layer,
        "--time": request.time is not None, "How files are read": request.reading != AS_STATED,
    }  # fmt: skip
    wrong = next((option for option, value in given.items() if value), None)
    if wrong is not None:
        hint = "Name the images, too; without it they are those that the file of settings names."
        raise UserError(f"{wrong} goes with --dataset.", hint=hint)


def _from_model(model: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a model to finetune settles: its method and its network. Parameters of another method go."""
    card = load_card(model)
    require_trainable(card)
    settled = {"start_from": str(model), "recipe": card.recipe}
    network = {"network": card.network, "network_arguments": card.network_arguments}
    same = values.get("recipe") == card.recipe
    return settled | network | ({} if same else {"recipe_parameters": card.recipe_parameters})


def _suggested(request: TrainingRequest, folder: Path, ctx: JobContext) -> dict[str, Any]:
    """What suits the data, as the wizard finds it."""
    model = model_to_improve(request.start_from, ctx) if request.start_from else None
    card = load_card(model) if model else None
    recipe = _recipe(request, card)
    dataset, stuff = chosen_dataset(folder, request, ctx, needs_labels=recipe.needs_labels)
    named = dict(zip(dataset.class_values, dataset.class_names, strict=False)) if dataset.kind == "classes" else {}
    about_data = [text for text in request.assignments if text.startswith("dataset.")]
    values = changed({"dataset": dataset.model_dump()}, about_data, training_settings(DEFAULT_RECIPE, _USUAL_NETWORK))
    dataset = _validated(DatasetConfig, values["dataset"], "The dataset")
    report = inspect_dataset(dataset, ctx, needs_labels=recipe.needs_labels)
    told = with_sparse_labels(dataset, report)
    if told is not dataset and report.sparse is not None and recipe.serves("classes"):
        ctx.report(Note("info", report.sparse.words()))
        dataset, report = told, inspect_dataset(told, ctx, needs_labels=recipe.needs_labels)
    _tell_problems(report, ctx)
    dataset = with_classes_seen(_without_bad_pairs(dataset, report, ctx), report.rows)
    reason = why_in_turn(dataset) if request.validation is None else ""
    if reason:
        ctx.report(Note("info", f"{reason} Add --folds {suggested_parts(dataset)} for that."))
    goal = request.goal or recipe.goal_for(card.label_kind if card else dataset.kind, flat=_flat(request, card)).name
    suggested = suggest_training(report, dataset, goal, recipe.name)
    suggested = _with_told_classes(suggested, dataset, about_data, {**named, **report.class_names})
    if card is not None:
        suggested = _at_its_size(finetuned(suggested, card, model, report), report, ctx)
    suggested = with_regions(suggested, stuff) if stuff else suggested
    if left_out := values_left_out(report, suggested.dataset):
        ctx.report(Note("warning", left_out))
    changes = network_changes(suggested, request.network, report) if request.network else {}
    return {**suggested.model_dump(), **changes}


def _with_told_classes(
    config: TrainingConfig, told: DatasetConfig, about_data: Sequence[str], known: Mapping[int, str]
) -> TrainingConfig:
    """The classes that the command line names, in place of those found in the labels, of which some names are known."""
    said = {text.partition("=")[0].strip() for text in about_data}
    if "dataset.class_values" not in said:
        return config
    names = tuple(known.get(value, f"Class {value}") for value in told.class_values)
    if "dataset.class_names" in said:
        names = told.class_names
    classes = {"class_values": told.class_values, "class_names": names}
    return config.model_copy(update={"dataset": config.dataset.model_copy(update=classes)})


def _at_its_size(config: TrainingConfig, report: DataReport, ctx: JobContext) -> TrainingConfig:
    """The training at the size of objects that the start model knows, where that is another and it does better so."""
    card = load_card(Path(config.start_from or ""))
    if not size_to_try(card, config, report):
        return config
    fit = start_fit(config, report, ctx)
    ctx.report(Note("info", fit.size_words))
    return at_the_better_size(config, fit)


def _recipe(request: TrainingRequest, card: ModelCard | None) -> RecipeInfo:
    """The method: that of the model to improve, or what the command line says of method, network or goal."""
    name = card.recipe if card else request.recipe
    if name is None and request.network is not None:
        name = NETWORKS[request.network].recipes[0]
    if name is None and request.goal is not None:
        return recipes_for(request.goal)[0]
    return RECIPES.get(name or DEFAULT_RECIPE, RECIPES[DEFAULT_RECIPE])


def _flat(request: TrainingRequest, card: ModelCard | None) -> bool:
    """Whether the network that was named sees single slices."""
    name = card.network if card else request.network
    info = network_info(name) if name is not None else None
    return info is not None and info.dimensions == 2


def _tell_problems(report: DataReport, ctx: JobContext) -> None:
    """Pass on what the look at the data found; an error of the whole stops."""
    for row in report.rows:
        for problem in row.problems:
            ctx.report(Note(problem.level, f"{row.name}: {problem.text}"))
    for problem in report.problems:
        if problem.level == "error":
            raise UserError(problem.text)
        ctx.report(Note(problem.level, problem.text))


def _without_bad_pairs(dataset: DatasetConfig, report: DataReport, ctx: JobContext) -> DatasetConfig:
    """The dataset with pairs that cannot be used left out, as the wizard does it."""
    bad = {row.name for row in report.rows if any(problem.level == "error" for problem in row.problems)}
    if not bad:
        return dataset
    if len(bad) == len(report.rows):
        raise UserError("None of the images can be used for training.", hint="The lines above say why.")
    ctx.report(Note("warning", f"Left out of the training: {', '.join(sorted(bad))}."))
    pairs = tuple(p.model_copy(update={"role": "unused"}) if p.name in bad else p for p in dataset.pairs)
    return dataset.model_copy(update={"pairs": pairs})


def _require_known(request: TrainingRequest) -> None:
    known: tuple[tuple[str, str | None, Collection[str]], ...] = (
        ("goal", request.goal, all_goals()),
        ("recipe", request.recipe, RECIPES),
        ("network", request.network, NETWORKS),
    )
    for option, value, table in known:
        if value is not None and value not in table:
            near = difflib.get_close_matches(value, list(table), n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(table)}."
            raise UserError(f"There is no {option} “{value}”.", hint=hint)
    if request.goal is None or request.recipe is None:
        return
    served = [goal.name for goal in RECIPES[request.recipe].goals]
    if request.goal not in served:
        raise UserError(
            f"The recipe “{request.recipe}” does not serve the goal “{request.goal}”.",
            hint=f"It serves {' and '.join(served)}. Leave one of the two out, or choose another.",
        )


def inference_config(
    model: str,
    inputs: Sequence[Path],
    output: Path,
    mode: str,
    device: str | None,
    config: Path | None,
    resume: bool,
    assignments: Sequence[str],
    others: Sequence[str] = (),
) -> InferenceConfig:
    """The configuration of a batch: the model's own parameters, unless a file or an option says otherwise.

    Raises:
        UserError: If the model cannot be used, or something is unknown or out of bounds.
    """
    path = find_model(model)
    card = load_card(path)
    values = {"prediction": card.prediction, "decode": card.decode, **(read_settings(config) if config else {})}
    values |= {"model": str(path), "inputs": [str(p) for p in inputs], "output": str(output), "resume": resume}
    values |= {"together": [str(find_model(other)) for other in others]} if others else {}
    values |= {name: value for name, value in (("mode", mode), ("device", device)) if value not in (None, "auto")}
    settings = inference_settings(card.recipe)
    return _validated(InferenceConfig, changed(values, assignments, settings), "The configuration")


def _validated(model: type[P], values: Mapping[str, Any], what: str) -> P:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise explain(error, what) from error
