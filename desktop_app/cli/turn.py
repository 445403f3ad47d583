"""``voxelwright turn``: a movie of a volume that goes round."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json, image_file
from desktop_app.jobs.objects.turn_movie import TurnConfig, write_turn_movie

_USUAL = TurnConfig(Path())


def turn_command(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The movie to write (.mp4, .gif, .webp).")],
    labels: Annotated[Path | None, typer.Option(help="Label image whose objects are drawn.")] = None,
    image: Annotated[
        Path | None,
        typer.Option(parser=image_file, metavar="FILE", help="Image of the same shape, drawn behind the objects."),
    ] = None,
    channel: Annotated[int, typer.Option(min=1, help="Channel of the image.")] = 1,
    size: Annotated[int, typer.Option(min=32, max=4096, help="Width and height in pixels.")] = _USUAL.size,
    frames: Annotated[int, typer.Option(min=2, max=1000, help="Pictures of one round.")] = _USUAL.frames,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How long a round takes.")] = _USUAL.seconds,
    memory: Annotated[
        int, typer.Option(min=32, help="MB; larger volumes are drawn with fewer voxels.")
    ] = _USUAL.memory_mb,
    time: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Time point of a movie that turns.")] = 1,
    cloud: Annotated[
        bool, typer.Option("--cloud", help="Draw the image as a cloud, bright is dense, not as its brightest voxels.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a movie in which the objects and the image turn once; no screen or graphics card is needed."""
    config = TurnConfig(out, labels, image, size, frames, seconds, memory, channel, time - 1, cloud)
    result = run_job(partial(write_turn_movie, config), as_json)
    fewer = f", with every {result.stride}. voxel" if result.stride > 1 else ""
    show_result(result, as_json, f"{result.frames} pictures{fewer}. Written: {result.out}")
