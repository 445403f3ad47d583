"""``voxelwright surfaces``: objects as triangles for other programs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json, TimePoints
from desktop_app.core.imaging import parse_times
from desktop_app.jobs.objects.surfaces import SurfacesConfig, write_object_surfaces


def surfaces_command(
    labels: Annotated[Path, typer.Option(help="Label image in which each object has its own number.")],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE|FOLDER",
            help="A file for all objects (.stl, .obj, .ply, .glb), or a folder for a file for each.",
        ),
    ],
    objects: Annotated[
        list[int] | None,
        typer.Option("--object", metavar="ID", min=1, help="Number of an object; may be repeated. All without it."),
    ] = None,
    ending: Annotated[str, typer.Option("--format", help="Of the files in a folder: stl, obj, ply or glb.")] = "stl",
    coarseness: Annotated[
        int,
        typer.Option(
            min=1, max=16, help="Voxels along the edge of a cube that gets one point: 2 is a fourth as large."
        ),
    ] = 1,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Write the surfaces of objects as triangles, in the unit of the voxel size, for Blender, MeshLab or a printer."""
    suffix = f".{ending.lower().lstrip('.')}"
    config = SurfacesConfig(labels, out, tuple(objects or ()), suffix, coarseness, parse_times(time))
    result = run_job(partial(write_object_surfaces, config), as_json)
    words = f"{result.objects} surfaces, {result.triangles} triangles, in {result.unit}. Written: {result.out}"
    show_result(result, as_json, words)
