"""``voxelwright train``: train or finetune a model."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from desktop_app.cli.configurations import training_config
from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.option_groups import ReadingBesideDataset, grouped
from desktop_app.cli.options import (
    Assignments,
    DeviceOption,
    Json,
    TimePoints,
)
from desktop_app.cli.overrides import settings_of
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.config.continuation import Continuation
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import parse_times
from desktop_app.core.job import JobCancelled, JobContext, Note, OnceContext
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.foreign_settings import shown_value
from desktop_app.core.recipes.registry import RECIPES, all_goals
from desktop_app.core.score_rows import titled_scores
from desktop_app.core.score_trust import Range
from desktop_app.core.training_result import Stopped, TrainingResult
from desktop_app.io.models import CARD_FILE, models_in
from desktop_app.io.training_advice import PICTURES
from desktop_app.jobs.train.archive import zip_run
from desktop_app.jobs.train.examples import EXAMPLES
from desktop_app.jobs.train.run import (
    CONFIG_FILE,
    continue_training,
    find_images,
    kept_of,
    train_model,
    was_checked,
)
from desktop_app.jobs.train.samples import write_samples

_ENDS: dict[Stopped, str] = {"finished": "all steps done", "early": "it got no better", "cancelled": "stopped"}

More = Annotated[
    int, typer.Option(min=0, metavar="STEPS", help="With --resume: so many steps more, also of a finished run.")
]
Rate = Annotated[
    float | None, typer.Option(metavar="RATE", help="With --resume: learning rate in place of the one before.")
]
_State = Annotated[str, typer.Option(help="With --resume: go on from the “last” or the “best” state.")]
CountFrom = Annotated[
    int | None,
    typer.Option("--count-from", min=0, metavar="STEP", help="With --resume: count steps from here, anew."),
]
Also = Annotated[
    list[str] | None,
    typer.Option(metavar="FOLDER[=WEIGHT]", help="A further data set or project to learn from; may be repeated."),
]
LabelsFolder = Annotated[
    Path | None, typer.Option("--labels", metavar="FOLDER", help="The labels, where they are in another folder.")
]
ByOrder = Annotated[bool, typer.Option("--by-order", help="Pair files whose names do not fit in sorted order.")]
ValidationFolder = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Images and labels to watch the learning with, and no others.")
]
_Groups = Annotated[
    str,
    typer.Option(
        metavar="PATTERN", help=r"What in a name says the specimen, as “Emb\d+”; told from the names if left out."
    ),
]
_Folds = Annotated[
    int | None,
    typer.Option(
        "--folds",
        min=2,
        max=20,
        metavar="N",
        help="Cross-validation: each of N parts of the images is kept aside once; the model learns from all.",
    ),
]
SampleSheet = Annotated[
    Path | None, typer.Option(metavar="FILE.png", help="Only draw some patches, changed as they would be, and end.")
]
EpochCount = Annotated[
    int | None,
    typer.Option("--epochs", min=1, metavar="N", help="Rounds over all images to learn from, in place of steps."),
]
SamplesPerImage = Annotated[
    int,
    typer.Option("--samples-per-image", min=1, metavar="N", help="With --epochs: patches of each image in a round."),
]
EpochsBetween = Annotated[
    int,
    typer.Option(
        "--check-every", min=0, metavar="EPOCHS", help="With --epochs: rounds between two checks; 0: a fifth."
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=43_200,
        metavar="MINUTES",
        help="Train for about so long; as many steps as fit are found by trying.",
    ),
]
_Settings = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.json",
        help=f"Settings of an earlier run, or some of them; or a published training: {', '.join(EXAMPLES)}.",
    ),
]
_DATASET = (
    "Images and labels: a folder in a known layout, or a project. With --resume: where the same images are now, if "
    "they were moved."
)
_FROM = "A model to finetune, or the run that made it; weights of another program are imported."
_OPTIONS = {"steps": "--more", "learning_rate": "--rate", "state": "--state", "count_from": "--count-from"}
"""What the fields of a continuation are called here."""
Zip = Annotated[bool, typer.Option("--zip", help="Put the run into a zip file beside its folder, too.")]


@grouped
def train_command(
    dataset: Annotated[Path | None, typer.Option(metavar="FOLDER", help=_DATASET)] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="RUN", help="The run's folder, to be made.")] = None,
    goal: Annotated[
        str | None, typer.Option(help="; ".join(f"{goal.name}: {goal.brief}" for goal in all_goals().values()) + ".")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help=f"Method: {', '.join(RECIPES)}.")] = None,
    network: Annotated[str | None, typer.Option(help=f"Network: {', '.join(NETWORKS)}.")] = None,
    config: _Settings = None,
    start_from: Annotated[str | None, typer.Option("--from", metavar="MODEL", help=_FROM)] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with a stopped run.")] = None,
    more: More = 0,
    rate: Rate = None,
    state: _State = "last",
    count_from: CountFrom = None,
    minutes: Minutes = None,
    device: DeviceOption = None,
    assignments: Assignments = None,
    *,
    options: ReadingBesideDataset,
    time: TimePoints = "",
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Label layer of a project to learn from; the first of each if left out."),
    ] = None,
    also: Also = None,
    validation: ValidationFolder = None,
    labels: LabelsFolder = None,
    by_order: ByOrder = False,
    groups: _Groups = "",
    folds: _Folds = None,
    samples: SampleSheet = None,
    epochs: EpochCount = None,
    samples_per_image: SamplesPerImage = 1,
    check_every: EpochsBetween = 0,
    archive: Zip = False,
    as_json: Json = False,
) -> None:
    """Train a model. What is not set is derived from the images, as in the window."""
    changes = {"steps": more, "learning_rate": rate, "state": state, "count_from": count_from}
    request = TrainingRequest(
        dataset, out, goal, recipe, network, config, start_from, device, _settings(assignments, minutes, epochs, folds),
        options.reading(), parse_times(time), layer,
        tuple(also or ()), validation, groups, epochs, samples_per_image, labels, by_order, check_every,
    )  # fmt: skip
    if samples is not None:
        written = run_job(partial(_draw, request, samples), as_json)
        show_result({"written": written}, as_json, f"Written: {written}")
        return
    result = run_job(partial(_train, request, resume, changes), as_json)
    packed = result.run.with_name(f"{result.run.name}.zip") if archive else None
    if packed is not None:
        run_job(partial(zip_run, result.run, packed), as_json)
    best = "The start model was kept" if result.kept == "start" else f"Best at step {result.best_step}"
    end = f"{best} ({_ENDS[result.stopped]}). Model: {result.model}"
    in_one = f"The run as one file: {packed}" if packed is not None else ""
    told = filter(None, (result.caution, *result.doubts, *_advice_lines(result), end, in_one))
    show_result(result, as_json, *_score_tables(result), *told)


def _settings(
    assignments: list[str] | None, minutes: float | None, epochs: int | None, folds: int | None
) -> tuple[str, ...]:
    """The settings that are given one by one, and those that have an option of their own.

    Raises:
        UserError: If minutes and epochs are both given.
    """
    if minutes is not None and epochs is not None:
        raise UserError("--minutes and --epochs both say how long to learn.", hint="Give one of them.")
    timed = () if minutes is None else (f"optimisation.minutes={minutes:g}",)
    parted = () if folds is None else (f"dataset.split.folds={folds}",)
    return (*timed, *parted, *(assignments or ()))


def _score_tables(result: TrainingResult) -> list[Table]:
    """The scores by the names that the window has for them, beside those of the start model; none without scores."""
    titles = list(titled_scores(result.scores))
    before = {name: result.scores.get(f"start/{name}") for name, _ in titles}
    columns = ("Score", "Value", "Nine times of ten", *(["Start model"] if any(before.values()) else []))
    rows = [
        (title, result.scores[name], _shown_range(result.trust.ranges.get(name)), before[name])[: len(columns)]
        for name, title in titles
    ]
    return [table_of("", columns, rows)] if rows else []


def _shown_range(found: Range | None) -> str:
    """Between what a score lies; nothing where that is not known."""
    return "" if found is None else f"{found[0]:.3f} to {found[1]:.3f}"


def _train(
    request: TrainingRequest, resume: Path | None, changes: Mapping[str, Any], ctx: JobContext
) -> TrainingResult:
    going_on = _continuation(changes)
    if resume is not None:
        if replace(request, dataset=None, labels=None) != TrainingRequest():
            raise UserError(
                "--resume goes on with the images and the method of a run.",
                hint="Leave the other options away; --more, --rate, --state and --count-from may be given, and "
                "--dataset where the images were moved.",
            )
        if places := [folder for folder in (request.dataset, request.labels) if folder is not None]:
            find_images(resume, places)
        with _told_what_is_kept(resume, ctx):
            return continue_training(resume, going_on, ctx)
    if not going_on.changes_nothing:
        raise UserError(
            "--more, --rate, --state and --count-from go with --resume.", hint="Name the run to go on with."
        )
    ctx = OnceContext(ctx)  # what the look at the data told, the training need not tell again
    config = training_config(request, ctx)
    with _told_what_is_kept(Path(config.output), ctx):
        return train_model(config, ctx)


@contextmanager
def _told_what_is_kept(run: Path, ctx: JobContext) -> Iterator[None]:
    """Where a run is stopped or fails: what there is of it, and how it goes on."""
    before = _written(run)
    try:
        yield
    except JobCancelled:
        if (run / CONFIG_FILE).is_file():
            ctx.report(Note("info", kept_of(run)))
            ctx.report(Note("info", f"Go on with: {_resumption(run)}"))
        raise
    except UserError as error:
        for model in sorted(_written(run) - before):
            ctx.report(Note("info", f"Model of the best state so far: {model[0]}"))
        if isinstance(error, UnwritableFileError) and was_checked(run):
            ctx.report(Note("info", f"Once that is put right, go on with: {_resumption(run)}"))
        raise


def _written(run: Path) -> set[tuple[str, int]]:
    """The models in a run folder, with when they were written; one that is renewed counts anew."""
    if not was_checked(run):
        return set()
    return {(str(model), (model / CARD_FILE).stat().st_mtime_ns) for model in models_in(run) if model.is_dir()}


def _resumption(run: Path) -> str:
    """The command line that goes on with a run."""
    return f"voxelwright train --resume {shlex.quote(str(run))}"


def _advice_lines(result: TrainingResult) -> list[str]:
    """What went wrong, what to do next, and where the pictures are."""
    advice = result.advice
    if advice is None:
        return []
    wrong = [f"Went wrong: {sentence}" for sentence in advice.went_wrong]
    seen = [f"Pictures of the worst places: {result.run / PICTURES}"] if advice.places else []
    return [*wrong, f"What to do next: {advice.next_step.sentence}", *seen]


def _draw(request: TrainingRequest, file: Path, ctx: JobContext) -> Path:
    """A sheet of patches of the training that is asked for."""
    given = request if request.out is not None else replace(request, out=file.with_suffix(""))
    return write_samples(training_config(given, ctx), file, ctx)


def _continuation(changes: Mapping[str, Any]) -> Continuation:
    try:
        return Continuation.model_validate(changes)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        allowed = settings_of(Continuation)[name].allowed.removesuffix(", or none")
        message = f"{_OPTIONS[name]} {shown_value(changes[name])} is not possible."
        raise UserError(message, hint=f"Expected: {allowed}.", details=str(error)) from error
