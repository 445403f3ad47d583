"""``voxelwright picture`` and ``voxelwright movie``: slices as PNG, MP4, GIF or WebP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import Assignments, Json
from desktop_app.cli.overrides import changed, settings_of
from desktop_app.core.config.base import explain
from desktop_app.core.config.pictures import MovieSettings, PictureSettings
from desktop_app.core.job import JobContext
from desktop_app.io.movies import require_movie_ending
from desktop_app.io.pictures import require_picture_ending
from desktop_app.jobs.pictures.shown import Shown, open_shown
from desktop_app.jobs.pictures.write import Written, write_slice_movie, write_slice_picture

_S = TypeVar("_S", bound=PictureSettings)

Image = Annotated[Path, typer.Option(help="The image.")]


@dataclass(frozen=True, slots=True)
class ShownOptions:
    """What of an image is drawn, and what over it."""

    labels: Annotated[Path | None, typer.Option(help="Label image of the same shape, drawn over it.")] = None
    number: Annotated[
        int | None, typer.Option("--slice", min=1, metavar="NUMBER", help="The slice; the middle one if left out.")
    ] = None
    time: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Time point of a movie.")] = 1
    channel: Annotated[
        int | None, typer.Option(min=1, help="Channel of the image; all if left out, each in its colour.")
    ] = None


@grouped
def picture_command(
    image: Image,
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="The picture to write.")],
    *,
    shown: ShownOptions,
    assignments: Assignments = None,
    options: ReadingOptions,
    as_json: Json = False,
) -> None:
    """Write a slice as PNG, with outlined labels and a scale bar; no screen is needed."""
    require_picture_ending(out)
    settings = _settings(PictureSettings, assignments)
    result = run_job(_work(write_slice_picture, out, image, shown, options, settings), as_json)
    show_result(result, as_json, f"Written: {result.out}")


@grouped
def movie_command(
    image: Image,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The movie to write (.mp4, .gif, .webp).")],
    *,
    shown: ShownOptions,
    assignments: Assignments = None,
    options: ReadingOptions,
    as_json: Json = False,
) -> None:
    """Write a movie through the slices, or through the time points (--set along=time), with labels and a scale bar."""
    require_movie_ending(out)
    settings = _settings(MovieSettings, assignments)
    result = run_job(_work(write_slice_movie, out, image, shown, options, settings), as_json)
    show_result(result, as_json, f"{result.pictures} pictures. Written: {result.out}")


def _work(
    write: Callable[[Path, Shown, _S, int | None, int, JobContext], Written],
    out: Path,
    image: Path,
    what: ShownOptions,
    options: ReadingOptions,
    settings: _S,
) -> Callable[[JobContext], Written]:
    """The job: images are opened within it, so that what goes wrong there is told as of any job."""

    def work(ctx: JobContext) -> Written:
        channel, time = None if what.channel is None else what.channel - 1, what.time - 1
        shown = open_shown(image, what.labels, channel, reading=options.reading(), time=time)
        return write(out, shown, settings, what.number, time, ctx)

    return work


def _settings(kind: type[_S], assignments: list[str] | None) -> _S:
    values = changed({}, assignments or [], settings_of(kind))
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise explain(error, "The command") from error
