"""``voxelwright copy``: images prepared for fast browsing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Axes, Json, SeriesOption, TimeAsZ, reading_of
from desktop_app.core.errors import UserError
from desktop_app.core.sizes import megabytes
from desktop_app.io.images.browsing_copies import delete_copies_of, list_copies
from desktop_app.jobs.data.browsing_copy import prepare_for_browsing


def copy_command(
    images: Annotated[list[Path] | None, typer.Argument(metavar="IMAGE…", help="The images.")] = None,
    series: SeriesOption = "",
    axes: Axes = "",
    time_as_z: TimeAsZ = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the copies of these images.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show all copies, those used longest ago first.")] = False,
    as_json: Json = False,
) -> None:
    """Prepare images for fast browsing: small pieces in several resolutions, used wherever the image is opened.

    The image stays as it is. Stopped or killed, the same command goes on where it was.
    """
    if show:
        copies = list_copies()
        lines = [f"{megabytes(c.nbytes):>10}  {c.image}{'' if c.whole else '  (unfinished)'}" for c in copies]
        show_result({"copies": copies}, as_json, "\n".join(lines) or "There are no copies.")
        return
    if not images:
        raise UserError("No image was named.", hint="Name one, or ask for --list.")
    if delete:
        freed = sum(delete_copies_of(image) for image in images)
        show_result({"freed": freed}, as_json, f"Deleted; {megabytes(freed)} are free again.")
        return
    reading = reading_of(series, axes, "", time_as_z)
    for image in images:
        result = run_job(partial(prepare_for_browsing, image, reading=reading), as_json)
        words = f"Prepared: {image}" if result.made else f"{image} was prepared already."
        show_result(result, as_json, words)
