"""``voxelwright demo``: the whole way, on samples."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.evaluate import scores_table
from desktop_app.cli.options import FAILED, DeviceOption, Json
from desktop_app.jobs.data.sample_project import SEED
from desktop_app.jobs.demo import STEPS, DemoConfig, run_demo


def demo_command(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder to write.")] = Path(
        "voxelwright-demo"
    ),
    iterations: Annotated[
        int, typer.Option(min=1, help="Training steps; the default takes about two minutes on two cores.")
    ] = STEPS,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same volumes and training.")] = SEED,
    device: DeviceOption = None,
    as_json: Json = False,
) -> None:
    """Make sample volumes, train on them, label three unseen ones and show the scores."""
    config = DemoConfig(out, iterations, seed, device or "auto")
    result = run_job(partial(run_demo, config), as_json)
    show_result(
        result,
        as_json,
        scores_table(result.evaluation),
        f"Labels and tables: {result.results}",
        f"Pictures: {result.results / 'overlays'}",
        f"Model: {result.model}",
        f"The project opens in the window: {result.project}",
    )
    if result.evaluation.failed:
        raise typer.Exit(FAILED)
