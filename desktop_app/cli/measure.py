"""``voxelwright measure``: a table of objects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import (
    Assignments,
    Json,
    TableFile,
    TimePoints,
    image_file,
)
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import parse_times
from desktop_app.io.tables import require_table_ending
from desktop_app.jobs.data.measure import measure_labels
from desktop_app.jobs.data.measure_project import measure_project_folder


@grouped
def measure_command(
    out: TableFile,
    labels: Annotated[Path | None, typer.Option(help="Label image in which each object has its own number.")] = None,
    image: Annotated[
        Path | None,
        typer.Option(parser=image_file, metavar="FILE", help="Image of the same shape, for the grey values."),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(metavar="NAME.vwproj", help="In place of --labels: all labelled images of a project.")
    ] = None,
    assignments: Assignments = None,
    *,
    options: ReadingOptions,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Write one row per object: size, shape, grey values, neighbours and place."""
    require_table_ending(out)
    settings = MeasureSettings.model_validate(changed({}, assignments or [], settings_of(MeasureSettings)))
    if (labels is None) == (project is None):
        raise UserError("Say what is to be measured.", hint="Give either --labels FILE or --project NAME.vwproj.")
    if project is not None:
        work = partial(measure_project_folder, project, out, settings=settings)
    else:
        assert labels is not None
        reading = options.reading()
        work = partial(measure_labels, labels, image, out, settings=settings, reading=reading, time=parse_times(time))
    result = run_job(work, as_json)
    show_result(result, as_json, f"{result.objects} objects measured. Written: {result.table}")
