"""``voxelwright review``: what was said of the objects of a project."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json, OutFolder
from desktop_app.jobs.objects.mark_done import mark_done
from desktop_app.jobs.objects.write_review import write_review_of_project


def review_command(
    project: Annotated[Path, typer.Argument(metavar="NAME.vwproj", help="The project; no window may have it open.")],
    out: OutFolder,
    done: Annotated[
        list[str] | None,
        typer.Option(
            "--done", metavar="IMAGE", help="First mark this image as done, so that trainings use it; may be repeated."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the review of a project: objects.csv, slices.csv and images.csv, with states, notes, locks and times."""
    if done:
        mark_done(project, done)
    result = run_job(partial(write_review_of_project, project, out), as_json)
    words = f"{result.objects} objects of {result.images} images, {result.seconds / 60:.0f} min. Written: {result.out}"
    show_result(result, as_json, words)
