"""The jobs that the wizard starts; tests bring their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext
from desktop_app.jobs.train.folder_pairs import FolderPairs, pairs_in_folders

if TYPE_CHECKING:
    from desktop_app.core.advice.start_fit import StartFit
    from desktop_app.core.recipes.data_report import DataReport
    from desktop_app.core.training_result import TrainingResult
    from desktop_app.jobs.train.estimate import Estimate


@dataclass(frozen=True, slots=True)
class TrainingServices:
    """What the wizard asks of the jobs.

    Attributes:
        find_pairs: Images with labels in a folder, or in one for each; in sorted order if asked to; where no labels are
            needed, all images.
        inspect: Opens all pairs and reports sizes, contents and problems; told whether labels are needed.
        share: Gives each image of a report its part anew; told whether labels are needed.
        suggest: A whole configuration derived from the report and the goal.
        estimate: Time, memory and disk that a configuration will take.
        fit: How the model to improve does on the labelled images before it learns.
        train: Trains from a configuration.
        resume: Goes on with a run, as it was or otherwise.
        finish: Makes a model of the best state of a stopped run.
        keep: Copies a model into a folder of models and returns its place there.
    """

    find_pairs: Callable[[Path, Path | None, bool, bool], FolderPairs]
    inspect: Callable[[DatasetConfig, JobContext, bool], DataReport]
    share: Callable[[DataReport, DatasetConfig, bool], DataReport]
    suggest: Callable[[DataReport, DatasetConfig, str], TrainingConfig]
    estimate: Callable[[TrainingConfig, DataReport], Estimate]
    fit: Callable[[TrainingConfig, DataReport, JobContext], StartFit]
    train: Callable[[TrainingConfig, JobContext], TrainingResult]
    resume: Callable[[Path, Continuation, JobContext], TrainingResult]
    finish: Callable[[Path], TrainingResult]
    keep: Callable[[Path, Path], Path]


def real_services() -> TrainingServices:
    """The jobs of the program."""
    from desktop_app.io.models import import_model
    from desktop_app.jobs.train import run as train
    from desktop_app.jobs.train.estimate import estimate
    from desktop_app.jobs.train.inspect_data import inspect_dataset, share_out
    from desktop_app.jobs.train.settings import suggest_training
    from desktop_app.jobs.train.start_fit import start_fit

    return TrainingServices(
        find_pairs=_find_pairs,
        inspect=lambda dataset, ctx, needs_labels: inspect_dataset(dataset, ctx, needs_labels=needs_labels),
        share=lambda report, dataset, needs_labels: share_out(report, dataset, needs_labels=needs_labels),
        suggest=suggest_training,
        estimate=estimate,
        fit=start_fit,
        train=train.train_model,
        resume=train.continue_training,
        finish=train.finish_run,
        keep=import_model,
    )


def _find_pairs(images: Path, labels: Path | None, by_order: bool, needs_labels: bool) -> FolderPairs:
    return pairs_in_folders(images, labels, by_order=by_order, needs_labels=needs_labels)
