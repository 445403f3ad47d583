"""``voxelwright preview``: try a model on a part of an image."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desktop_app.cli.configurations import inference_config
from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.option_groups import ReadingOptions, grouped
from desktop_app.cli.options import Assignments, DevicesOption, Json, image_file
from desktop_app.cli.two_files import region_of
from desktop_app.core.config.inference import RunMode
from desktop_app.core.imaging.shown_size import shown_place, shown_size
from desktop_app.core.job import JobContext

if TYPE_CHECKING:
    from desktop_app.core.config.inference import InferenceConfig
    from desktop_app.jobs.batch.preview_file import PreviewWritten


@grouped
def preview_command(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", parser=image_file, help="The image.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="Path of a .vwmodel folder or file, or a model's name.")],
    out: Annotated[Path, typer.Option(metavar="LABELS", help="The label image to write, as large as the region.")],
    region: Annotated[
        str,
        typer.Option(
            metavar="X,Y,Z",
            help="Box as “0:100,50:90,7”: from : to (not included) of each axis, counted from 0 as in the window. "
            "The middle slice without it.",
        ),
    ] = "",
    others: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="MODEL", help="A further model of the same classes; may be repeated."),
    ] = None,
    mode: Annotated[RunMode, typer.Option(help="The way through the box, as for “infer”.")] = "auto",
    time: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="Time point of a movie, the first one is 1.")] = 1,
    device: DevicesOption = None,
    assignments: Assignments = None,
    *,
    options: ReadingOptions,
    as_json: Json = False,
) -> None:
    """Try a model and its settings on a slice or box of an image, as the preview of the window does."""
    whole = inference_config(model, [image], out.parent, mode, device, None, False, assignments or [], others or [])
    whole = whole.model_copy(update={"reading": options.reading()})
    made = run_job(partial(_preview, whole, out, region, time - 1), as_json)
    place = f"{shown_size(made.region.shape)} px from {shown_place(made.region.start, flat=made.flat)}"
    show_result(made, as_json, f"{made.objects:,} labels in {place}, in {made.seconds:.1f} s. Written: {made.labels}")


def _preview(inference: InferenceConfig, out: Path, region: str, time: int, ctx: JobContext) -> PreviewWritten:
    from desktop_app.jobs.batch.preview_file import PreviewFileConfig, preview_to_file

    return preview_to_file(PreviewFileConfig(inference, out, region_of(region), time), ctx)
