"""``voxelwright self-test``: whether all parts of the program are there and work."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result
from desktop_app.cli.options import Json
from desktop_app.io.scratch import scratch_folder
from desktop_app.jobs.self_test import SelfTest, run_self_test


def self_test_command(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Keep what the test writes; else it is removed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Test the program itself: its files, every format, a small training, running its model, a worker process.

    ``voxelwright --self-test`` opens the window for a moment as well.
    """
    if out is not None:
        _show(run_job(partial(run_self_test, out), as_json), as_json)
        return
    with scratch_folder("self-test") as folder:
        _show(run_job(partial(run_self_test, folder), as_json), as_json)


def _show(result: SelfTest, as_json: bool) -> None:
    show_result(result, as_json, f"All {len(result.passed)} parts of the program work.")
