"""``voxelwright convert``: the same voxels in another format."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import (
    FAILED,
    Json,
    TimePoints,
    image_file,
)
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading, Times, parse_times
from desktop_app.io.images.registry import image_kinds, is_image_file, list_images
from desktop_app.jobs.data.convert import convert_image
from desktop_app.jobs.data.convert_many import Conversion, ImageToConvert, convert_many


@grouped
def convert_command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC",
            parser=image_file,
            help="The image to read, also an OME-Zarr web address; or, with --to, a folder of images.",
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(metavar="DST", help="The image to write; its ending names the format. With --to: a folder."),
    ],
    *,
    options: ReadingOptions,
    time: TimePoints = "",
    flavour: Annotated[
        str,
        typer.Option(
            help="Another way to write the format: for OME-Zarr 0.4 (usual; most programs read it) or 0.5 (few files)."
        ),
    ] = "",
    pyramid: Annotated[
        bool | None,
        typer.Option(
            "--pyramid/--no-pyramid",
            help="Write large images in smaller resolutions, too, which makes them quick to look at and a third larger "
            "(OME-Zarr only); usual there.",
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="ENDING", help="Convert each image of the folder SRC into DST, as .ome.zarr; what is there is kept."
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Write an image in another format, with its axes and voxel size."""
    reading = options.reading()
    if to:
        _convert_folder(source, target, reading, parse_times(time), to, flavour, pyramid, as_json)
        return
    times, convert = parse_times(time), partial(convert_image, source, target)
    written = run_job(partial(convert, reading=reading, time=times, flavour=flavour, pyramid=pyramid), as_json)
    show_result({"written": written}, as_json, f"Written: {written}")


def _convert_folder(
    source: Path, target: Path, reading: ImageReading, time: Times, to: str, flavour: str, pyramid: bool | None,
    as_json: bool,
) -> None:  # fmt: skip
    paths = list_images(source) if source.is_dir() and not is_image_file(source) else [source]
    if not paths:
        raise UserError(f"There is no image in the folder {source.name}.", hint=f"Give a folder of {image_kinds()}.")
    images = tuple(ImageToConvert(path, reading=reading, time=time) for path in paths)
    ending = to if to.startswith(".") else f".{to}"
    result = run_job(partial(convert_many, Conversion(images, target, ending, flavour, pyramid)), as_json)
    lines = [f"Written: {path}" for path in result.written] + [f"Kept: {path}" for path in result.kept]
    failed = [why for _, why in result.failed]
    show_result(
        {"written": list(result.written), "kept": list(result.kept), "failed": failed}, as_json, *lines, *failed
    )
    if failed:
        raise typer.Exit(FAILED)
