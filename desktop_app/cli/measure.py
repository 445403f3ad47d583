"""``voxelwright measure``: a table of objects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import (
    Axes,
    Json,
    OutFile,
    Series,
    TimeAsZ,
    TimePoint,
    VoxelSizeText,
    image_file,
    reading_of,
    time_of,
)
from desktop_app.jobs.data.measure import measure_labels


def measure_command(
    labels: Annotated[Path, typer.Option(help="Label image in which each object has its own number.")],
    out: OutFile,
    image: Annotated[
        Path | None,
        typer.Option(parser=image_file, metavar="FILE", help="Image of the same shape, for the mean brightness."),
    ] = None,
    series: Series = "",
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    time: TimePoint = None,
    as_json: Json = False,
) -> None:
    """Write one row per object: size, position, box, mean brightness and whether it touches the border."""
    reading = reading_of(series, axes, voxel_size, time_as_z)
    work = partial(measure_labels, labels, image, out, reading=reading, time=time_of(time))
    result = run_job(work, as_json)
    show_result(result, as_json, f"{result.objects} objects measured. Written: {result.table}")
