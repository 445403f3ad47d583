"""The table of commands, and the one place where their errors become a sentence and an exit status."""

from __future__ import annotations

import importlib.metadata
import io
import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from desktop_app.cli.computer import check_computer_command, gpu_support_command, update_command
from desktop_app.cli.convert import convert_command
from desktop_app.cli.copy import copy_command
from desktop_app.cli.demo import demo_command
from desktop_app.cli.evaluate import evaluate_command
from desktop_app.cli.find import find_command
from desktop_app.cli.infer import infer_command
from desktop_app.cli.info import info_command
from desktop_app.cli.measure import measure_command
from desktop_app.cli.models import models_app
from desktop_app.cli.objects import objects_command
from desktop_app.cli.options import CANCELLED, FAILED, WRONG
from desktop_app.cli.patch_sheet import patch_sheet_command
from desktop_app.cli.patches import patches_command
from desktop_app.cli.pictures import movie_command, picture_command
from desktop_app.cli.pixels import pixels_command
from desktop_app.cli.prepare import prepare_command
from desktop_app.cli.preview import preview_command
from desktop_app.cli.propose import propose_command
from desktop_app.cli.review import review_command
from desktop_app.cli.self_test import self_test_command
from desktop_app.cli.settings_help import (
    DecodeHelp,
    MeasureHelp,
    MovieHelp,
    ObjectsHelp,
    PatchesHelp,
    PictureHelp,
    PixelsHelp,
    ReviewHelp,
    TrainingHelp,
    UtilityHelp,
)
from desktop_app.cli.store_patches import store_patches_command
from desktop_app.cli.surfaces import surfaces_command
from desktop_app.cli.train import train_command
from desktop_app.cli.tune import tune_command
from desktop_app.cli.turn import turn_command
from desktop_app.cli.two_files import accept_command, compare_command
from desktop_app.cli.utility import utility_command
from desktop_app.cli.write_back import write_back_command
from desktop_app.core.errors import UnreadableFileError, UnwritableFileError, UserError
from desktop_app.core.job import JobCancelled

logger = logging.getLogger(__name__)

CANCEL_WORD = "Stopped."
EXIT_STATUS = "Exit status: 0 all done, 1 some cases failed, 2 wrong arguments or configuration, 130 stopped."

app = typer.Typer(
    name="voxelwright",
    help="Segment 2D and 3D microscopy images. Without a command, the window opens.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", epilog=EXIT_STATUS)(demo_command)
app.command("info", epilog=EXIT_STATUS)(info_command)
app.command("convert", epilog=EXIT_STATUS)(convert_command)
app.command("copy", epilog=EXIT_STATUS)(copy_command)
app.command("patches", epilog=EXIT_STATUS, cls=PatchesHelp)(patches_command)
app.command("patch-sheet", epilog=EXIT_STATUS)(patch_sheet_command)
app.command("store-patches", epilog=EXIT_STATUS)(store_patches_command)
app.command("pixels", epilog=EXIT_STATUS, cls=PixelsHelp)(pixels_command)
app.command("propose", epilog=EXIT_STATUS)(propose_command)
app.command("prepare", epilog=EXIT_STATUS)(prepare_command)
app.command("train", epilog=EXIT_STATUS, cls=TrainingHelp)(train_command)
app.command("tune", epilog=EXIT_STATUS)(tune_command)
app.command("infer", epilog=EXIT_STATUS, cls=DecodeHelp)(infer_command)
app.command("preview", epilog=EXIT_STATUS, cls=DecodeHelp)(preview_command)
app.command("find", epilog=EXIT_STATUS)(find_command)
app.command("evaluate", epilog=EXIT_STATUS)(evaluate_command)
app.command("measure", epilog=EXIT_STATUS, cls=MeasureHelp)(measure_command)
app.command("compare", epilog=EXIT_STATUS)(compare_command)
app.command("accept", epilog=EXIT_STATUS)(accept_command)
app.command("review", epilog=EXIT_STATUS, cls=ReviewHelp)(review_command)
app.command("surfaces", epilog=EXIT_STATUS)(surfaces_command)
app.command("picture", epilog=EXIT_STATUS, cls=PictureHelp)(picture_command)
app.command("movie", epilog=EXIT_STATUS, cls=MovieHelp)(movie_command)
app.command("turn", epilog=EXIT_STATUS)(turn_command)
app.command("objects", epilog=EXIT_STATUS, cls=ObjectsHelp)(objects_command)
app.command("write-back", epilog=EXIT_STATUS)(write_back_command)
app.command("utility", epilog=EXIT_STATUS, cls=UtilityHelp)(utility_command)
app.command("self-test", epilog=EXIT_STATUS)(self_test_command)
app.command("check-computer", epilog=EXIT_STATUS)(check_computer_command)
app.command("gpu-support", epilog=EXIT_STATUS)(gpu_support_command)
app.command("update", epilog=EXIT_STATUS)(update_command)
app.add_typer(models_app, name="models")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"Voxelwright {importlib.metadata.version('voxelwright')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and stop.")
    ] = False,
) -> None:
    """Options before the command."""


def is_command(word: str) -> bool:
    """Whether a word after the program's name is a command."""
    return any(info.name == word for info in app.registered_commands) or any(
        group.name == word for group in app.registered_groups
    )


def _require_there(arguments: list[str]) -> None:
    """A file or folder given to the window must be there; it is no mistyped command."""
    first = arguments[0] if arguments else ""
    if not first.startswith("-") and (Path(first).suffix or Path(first).name != first) and not Path(first).exists():
        raise UserError(f"There is no file or folder {first}.", hint="Check how its name is written.")


def run_command(arguments: list[str]) -> int:
    """Run one command line.

    Args:
        arguments: What stands after the program's name.

    Returns:
        0 all done, 1 some cases failed, 2 wrong arguments or configuration, 130 stopped.
    """
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        _require_there(arguments)
        app(arguments, prog_name="voxelwright")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except UserError as error:
        _tell(error.message, error.hint, as_json)
        return _status(error)
    except (JobCancelled, KeyboardInterrupt):
        _tell(CANCEL_WORD, "", as_json)
        return CANCELLED
    except Exception as error:
        logger.debug("unexpected error", exc_info=True)
        hint = "Please report it with the text above."
        _tell(f"Unexpected problem: {error!r}.", hint, as_json, traceback.format_exc())
        return FAILED
    return 0


def _status(error: UserError) -> int:
    """A file that is there but damaged, or a disk that refuses, is a failed case; the rest is a wrong command."""
    damaged = isinstance(error, UnreadableFileError) and error.path.exists()
    return FAILED if damaged or isinstance(error, UnwritableFileError) else WRONG


def _tell(message: str, hint: str, as_json: bool, details: str = "") -> None:
    if as_json:
        print(json.dumps({"event": "error", "message": message, "hint": hint, "details": details}), flush=True)
        return
    console = Console(stderr=True, highlight=False)
    if details:
        console.print(details, style="dim", markup=False)
    style = "bold" if message == CANCEL_WORD else "bold red"
    console.print(f"{message} {hint}".strip(), style=style, markup=False, soft_wrap=True)
