"""``voxelwright infer``: run a model on images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desktop_app.cli.configurations import inference_config
from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.objects import steps_of
from desktop_app.cli.options import (
    FAILED,
    Assignments,
    Axes,
    DevicesOption,
    Json,
    TimeAsZ,
    TimePoints,
    VoxelSizeText,
    image_file,
    reading_of,
)
from desktop_app.core.config.inference import InferenceConfig, RunMode
from desktop_app.core.imaging import AS_STATED, ImageReading, parse_times
from desktop_app.core.job import JobCancelled, JobContext, Note
from desktop_app.io.images.registry import list_series

if TYPE_CHECKING:
    from desktop_app.jobs.batch.infer import BatchResult

_Inputs = Annotated[
    list[Path],
    typer.Option(
        "--input",
        metavar="FILE|FOLDER",
        parser=image_file,
        help="Image, folder of images, or web address of an OME-Zarr image; may be repeated.",
    ),
]
_Then = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OPERATION [KEY=VALUE …]",
        help="Change the objects found before they are written, as “size-filter min_size=50” does; may be "
        "repeated. “voxelwright objects --help” lists the operations.",
    ),
]
_SeveralSeries = Annotated[
    list[str] | None,
    typer.Option(
        "--series",
        "--dataset",
        metavar="NAME|NUMBER|all",
        help="Image in a file that holds several; “info” lists them. May be repeated, or all: each by itself.",
    ),
]


def infer_command(
    model: Annotated[str, typer.Option(metavar="MODEL", help="Path of a .vwmodel folder or file, or a model's name.")],
    inputs: _Inputs,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Labels, tables and summary.csv are written here.")],
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="MODEL",
            help="A further model of the same classes, such as one of a cross-validation; may be repeated. What all "
            "say is averaged.",
        ),
    ] = None,
    mode: Annotated[
        RunMode,
        typer.Option(
            help="auto: the model's own way; slice: each slice by itself; stack: objects are followed through the "
            "slices; ortho: three directions and what they agree on; volume: boxes of the volume."
        ),
    ] = "auto",
    device: DevicesOption = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Settings of an earlier batch.")] = None,
    assignments: Assignments = None,
    then: _Then = None,
    resume: Annotated[
        bool, typer.Option(help="Skip images whose results are already there, and slices of interrupted ones.")
    ] = True,
    series: _SeveralSeries = None,
    axes: Axes = "",
    voxel_size: VoxelSizeText = "",
    time_as_z: TimeAsZ = False,
    stack: Annotated[
        bool, typer.Option("--stack", help="The pictures of a folder are the slices of one image, not images each.")
    ] = False,
    time: TimePoints = "",
    as_json: Json = False,
) -> None:
    """Label images with a trained model: one label file and one table per image, and a summary."""
    whole = inference_config(model, inputs, output, mode, device, config, resume, assignments or [], others or [])
    first, *others = series or [""]
    every = first == "all" and not others
    reading = reading_of("" if every else first, axes, voxel_size, time_as_z).model_copy(update={"stack": stack})
    if reading != AS_STATED:
        whole = whole.model_copy(update={"reading": reading})
    if every or others:
        whole = whole.model_copy(update={"further": _further(whole, None if every else others)})
    if time:
        whole = whole.model_copy(update={"time": parse_times(time)})
    if then:
        whole = whole.model_copy(update={"then": steps_of(then)})
    result = run_job(partial(_infer, whole), as_json)
    rows = [(c.name, c.state, c.objects, c.seconds, c.error or " ".join(c.notes)) for c in result.cases]
    table = table_of("", ("Image", "State", "Objects", "Seconds", "Remarks"), rows)
    show_result(result, as_json, table, f"Written: {result.output}")
    if result.failed:
        raise typer.Exit(FAILED)


def _further(config: InferenceConfig, names: list[str] | None) -> dict[str, tuple[ImageReading, ...]]:
    """Of each image file those images beside the first that are wanted, by name; None: all of them."""
    from desktop_app.jobs.batch.infer import list_cases

    found = {}
    for path in list_cases(config):
        wanted = [one.name for one in list_series(path)[1:]] if names is None else names
        found[str(path)] = tuple(config.reading.model_copy(update={"series": name}) for name in wanted)
    return found


def _infer(config: InferenceConfig, ctx: JobContext) -> BatchResult:
    from desktop_app.jobs.batch.infer import run_inference

    try:
        return run_inference(config, ctx)
    except JobCancelled:
        ctx.report(Note("info", "Stopped. Give the same command again to go on; what is finished is skipped."))
        raise
