"""``voxelwright patch-sheet``: all patches of a set in one picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json
from desktop_app.io.pictures import require_picture_ending
from desktop_app.jobs.patches.gallery import write_patch_sheet


def patch_sheet_command(
    folder: Annotated[Path, typer.Argument(metavar="DATASET", help="A set of patches, also one of a project.")],
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="The picture to write.")],
    as_json: Json = False,
) -> None:
    """Draw all patches of a set in their surroundings; a bar says how far labels are: grey none, green done."""
    require_picture_ending(out)
    result = run_job(partial(write_patch_sheet, folder, out), as_json)
    words = "1 patch" if result.patches == 1 else f"{result.patches} patches"
    show_result(result, as_json, f"{words}, {result.done} labelled. Written: {result.file}")
