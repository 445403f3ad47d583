"""``voxelwright measure``: a table of objects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json, OutFile
from desktop_app.jobs.data.measure import measure_labels


def measure_command(
    labels: Annotated[Path, typer.Option(help="Label image in which each object has its own number.")],
    out: OutFile,
    image: Annotated[Path | None, typer.Option(help="Image of the same shape, for the mean brightness.")] = None,
    as_json: Json = False,
) -> None:
    """Write one row per object: size, position, box, mean brightness and whether it touches the border."""
    result = run_job(partial(measure_labels, labels, image, out), as_json)
    show_result(result, as_json, f"{result.objects} objects measured. Written: {result.table}")
