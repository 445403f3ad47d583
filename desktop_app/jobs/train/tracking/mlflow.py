"""MLflow, by its client, which has no global state (MLflow 2 and 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from desktop_app.core.config.tracking import TrackingParameters
from desktop_app.core.job import Metric
from desktop_app.jobs.train.tracking.base import Ended, TrackedRun, imported

_LONGEST = 500  # letters of a setting, the least that a server of any version takes
_STATES = {"finished": "FINISHED", "cancelled": "KILLED", "failed": "FAILED"}
_NOT_ALLOWED = re.compile(r"[^\w./ -]")  # in names of curves, as MLflow's documentation says


def open_mlflow(parameters: TrackingParameters, run: TrackedRun) -> MlflowRun:
    """A run on a server or in a folder, begun or gone on with.

    Raises:
        UserError: If MLflow is not installed.
    """
    package = imported("mlflow", "MLflow")
    address = parameters.address or (run.folder / "tracking").resolve().as_uri()
    client = package.MlflowClient(tracking_uri=address)
    if run.known_as:
        return MlflowRun(client, run.known_as)
    experiment = client.get_experiment_by_name(parameters.project)
    place = client.create_experiment(parameters.project) if experiment is None else experiment.experiment_id
    begun = client.create_run(place, run_name=run.name)
    for key, value in run.settings.items():
        client.log_param(begun.info.run_id, key, str(value)[:_LONGEST])
    return MlflowRun(client, begun.info.run_id)


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """A run of MLflow.

    Attributes:
        client: Of the package.
        id: Of the run there.
    """

    client: Any
    id: str

    def log(self, metric: Metric) -> None:
        """One point of a curve."""
        self.client.log_metric(self.id, _NOT_ALLOWED.sub("_", metric.name), metric.value, step=metric.step)

    def end(self, how: Ended) -> None:
        """The training has ended."""
        self.client.set_terminated(self.id, status=_STATES[how])
