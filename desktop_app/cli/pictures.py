"""``voxelwright picture`` and ``voxelwright movie``: slices as PNG, MP4, GIF or WebP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import (
    Assignments,
    Axes,
    Json,
    Series,
    TimeAsZ,
    VoxelSizeText,
    reading_of,
)
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.base import explain
from desktop_app.core.config.pictures import MovieSettings, PictureSettings
from desktop_app.core.job import JobContext
from desktop_app.io.movies import require_movie_ending
from desktop_app.io.pictures import require_picture_ending
from desktop_app.jobs.pictures.shown import open_shown
from desktop_app.jobs.pictures.write import Written, write_slice_movie, write_slice_picture

_S = TypeVar("_S", bound=PictureSettings)

Image = Annotated[Path, typer.Option(help="The image.")]
Labels = Annotated[Path | None, typer.Option(help="Label image of the same shape, drawn over it.")]
Channel = Annotated[int | None, typer.Option(min=1, help="Channel of the image; all if left out, each in its colour.")]
Slice = Annotated[
    int | None, typer.Option("--slice", min=1, metavar="NUMBER", help="The slice; the middle one if left out.")
]
Time = Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Time point of a movie.")]


def picture_command(
    image: Image,
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="The picture to write.")],
    labels: Labels = None,
    number: Slice = None,
    time: Time = 1,
    channel: Channel = None,
    assignments: Assignments = None,
    series: Series = "",
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    as_json: Json = False,
) -> None:
    """Write a slice as PNG, with outlined labels and a scale bar; no screen is needed."""
    require_picture_ending(out)
    settings = _settings(PictureSettings, assignments)

    def work(ctx: JobContext) -> Written:
        reading = reading_of(series, axes, voxel_size, time_as_z)
        shown = open_shown(image, labels, None if channel is None else channel - 1, reading=reading, time=time - 1)
        return write_slice_picture(out, shown, settings, number, time - 1, ctx)

    result = run_job(work, as_json)
    show_result(result, as_json, f"Written: {result.out}")


def movie_command(
    image: Image,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The movie to write (.mp4, .gif, .webp).")],
    labels: Labels = None,
    number: Slice = None,
    time: Time = 1,
    channel: Channel = None,
    assignments: Assignments = None,
    series: Series = "",
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    as_json: Json = False,
) -> None:
    """Write a movie through the slices, or through the time points (--set along=time), with labels and a scale bar."""
    require_movie_ending(out)
    settings = _settings(MovieSettings, assignments)

    def work(ctx: JobContext) -> Written:
        reading = reading_of(series, axes, voxel_size, time_as_z)
        shown = open_shown(image, labels, None if channel is None else channel - 1, reading=reading, time=time - 1)
        return write_slice_movie(out, shown, settings, number, time - 1, ctx)

    result = run_job(work, as_json)
    show_result(result, as_json, f"{result.pictures} pictures. Written: {result.out}")


def _settings(kind: type[_S], assignments: list[str] | None) -> _S:
    values = changed({}, assignments or [], settings_of(kind))
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise explain(error, "The command") from error
