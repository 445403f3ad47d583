"""``voxelwright store-patches``: labelled patches as a data set for any program."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json
from desktop_app.core.config.patches import PatchLayout
from desktop_app.core.errors import UserError
from desktop_app.jobs.patches.store import StoreConfig, store_patches

_LAYOUTS: tuple[PatchLayout, ...] = get_args(PatchLayout)


def store_patches_command(
    folder: Annotated[Path, typer.Argument(metavar="DATASET", help="A set of patches, also one of a project.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The data set to make, or with --add, to grow.")],
    layout: Annotated[
        str, typer.Option(metavar="|".join(_LAYOUTS), help="How images and labels lie in it.")
    ] = "volumes",
    add: Annotated[
        bool, typer.Option("--add", help="Add to the data set in --out, in the layout that it has.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the patches that are done with their labels; of flipbooks the labelled slice, as empanada stores them."""
    chosen = next((known for known in _LAYOUTS if known == layout), None)
    if chosen is None:
        raise UserError(f"There is no layout “{layout}”.", hint=f"Choose one of: {', '.join(_LAYOUTS)}.")
    result = run_job(partial(store_patches, StoreConfig(folder, out, chosen, add)), as_json)
    words = "1 patch" if len(result.patches) == 1 else f"{len(result.patches)} patches"
    show_result(result, as_json, f"{words} with labels. Written: {result.out}")
