"""``voxelwright compare`` and ``voxelwright accept``: two label files of one image."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.options import Json, TimePoints
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, parse_times
from desktop_app.jobs.objects.two_files import AcceptConfig, CompareConfig, accept_from_file, compare_files
from desktop_app.objects.accepting import Acceptance

_RANGE = re.compile(r"(\d+)(?::(\d+))?")
_Classes = Annotated[bool, typer.Option("--classes", help="Numbers name classes: equal ones agree, and they are kept.")]


def compare_command(
    first: Annotated[Path, typer.Argument(help="A label image.")],
    second: Annotated[Path, typer.Argument(help="Another one of the same image.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Label image to write: 1 in both, 2 only in the first, 3 only in the second, 4 of another class.",
        ),
    ] = None,
    classes: _Classes = False,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Say how two label images agree: Dice, F1 of objects that overlap by half or more, and how many are in both."""
    result = run_job(partial(compare_files, CompareConfig(first, second, out, classes, parse_times(time))), as_json)
    rows = [
        (number, _share(c.dice), _share(c.f1), c.partners, c.first - c.partners, c.second - c.partners)
        for number, c in result.times.items()
    ]
    table = table_of("", ("Time point", "Dice", "F1@0.5", "In both", "Only first", "Only second"), rows)
    show_result(result, as_json, table, *([f"Written: {out}"] if out is not None else []))


def accept_command(
    labels: Annotated[Path, typer.Option(help="Label image that it is taken over into; the file stays as it is.")],
    source: Annotated[Path, typer.Option("--from", metavar="FILE", help="Label image that it is taken from.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The label image to write.")],
    objects: Annotated[
        list[int] | None,
        typer.Option("--object", metavar="ID", min=1, help="Number of an object; may be repeated. All without it."),
    ] = None,
    region: Annotated[
        str,
        typer.Option(
            metavar="X,Y,Z",
            help="Box as “0:100,50:90,7”: from : to (not included) of each axis, counted from 0 as in the window.",
        ),
    ] = "",
    over: Annotated[
        bool, typer.Option("--over", help="Write over what is labelled already; without it that stays.")
    ] = False,
    classes: _Classes = False,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Take a result over into labels: all of it, single objects, or a region. New objects get free numbers."""
    what = Acceptance(frozenset(objects or ()), region_of(region), not over, classes)
    config = AcceptConfig(labels, source, out, what, parse_times(time))
    result = run_job(partial(accept_from_file, config), as_json)
    show_result(result, as_json, f"{result.voxels} voxels taken over; {result.objects} objects now. Written: {out}")


def region_of(text: str) -> Region | None:
    """A box from ``X,Y,Z``, each a number or ``FROM:TO``; None for an empty text.

    Raises:
        UserError: If it is none.
    """
    if not text.strip():
        return None
    found = [_RANGE.fullmatch(part.strip()) for part in text.split(",")]
    ranges = [(int(m[1]), int(m[2]) if m[2] else int(m[1]) + 1) for m in found if m is not None]
    if len(found) != 3 or len(ranges) != 3 or any(stop <= start for start, stop in ranges):
        raise UserError(f"“{text}” is no region.", hint="Write it as “0:100,50:90,7”: x, y and z, from : to of each.")
    (x0, x1), (y0, y1), (z0, z1) = ranges
    return Region((z0, y0, x0), (z1, y1, x1))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
