"""Programs that collect the curves of many trainings: one file each, and the table of them."""

from desktop_app.jobs.train.tracking.base import OpenTracker, Tracker
from desktop_app.jobs.train.tracking.mlflow import open_mlflow
from desktop_app.jobs.train.tracking.wandb import open_wandb

TRACKERS: dict[str, OpenTracker] = {"mlflow": open_mlflow, "wandb": open_wandb}
"""By the names of ``TrackingParameters.to``."""

__all__ = ["TRACKERS", "OpenTracker", "Tracker"]
