"""``voxelwright utility``: crop, cut, merge, resample, threshold, and changes of label files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import (
    FAILED,
    Assignments,
    Json,
)
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.jobs.utilities.run import UtilityConfig, run_utility, suggested_out, utility_named


@grouped
def utility_command(
    name: Annotated[str, typer.Argument(help="What to do; the utilities are listed below.")],
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="A file, or a folder of files.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE|FOLDER", help="What to write; beside the input, named after both, if left out."),
    ] = None,
    assignments: Assignments = None,
    *,
    options: ReadingOptions,
    as_json: Json = False,
) -> None:
    """Change image and label files as a whole; the utilities and their settings are listed below."""
    utility = utility_named(name)
    settings = changed({}, assignments or [], settings_of(utility.parameters))
    target = out or suggested_out(utility, inputs[0])
    result = run_job(
        partial(run_utility, UtilityConfig(name, tuple(inputs), target, settings, options.reading())), as_json
    )
    problems = [f"{file}: {why}" for file, why in result.failed]
    show_result(result, as_json, *problems, *(f"Written: {path}" for path in result.written))
    if result.failed:
        raise typer.Exit(FAILED)
