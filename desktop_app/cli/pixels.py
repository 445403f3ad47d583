"""``voxelwright pixels``: a model from a few painted strokes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Assignments, Json
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.base import explain
from desktop_app.core.config.pixels import PixelLearning, PixelSettings, PixelSource
from desktop_app.core.errors import UserError
from desktop_app.jobs.pixels.learn import learn_pixels


def pixels_command(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Images with strokes.")],
    strokes: Annotated[
        list[Path], typer.Option(metavar="FILE", help="Labels with the strokes; once per image, in the same order.")
    ],
    out: Annotated[Path, typer.Option(metavar="NAME.vwmodel", help="The model to write; “infer” runs it.")],
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="VALUE=NAME", help="A class and its label value; may be repeated. 1=Object."),
    ] = None,
    background: Annotated[int | None, typer.Option(help="Label value of the background; 0 is not labelled.")] = None,
    objects: Annotated[
        bool, typer.Option("--objects", help="Labels number objects: all but the background are of one class.")
    ] = False,
    channel: Annotated[int, typer.Option(min=0, help="Channel of the images, from 0.")] = 0,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Learn classes of pixels from a few strokes, in seconds, and write a model that “infer” runs on any images."""
    if len(strokes) != len(images):
        raise UserError(
            f"There are {len(images)} images, but {len(strokes)} files of strokes.",
            hint="Give --strokes once per image, in the same order.",
        )
    named = _classes(classes or ["1=Object"])
    try:
        learning = PixelLearning(
            sources=tuple(PixelSource(image=str(i), strokes=str(s)) for i, s in zip(images, strokes, strict=True)),
            out=str(out),
            kind="objects" if objects else "classes",
            class_values=tuple(named),
            class_names=tuple(named.values()),
            background=background,
            channels=(channel,),
            settings=PixelSettings.model_validate(changed({}, assignments or [], settings_of(PixelSettings))),
        )
    except ValidationError as error:
        raise explain(error, "The command") from error
    result = run_job(partial(learn_pixels, learning), as_json)
    show_result(result, as_json, f"Learned from {sum(result.pixels)} pixels. Written: {result.model}")


def _classes(texts: list[str]) -> dict[int, str]:
    """Names by value.

    Raises:
        UserError: If one is not of the form ``VALUE=NAME``.
    """
    found = {}
    for text in texts:
        value, sign, name = text.partition("=")
        if not value.isdecimal() or not sign or not name or int(value) == 0:
            raise UserError(f"“{text}” names no class.", hint="Write the label value, = and a name: --class 1=Nucleus")
        found[int(value)] = name
    return found
