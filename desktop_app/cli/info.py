"""``voxelwright info``: what a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from desktop_app.cli.console import show_result, table_of
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import (
    FAILED,
    Json,
    image_file,
)
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.registry import list_series, open_volume

_COLUMNS = ("File", "Axes", "Time points", "Shape", "Channels", "Type", "Voxel size", "Size")


@grouped
def info_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", parser=image_file, help="Images, label images, OME-Zarr folders or web addresses."
        ),
    ],
    *,
    options: ReadingOptions,
    as_json: Json = False,
) -> None:
    """Show the axes, shape, type and voxel size of images, and what is to be known of how they are read."""
    reading = options.reading()
    facts = [_facts(path, reading) for path in files]
    rows = [tuple(fact.values())[: len(_COLUMNS)] for fact in facts if not fact["problem"]]
    listed = [f"{fact['file']} holds {name}" for fact in facts for name in fact["images"]]
    problems = [fact["problem"] for fact in facts if fact["problem"]]
    notes = [f"{fact['file']}: {note}" for fact in facts for note in fact["notes"]]
    tables = [table_of("", _COLUMNS, rows)] if rows else []
    show_result({"files": facts}, as_json, *tables, *listed, *notes, *problems)
    if problems:
        raise typer.Exit(FAILED)


def _facts(path: Path, reading: ImageReading) -> dict[str, Any]:
    try:
        volume = open_volume(path, reading=reading)
        series = [one.describe() for one in list_series(path)]
    except UserError as error:
        unknown = dict.fromkeys(("axes", "times", "shape", "channels", "dtype", "voxel_size", "size"), "")
        return {"file": shown_name(path), **unknown, "images": [], "notes": (), "problem": str(error)}
    return {
        "file": shown_name(path),
        "axes": volume.axes,
        "times": volume.times,
        "shape": " × ".join(str(n) for n in volume.shape),
        "channels": volume.channels,
        "dtype": str(volume.dtype),
        "voxel_size": volume.voxel_size.describe(),
        "size": f"{volume.nbytes / 1e6:.1f} MB",
        "images": series,
        "notes": volume.notes,
        "problem": "",
    }
