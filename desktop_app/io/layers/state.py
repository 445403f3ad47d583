"""``layers.json``: which layers the next start uses, and which one it goes back to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from desktop_app.core.config.base import Parameters
from desktop_app.io.atomic import make_folder, remove_abandoned, write_text
from desktop_app.io.json_files import read_json
from desktop_app.io.settings import data_folder

_FILE = "layers.json"


class AppChoice(Parameters):
    """The program's own layer.

    Attributes:
        folder: Its name; empty for the installed one.
        before: The one before it, to go back to; empty for the installed one.
        confirmed: Whether it has shown its window once.
        starts: How often it was started without having done so.
    """

    folder: str = ""
    before: str = ""
    confirmed: bool = False
    starts: int = 0


class GpuChoice(Parameters):
    """The layer with a torch for GPUs.

    Attributes:
        folder: Its name.
        works: Whether it computed a sum on this computer's GPU.
        reason: Why not.
        before: The one that worked before it; empty for none.
    """

    folder: str
    works: bool = False
    reason: str = ""
    before: str = ""


class LayersState(Parameters):
    """The whole file."""

    schema_version: Literal[1] = 1
    app: AppChoice | None = None
    gpu: GpuChoice | None = None


def layers_folder() -> Path:
    """Where the user's layers lie."""
    return data_folder() / "layers"


def read_state() -> LayersState:
    """What was chosen; nothing where the file is missing or damaged."""
    try:
        return LayersState.model_validate(read_json(layers_folder() / _FILE))
    except (OSError, ValueError, ValidationError):
        return LayersState()


def write_state(state: LayersState) -> None:
    """Replace the file.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    make_folder(layers_folder())
    remove_abandoned(layers_folder())
    write_text(layers_folder() / _FILE, state.model_dump_json(indent=2) + "\n")


def confirm_app() -> None:
    """Remember that the running app showed its window; it is no longer on trial."""
    state = read_state()
    if state.app is not None and not state.app.confirmed:
        write_state(state.model_copy(update={"app": state.app.model_copy(update={"confirmed": True, "starts": 0})}))
