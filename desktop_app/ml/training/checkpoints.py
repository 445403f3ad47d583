"""Checkpoints: a stop is a pause, and a crash loses little."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.atomic import atomic_path, write_json, writing
from desktop_app.io.json_files import read_json

_STATE = "state.json"
AVERAGE, NETWORK = "average.", "network."
"""Before the names of weights in a checkpoint to go on from."""


@dataclass(slots=True)
class Progression:
    """How far a training run has come.

    Attributes:
        step: Steps done.
        validated: Last step that was validated.
        best_step: Step of the state that is kept, 0 before the first validation.
        best_scores: Its scores by name.
        best_score: The highest score of all validations.
        doubt: How much lower a score may be that is as good.
        stale: Validations since the highest score.
        stopped: Why the run ended; empty while it goes on.
        falls: How often the learning rate has fallen because nothing got better.
        lowest: The lowest loss of validations, for that; None before the first.
        flat: Validations since it was lower, or since the last fall.
        began: Step at which the present stretch began; above 0 where a finished run goes on.
        unmade: Whether the run ended and its model is still to be made: tuned, scored, and saved.
    """

    step: int = 0
    validated: int = 0
    best_step: int = 0
    best_scores: dict[str, float] = field(default_factory=dict)
    best_score: float = -1.0
    doubt: float = 0.0
    stale: int = 0
    stopped: str = ""
    falls: int = 0
    lowest: float | None = None
    flat: int = 0
    began: int = 0
    unmade: bool = False

    def watch(self, loss: float, patience: int) -> None:
        """Take in a loss; after so many that were no lower than the lowest one, the learning rate falls.

        Args:
            loss: Of a validation; NaN says nothing.
            patience: Validations.
        """
        if math.isnan(loss):
            return
        if self.lowest is None or loss < self.lowest:
            self.lowest, self.flat = loss, 0
            return
        self.flat += 1
        if self.flat >= patience:
            self.falls, self.flat = self.falls + 1, 0


def save_checkpoint(
    folder: Path, progression: Progression, weights: Mapping[str, torch.Tensor], optimiser: dict[str, Any] | None = None
) -> None:
    """Write a checkpoint; the old one stays valid until the new one is complete.

    Args:
        folder: ``checkpoints/last`` or ``checkpoints/best``.
        progression: Written last, and names the other files.
        weights: Tensors by name, written as safetensors.
        optimiser: State of the optimiser; None for a checkpoint that is not resumed from.
    """
    with writing(folder):
        folder.parent.mkdir(exist_ok=True)  # the run itself must be there: its drive may have been disconnected
        folder.mkdir(exist_ok=True)
    files = {"weights": f"weights-{progression.step:07d}.safetensors"}
    with atomic_path(folder / files["weights"]) as path, _refusals_of_the_disk(path):
        save_file({name: t.detach().cpu().contiguous() for name, t in weights.items()}, path)
    if optimiser is not None:
        files["optimiser"] = f"optimiser-{progression.step:07d}.pt"
        with atomic_path(folder / files["optimiser"]) as path, _refusals_of_the_disk(path):
            torch.save(optimiser, path)
    write_json(folder / _STATE, {"progression": asdict(progression), "files": files})
    for old in folder.iterdir():
        if old.name not in (_STATE, *files.values()):
            with contextlib.suppress(OSError):
                old.unlink()


_WRITER = "inline_container"
"""Names the part of PyTorch that writes files in the errors that it raises."""


@contextlib.contextmanager
def _refusals_of_the_disk(path: Path) -> Iterator[None]:
    """Libraries tell of a full disk in errors of their own kind; turn these into the system's.

    Raises:
        OSError: With the system's number where the library passed it on, else with that of a full disk, which is the
            usual reason of its own kind of error. Another ``RuntimeError`` is a fault of the program.
    """
    try:
        yield
    except (SafetensorError, RuntimeError) as error:
        found = re.search(r"os error (\d+)", str(error))
        if found is None and isinstance(error, RuntimeError) and _WRITER not in str(error):
            raise
        number = int(found.group(1)) if found else errno.ENOSPC
        raise OSError(number, os.strerror(number), str(path)) from error


def has_checkpoint(folder: Path) -> bool:
    """Whether a folder holds a complete checkpoint."""
    return (folder / _STATE).is_file()


def has_optimiser(folder: Path) -> bool:
    """Whether a checkpoint holds the state of an optimiser, not of weights alone.

    Raises:
        UnreadableFileError: If the checkpoint is damaged or there is none.
    """
    return "optimiser" in _state(folder)["files"]


def load_progression(folder: Path) -> Progression:
    """How far the run of a checkpoint had come.

    Raises:
        UnreadableFileError: If the checkpoint is damaged or there is none.
    """
    return Progression(**_state(folder)["progression"])


def note_made(folder: Path) -> None:
    """Write down that the model of an ended run is made, so that nothing is left to do.

    Raises:
        UserError: If the checkpoint is damaged, or the disk refuses.
    """
    state = _state(folder)
    if state["progression"].get("unmade"):
        write_json(folder / _STATE, {**state, "progression": {**state["progression"], "unmade": False}})


def load_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by name.

    Raises:
        UnreadableFileError: If the checkpoint is damaged or there is none.
    """
    path = folder / str(_state(folder)["files"]["weights"])
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise UnreadableFileError(path, "the checkpoint is damaged.", details=str(error)) from error


def load_optimiser(folder: Path) -> dict[str, Any]:
    """State of the optimiser of a checkpoint. Loading runs no code from the file.

    Raises:
        UnreadableFileError: If the checkpoint is damaged or was not made for resuming.
    """
    path = folder / str(_state(folder)["files"].get("optimiser", "optimiser.pt"))
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, LookupError, UnpicklingError) as error:
        raise UnreadableFileError(path, "the checkpoint is damaged.", details=str(error)) from error
    return state


def prefixed(network: nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    """The weights of a network with a prefix before each name."""
    return {prefix + name: tensor for name, tensor in network.state_dict().items()}


def without_prefix(weights: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The weights whose names start with a prefix, which is cut off."""
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def _state(folder: Path) -> dict[str, Any]:
    path = folder / _STATE
    try:
        state: dict[str, Any] = read_json(path)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(
            path, "there is no complete checkpoint.", hint="Start the training anew.", details=str(error)
        ) from error
    return state
