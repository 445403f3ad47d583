"""What a program that collects curves is asked to do."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from desktop_app.core.config.tracking import TrackingParameters
from desktop_app.core.errors import UserError
from desktop_app.core.job import Metric

Ended: TypeAlias = Literal["finished", "cancelled", "failed"]


class Tracker(Protocol):
    """A run as that program keeps it. Any method may fail with any exception of the program."""

    @property
    def id(self) -> str:
        """By which the run is found again when it goes on."""

    def log(self, metric: Metric) -> None:
        """One point of a curve."""

    def end(self, how: Ended) -> None:
        """The training has ended."""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """What is known of a run at its begin.

    Attributes:
        name: Of the model to be made.
        folder: The run's folder.
        settings: By their keys, as on the command line.
        known_as: ``Tracker.id`` of the same run before it was stopped; empty for a new one.
    """

    name: str
    folder: Path
    settings: Mapping[str, Any]
    known_as: str = ""


OpenTracker: TypeAlias = Callable[[TrackingParameters, TrackedRun], Tracker]


def imported(module: str, title: str) -> Any:
    """A package that is no part of this program.

    Raises:
        UserError: If it is not there, or cannot be loaded.
    """
    try:
        return importlib.import_module(module)
    except Exception as error:
        raise UserError(
            f"{title} cannot be used: its package “{module}” is not installed beside Voxelwright.",
            hint=f"Install it (pip install {module}) where Voxelwright runs from Python, or set “Also send curves to” "
            "to “Nowhere”: the run's folder has the same curves, also for TensorBoard.",
            details=str(error),
        ) from error
