"""``voxelwright prepare``: a training folder with a split."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import (
    FAILED,
    Axes,
    Json,
    Series,
    TimeAsZ,
    TimePoints,
    VoxelSizeText,
    reading_of,
)
from desktop_app.core.imaging import parse_times
from desktop_app.jobs.data.prepare import PrepareConfig, prepare_dataset


def prepare_command(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="A folder with images and labels in a known layout.")],
    out: Annotated[Path, typer.Option("--out", metavar="DATASET", help="The folder to make.")],
    train: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the images to learn from.")] = 0.7,
    val: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share to watch the learning with.")] = 0.15,
    test: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share for the final test.")] = 0.15,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same split.")] = 1,
    series: Series = "",
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Copy pairs of images and labels into {train,val,test}/{images,labels}, split by image."""
    reading = reading_of(series, axes, voxel_size, time_as_z)
    config = PrepareConfig(source, out, train, val, test, seed, reading, parse_times(time))
    result = run_job(partial(prepare_dataset, config), as_json)
    counts = ", ".join(f"{count} in {name}" for name, count in result.parts.items())
    show_result(result, as_json, f"Pairs: {counts}. Written: {result.out}")
    if result.failed:
        raise typer.Exit(FAILED)
