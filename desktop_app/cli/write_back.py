"""``voxelwright write-back``: labels into the OME-Zarr image that they belong to."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json
from desktop_app.jobs.data.write_back import write_back_file


def write_back_command(
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="The label image to take labels from.")],
    into: Annotated[
        Path, typer.Argument(metavar="GROUP", help="The label image to change, as cells.ome.zarr/labels/nuclei.")
    ],
    as_json: Json = False,
) -> None:
    """Replace the labels inside an OME-Zarr image; a copy of the old ones is kept beside them."""
    written = run_job(partial(write_back_file, labels, into), as_json)
    show_result(
        {"written": written.group, "copy": written.copy}, as_json,
        f"Written: {written.group}\nThe labels before: {written.copy}",
    )  # fmt: skip
