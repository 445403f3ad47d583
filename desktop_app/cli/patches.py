"""``voxelwright patches``: small pictures to label, cut out of large images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import FAILED, Assignments, Json, OutFolder, TimePoints, image_file, voxel_of
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.base import explain
from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import parse_times
from desktop_app.jobs.patches.pick import pick_patches


def patches_command(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", parser=image_file, help="Images to cut patches from.")
    ],
    out: OutFolder,
    labels: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Labels that are cut along; once per image, in the same order."),
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A patches.csv of before: other places are taken. May be repeated."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="Z,Y,X", help="A patch around this voxel of each image. May be repeated."),
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Add to the patches in --out, in the layout that they have.")
    ] = False,
    model: Annotated[str, typer.Option(metavar="NAME.vwmodel", help="Take places that this model is unsure of.")] = "",
    assignments: Assignments = None,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Cut small pictures from different places and planes of large images, to label them wholly and learn from them."""
    marks = tuple(voxel_of(place) for place in at or [])
    settings = _settings(
        [*(assignments or []), *(["where=marks"] if marks else []), *(["where=unsure"] if model else [])]
    )
    tables = tuple(str(table) for table in earlier or [])
    chosen = {"time": parse_times(time), "marks": marks}
    sources = tuple(source.model_copy(update=chosen) for source in _sources(images, labels or []))
    plan = PatchPlan(sources=sources, out=str(out), settings=settings, model=model, earlier=tables, add=add)
    result = run_job(partial(pick_patches, plan), as_json)
    words = "1 patch" if len(result.patches) == 1 else f"{len(result.patches)} patches"
    show_result(result, as_json, f"{words} of {result.asked} wanted. Written: {result.out}")
    if result.failed:
        raise typer.Exit(FAILED)


def _sources(images: list[Path], labels: list[Path]) -> tuple[PatchImage, ...]:
    if labels and len(labels) != len(images):
        raise UserError(
            f"There are {len(images)} images, but {len(labels)} files of labels.",
            hint="Give --labels once per image, in the same order.",
        )
    paired = zip(images, labels, strict=True) if labels else ((image, None) for image in images)
    return tuple(PatchImage(image=str(image), labels=str(of_it) if of_it else None) for image, of_it in paired)


def _settings(assignments: list[str]) -> PatchSettings:
    values = changed({}, assignments, settings_of(PatchSettings))
    try:
        return PatchSettings.model_validate(values)
    except ValidationError as error:
        raise explain(error, "The command") from error
