"""``voxelwright convert``: the same voxels in another format."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import (
    Axes,
    Json,
    Series,
    TimeAsZ,
    TimePoint,
    VoxelSizeText,
    image_file,
    reading_of,
    time_of,
)
from desktop_app.jobs.data.convert import convert_image


def convert_command(
    source: Annotated[
        Path, typer.Argument(metavar="SRC", parser=image_file, help="The image to read; also an OME-Zarr web address.")
    ],
    target: Annotated[Path, typer.Argument(metavar="DST", help="The image to write; its ending names the format.")],
    series: Series = "",
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    time: TimePoint = None,
    flavour: Annotated[
        str,
        typer.Option(
            help="Another way to write the format: for OME-Zarr 0.4 (usual; most programs read it) or 0.5 (few files)."
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Write an image in another format, with its axes and voxel size."""
    reading = reading_of(series, axes, voxel_size, time_as_z)
    written = run_job(
        partial(convert_image, source, target, reading=reading, time=time_of(time), flavour=flavour), as_json
    )
    show_result({"written": written}, as_json, f"Written: {written}")
