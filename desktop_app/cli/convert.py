"""``voxelwright convert``: the same voxels in another format."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json
from desktop_app.jobs.data.convert import convert_image


def convert_command(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="The image to read.")],
    target: Annotated[Path, typer.Argument(metavar="DST", help="The image to write; its ending names the format.")],
    as_json: Json = False,
) -> None:
    """Write an image in another format, with its axes and voxel size."""
    written = run_job(partial(convert_image, source, target), as_json)
    show_result({"written": written}, as_json, f"Written: {written}")
