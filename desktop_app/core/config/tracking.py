"""Sending the curves of a training to a program that collects those of many."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra

TrackerName: TypeAlias = Literal["none", "mlflow", "wandb"]
_TRACKERS = {"none": "Nowhere", "mlflow": "MLflow", "wandb": "Weights & Biases"}


class TrackingParameters(Parameters):
    """Where settings and curves of a run are sent besides its folder. Images, labels, paths and models never are."""

    to: TrackerName = Field(
        default="none",
        title="Also send curves to",
        json_schema_extra=field_extra(titles=_TRACKERS),
        description="For groups that compare runs in MLflow or Weights & Biases, which must be installed beside "
        "Voxelwright. Nothing is sent unless you choose one here; the run's folder has all curves in any case.",
    )
    project: str = Field(
        default="voxelwright",
        min_length=1,
        max_length=120,
        title="Project there",
        json_schema_extra=field_extra(advanced=True),
        description="Runs of one project are compared with each other.",
    )
    address: str = Field(
        default="",
        max_length=500,
        title="Address",
        json_schema_extra=field_extra(advanced=True),
        description="For MLflow: https://… of a server, or a folder; empty is the folder tracking of the run.",
    )
    online: bool = Field(
        default=False,
        title="Send at once",
        json_schema_extra=field_extra(advanced=True),
        description="For Weights & Biases. Off keeps all in the folder of the run, to be sent with “wandb sync” or not "
        "at all.",
    )
