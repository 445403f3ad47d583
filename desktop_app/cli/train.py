"""``voxelwright train``: train or finetune a model."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.configurations import TrainingRequest, training_config
from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.options import (
    Assignments,
    Axes,
    Device,
    Json,
    SeriesAlone,
    TimeAsZ,
    TimePoints,
    VoxelSizeText,
    reading_of,
)
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import parse_times
from desktop_app.core.job import JobCancelled, JobContext, Note
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES, all_goals
from desktop_app.core.training_result import TrainingResult
from desktop_app.jobs.train.run import resume_training, train_model


def train_command(
    dataset: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Images and labels: a folder in a known layout, or a project.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="RUN", help="The run's folder, to be made.")] = None,
    goal: Annotated[
        str | None, typer.Option(help="; ".join(f"{goal.name}: {goal.brief}" for goal in all_goals().values()) + ".")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help=f"Method: {', '.join(RECIPES)}.")] = None,
    network: Annotated[str | None, typer.Option(help=f"Network: {', '.join(NETWORKS)}.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Settings of an earlier run, or some of them.")
    ] = None,
    start_from: Annotated[str | None, typer.Option("--from", metavar="MODEL", help="A model to finetune.")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with a stopped run.")] = None,
    device: Device = None,
    assignments: Assignments = None,
    series: SeriesAlone = "",
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    time: TimePoints = "",
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Label layer of a project to learn from; the first of each if left out."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model. What is not set is derived from the images, as in the window."""
    request = TrainingRequest(
        dataset, out, goal, recipe, network, config, start_from, device, tuple(assignments or ()),
        reading_of(series, axes, voxel_size, time_as_z), parse_times(time), layer,
    )  # fmt: skip
    result = run_job(partial(_train, request, resume), as_json)
    scores = table_of("", ("Score", "Value"), list(result.scores.items()))
    best = "The start model was kept" if result.kept == "start" else f"Best at step {result.best_step}"
    end = f"{best} ({result.stopped}). Model: {result.model}"
    show_result(result, as_json, scores, *filter(None, (result.caution, end)))


def _train(request: TrainingRequest, resume: Path | None, ctx: JobContext) -> TrainingResult:
    if resume is not None:
        if request != TrainingRequest():
            raise UserError("--resume goes on with a run as it was.", hint="Leave the other options away.")
        return resume_training(resume, ctx)
    config = training_config(request, ctx)
    try:
        return train_model(config, ctx)
    except JobCancelled:
        ctx.report(Note("info", f"Stopped. Go on with: voxelwright train --resume {shlex.quote(config.output)}"))
        raise
