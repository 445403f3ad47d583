"""``voxelwright find``: nuclei of an image, without training."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.option_groups import ReadingBesideDataset, grouped
from desktop_app.cli.options import DevicesOption, Json, image_file
from desktop_app.core.config.finding import LARGEST, SMALLEST, FindConfig
from desktop_app.jobs.batch.find import find_nuclei


def _said(name: str) -> str:
    """What the declaration of a setting says."""
    return FindConfig.model_fields[name].description or ""


@grouped
def find_command(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", parser=image_file, help=_said("image"))],
    out: Annotated[Path, typer.Option("--out", metavar="LABELS", help=_said("output"))],
    object_size: Annotated[
        float | None, typer.Option("--object-size", metavar="PX", min=SMALLEST, max=LARGEST, help=_said("object_size"))
    ] = None,
    model: Annotated[str, typer.Option(metavar="MODEL", help=_said("model"))] = "",
    channel: Annotated[int | None, typer.Option(metavar="NUMBER", min=1, help=f"{_said('channel')} From 1.")] = None,
    device: DevicesOption = None,
    *,
    options: ReadingBesideDataset,
    as_json: Json = False,
) -> None:
    """Find nuclei now: label an image with a model that comes with Voxelwright, and list its objects in a table."""
    config = FindConfig(
        image=str(image), output=str(out), model=model, object_size=object_size, device=device or "auto",
        channel=None if channel is None else channel - 1, reading=options.reading(),
    )  # fmt: skip
    found = run_job(partial(find_nuclei, config), as_json)
    count = "Labels" if found.objects is None else f"{found.objects:,} objects"
    show_result(found, as_json, f"{count} with {found.model.stem}. Written: {found.labels}")
