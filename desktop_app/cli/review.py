"""``voxelwright review``: what was said of the objects of a project."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Assignments, Json
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import parse_times
from desktop_app.jobs.objects.mark_done import mark_done
from desktop_app.jobs.objects.say_of_objects import Saying, Words, say_of_objects, sayings_of_table
from desktop_app.jobs.objects.write_review import write_review_of_project


def review_command(
    project: Annotated[Path, typer.Argument(metavar="NAME.vwproj", help="The project; no window may have it open.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="The folder for the tables.")] = None,
    done: Annotated[
        list[str] | None,
        typer.Option(
            "--done", metavar="IMAGE", help="First mark this image as done, so that trainings use it; may be repeated."
        ),
    ] = None,
    assignments: Assignments = None,
    image: Annotated[str, typer.Option(metavar="NAME", help="Whose objects --set is about.")] = "",
    objects: Annotated[
        list[int] | None,
        typer.Option("--object", metavar="ID", min=1, help="An object that --set is about, else all; may be repeated."),
    ] = None,
    layer: Annotated[str, typer.Option(metavar="NAME", help="Its label layer; the first one if left out.")] = "",
    time: Annotated[
        str,
        typer.Option("--time", metavar="NUMBERS", help="Time points of a movie, as 3 or 1-5,8; the first if left out."),
    ] = "1",
    slices: Annotated[
        list[int] | None,
        typer.Option("--slice", min=0, metavar="NUMBER", help="A slice that is doubtful; the first one is 0."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE.csv", help="Take states, notes, classes and locks from a changed objects.csv."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what was found out about objects, and write it as objects.csv, slices.csv and images.csv."""
    words = Words.model_validate(changed({}, assignments or [], settings_of(Words)))
    sayings = sayings_of_table(table) if table is not None else ()
    if words != Words() or slices:
        if not image:
            raise UserError("Say whose objects are meant.", hint="Name the image: --image NAME.")
        doubtful = True if slices else None
        named = tuple(objects or ())
        times = parse_times(time)
        if times is None:
            raise UserError("Say which time points are meant.", hint="Write numbers and ranges, as --time 1-5,8.")
        for one in (times,) if isinstance(times, int) else times:
            sayings = (*sayings, Saying(image, named, words, layer, one, tuple(slices or ()), doubtful))
    if done:
        mark_done(project, done)
    count = say_of_objects(project, sayings) if sayings else 0
    if out is not None:
        result = run_job(partial(write_review_of_project, project, out), as_json)
        told = (
            f"{result.objects} objects of {result.images} images, {result.seconds / 60:.0f} min. Written: {result.out}"
        )
        show_result(result, as_json, told)
    elif sayings:
        show_result({"objects": count}, as_json, f"Said of {count} object{'' if count == 1 else 's'}.")
    elif not done:
        raise UserError("There is nothing to do.", hint="Give --out FOLDER for tables, or --set state=right and so on.")
