"""``voxelwright objects``: change the objects of a label file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Assignments, Json, TimePoints, image_file, voxel_of
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.imaging import Plane, parse_times
from desktop_app.jobs.objects.run import ObjectsConfig, change_objects
from desktop_app.jobs.objects.steps import operation_named


def objects_command(
    operation: Annotated[str, typer.Argument(help="What to do; the operations are listed below.")],
    labels: Annotated[Path, typer.Option(help="Label image in which each object has its own number.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The label image to write.")],
    image: Annotated[
        Path | None,
        typer.Option(parser=image_file, metavar="FILE", help="Image of the same shape, where the operation needs one."),
    ] = None,
    objects: Annotated[
        list[int] | None,
        typer.Option("--object", metavar="ID", min=1, help="Number of an object that it is about; may be repeated."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="Z,Y,X", help="Voxel that is pointed at; two are a line. May be repeated."),
    ] = None,
    plane: Annotated[Plane, typer.Option(help="Which way slices are cut, for --slice and for lines.")] = Plane.XY,
    in_slice: Annotated[
        int | None,
        typer.Option("--slice", min=0, metavar="NUMBER", help="Change this slice alone; the first one is 0."),
    ] = None,
    assignments: Assignments = None,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Change the objects of a label image and write the result; the operations are listed below."""
    step = step_of(operation, assignments or [])
    places = tuple(voxel_of(text) for text in at or ())
    config = ObjectsConfig(step, labels, out, image, tuple(objects or ()), parse_times(time), places, plane, in_slice)
    result = run_job(partial(change_objects, config), as_json)
    show_result(result, as_json, f"{result.voxels} voxels changed; {result.objects} objects now. Written: {result.out}")


def step_of(operation: str, assignments: list[str]) -> ObjectStep:
    """An operation with its settings.

    Raises:
        UserError: If one of them is unknown or out of bounds.
    """
    settings = settings_of(operation_named(operation).parameters)
    return ObjectStep(operation=operation, parameters=changed({}, assignments, settings))


def steps_of(texts: list[str]) -> tuple[ObjectStep, ...]:
    """Steps of a batch, each as ``OPERATION key=value …``."""
    return tuple(step_of(words[0], words[1:]) for words in (text.split() for text in texts) if words)
