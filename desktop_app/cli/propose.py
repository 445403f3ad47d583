"""``voxelwright propose``: label the object under one or a few clicks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import DeviceOption, Json, image_file, voxel_of
from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.config.base import explain
from desktop_app.core.imaging import Plane
from desktop_app.jobs.assistants.propose import ProposalConfig, propose_object


def propose_command(
    image: Annotated[Path, typer.Argument(parser=image_file, metavar="IMAGE", help="The image.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The label image to write.")],
    at: Annotated[list[str], typer.Option("--at", metavar="Z,Y,X", help="A voxel of the object; may be repeated.")],
    without: Annotated[
        list[str] | None, typer.Option(metavar="Z,Y,X", help="A voxel that is not of it; may be repeated.")
    ] = None,
    by: Annotated[str, typer.Option(metavar="KIND", help="What proposes: edges, model, file or server.")] = "edges",
    model: Annotated[str, typer.Option(metavar="NAME.vwmodel", help="A model, for “model”.")] = "",
    encoder: Annotated[str, typer.Option(metavar="FILE.onnx", help="The image encoder, for “file”.")] = "",
    decoder: Annotated[str, typer.Option(metavar="FILE.onnx", help="The mask decoder, for “file”.")] = "",
    server: Annotated[str, typer.Option(metavar="ADDRESS", help="An nnInteractive server, for “server”.")] = "",
    through: Annotated[bool, typer.Option("--through", help="Follow the object through the slices.")] = False,
    plane: Annotated[Plane, typer.Option(help="Which way slices are cut.")] = Plane.XY,
    channel: Annotated[int, typer.Option(min=0, help="Channel of the image, from 0.")] = 0,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Labels to add the object to, where nothing is labelled.")
    ] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Correct the object of --labels at the first --at instead of adding one.")
    ] = False,
    time: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Time point of a movie.")] = 1,
    device: DeviceOption = None,
    as_json: Json = False,
) -> None:
    """Label the object under one or a few clicks, as the click assistant of the window proposes it."""
    try:
        choice = AssistantChoice.model_validate(
            {
                "by": by,
                "model": model,
                "encoder": encoder,
                "decoder": decoder,
                "server": server,
                "device": device or "auto",
            }
        )
    except ValidationError as error:
        raise explain(error, "The command") from error
    config = ProposalConfig(
        choice,
        image,
        out,
        tuple(voxel_of(text) for text in at),
        tuple(voxel_of(text) for text in without or ()),
        plane,
        through,
        channel,
        labels,
        time - 1,
        correct,
    )
    result = run_job(partial(propose_object, config), as_json)
    found = f"Object {result.number} has {result.voxels} voxels." if result.number else "Nothing new was found there."
    show_result(result, as_json, f"{found} Written: {result.out}")
