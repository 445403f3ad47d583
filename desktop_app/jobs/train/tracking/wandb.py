"""Weights & Biases: into the run's folder, or online where that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from desktop_app.core.config.tracking import TrackingParameters
from desktop_app.core.job import Metric
from desktop_app.jobs.train.tracking.base import Ended, TrackedRun, imported

_CODES = {"finished": 0, "cancelled": 255, "failed": 1}  # as wandb itself says that a run was stopped by hand


def open_wandb(parameters: TrackingParameters, run: TrackedRun) -> WandbRun:
    """A run, begun or gone on with; nothing leaves the computer unless ``online`` is set.

    Raises:
        UserError: If the package is not installed.
    """
    package = imported("wandb", "Weights & Biases")
    begun = package.init(
        project=parameters.project,
        name=run.name,
        id=run.known_as or None,
        resume="allow" if run.known_as else None,
        config=dict(run.settings),
        dir=str(run.folder),
        mode="online" if parameters.online else "offline",
        save_code=False,
    )
    return WandbRun(begun)


@dataclass(frozen=True, slots=True)
class WandbRun:
    """A run of Weights & Biases.

    Attributes:
        run: Of the package.
    """

    run: Any

    @property
    def id(self) -> str:
        """Of the run there."""
        return str(self.run.id)

    def log(self, metric: Metric) -> None:
        """One point of a curve; the steps of validations come later than those of losses, so they are a value, too."""
        self.run.log({metric.name: metric.value, "step": metric.step})

    def end(self, how: Ended) -> None:
        """The training has ended."""
        self.run.finish(exit_code=_CODES[how])
