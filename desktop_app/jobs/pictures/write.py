"""Write a picture of a slice, or a movie through slices or time points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.pictures import MovieSettings, PictureSettings
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.atomic import make_place
from desktop_app.io.movies import require_movie_ending, write_movie
from desktop_app.io.pictures import require_picture_ending, write_picture
from desktop_app.jobs.data.time_points import wanted_times
from desktop_app.jobs.pictures.shown import Shown


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        out: The file.
        pictures: How many pictures it has.
    """

    out: Path
    pictures: int


def write_slice_picture(
    out: Path, shown: Shown, settings: PictureSettings, number: int | None, time: int, ctx: JobContext
) -> Written:
    """Write one slice as PNG, with labels and scale bar.

    Args:
        out: The file.
        shown: Image and labels.
        settings: What the picture shows.
        number: Of the slice, from 1; None: the middle one.
        time: The time point, counted from 0.
        ctx: For cancelling.

    Raises:
        UserError: If there is no such slice or time point, or a file cannot be read or written.
    """
    require_picture_ending(out)
    then = shown.at_time(wanted_times(shown.volume, time)[0])
    count = _slices(then, settings)
    depth = count // 2 if number is None else _required(number, count, "slice", then) - 1
    ctx.raise_if_cancelled()
    make_place(out)
    write_picture(out, then.picture(settings, depth))
    ctx.report(Progress(1, 1, "The picture is written"))
    return Written(out, 1)


def write_slice_movie(
    out: Path, shown: Shown, settings: MovieSettings, number: int | None, time: int, ctx: JobContext
) -> Written:
    """Write a movie; one picture at a time is in memory.

    Args:
        out: The file; its ending names the format.
        shown: Image and labels.
        settings: What the movie shows, and what it goes through.
        number: Where it goes through time: the slice, from 1; None: the middle one.
        time: Where it goes through slices: the time point, counted from 0.
        ctx: For progress and cancelling.

    Raises:
        UserError: If there is nothing to go through, or a file cannot be read or written.
        JobCancelled: When asked to stop; nothing is written then.
    """
    require_movie_ending(out)
    slices, times = _slices(shown, settings), shown.volume.times
    if settings.along == "slices":
        fixed = wanted_times(shown.volume, time)[0]
        wanted = [(fixed, place) for place in _range(settings, slices, "slice", shown)]
    else:
        depth = slices // 2 if number is None else _required(number, slices, "slice", shown) - 1
        wanted = [(place, depth) for place in _range(settings, times, "time point", shown)]
    make_place(out)
    write_movie(out, _pictures(shown, settings, wanted, ctx), len(wanted) / settings.rate, len(wanted))
    ctx.report(Progress(1, 1, "The movie is written"))
    return Written(out, len(wanted))


def _pictures(
    shown: Shown, settings: MovieSettings, wanted: Sequence[tuple[int, int]], ctx: JobContext
) -> Iterator[NDArray[np.uint8]]:
    then, at = shown, -1
    for done, (time, depth) in enumerate(wanted):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(wanted), f"Picture {done + 1} of {len(wanted)}"))
        if time != at:
            then, at = shown.at_time(time), time
        yield then.picture(settings, depth)


def _slices(shown: Shown, settings: PictureSettings) -> int:
    return shown.volume.shape[settings.cut().depth_axis]


def _range(settings: MovieSettings, count: int, what: str, shown: Shown) -> range:
    """Places from 0.

    Raises:
        UserError: If there is just one, or there are none between the first and the last.
    """
    last = _required(settings.last or count, count, what, shown)
    first = _required(settings.first, count, what, shown)
    if last <= first:
        raise UserError(
            f"A movie from {what} {first} to {what} {last} has one picture at most.",
            hint="Choose a last one behind the first, or write a picture.",
        )
    return range(first - 1, last)


def _required(number: int, count: int, what: str, shown: Shown) -> int:
    if not 1 <= number <= count:
        has = f"one {what}" if count == 1 else f"{count} {what}s"
        raise UserError(f"{shown.volume.name} has {has}; there is no number {number}.", hint="Choose another one.")
    return number
