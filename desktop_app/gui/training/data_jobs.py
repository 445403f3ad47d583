"""What the data page runs in the background."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.several_datasets import PairSource
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.project.model import Role
from desktop_app.core.recipes.registry import recipes_for
from desktop_app.gui.training.draft import MoreData
from desktop_app.gui.training.services import TrainingServices
from desktop_app.io.datasets import search_stopped_by
from desktop_app.jobs.data.specimens import with_specimens
from desktop_app.jobs.train.folder_pairs import FolderPairs
from desktop_app.jobs.train.settings import with_sparse_labels
from desktop_app.jobs.train.training_pairs import source_in

if TYPE_CHECKING:
    from desktop_app.core.recipes.data_report import DataReport


def find(
    services: TrainingServices,
    images: Path,
    labels: Path | None,
    by_order: bool,
    needs_labels: bool,
    ctx: JobContext,
) -> FolderPairs:
    """Images with their labels in folders."""
    with search_stopped_by(ctx.raise_if_cancelled):
        return services.find_pairs(images, labels, by_order, needs_labels)


def read_specimens(pairs: tuple[PairConfig, ...], ctx: JobContext) -> tuple[PairConfig, ...]:
    """The images with the specimens that their files name."""
    ctx.report(Progress(0, 0, "Reading of which specimens the images are…"))
    return with_specimens(pairs, ctx.raise_if_cancelled)


def share(
    services: TrainingServices, report: DataReport, dataset: DatasetConfig, needs_labels: bool, ctx: JobContext
) -> DataReport:
    """What the data hold, with the part of each image by another split."""
    return services.share(report, dataset, needs_labels)


def look_and_suggest(
    services: TrainingServices, dataset: DatasetConfig, goal: str, needs_labels: bool, ctx: JobContext
) -> tuple[DataReport, TrainingConfig]:
    """What the data hold, and the settings that follow; labels of a few slices are looked at as such."""
    report = services.inspect(dataset, ctx, needs_labels)
    told = with_sparse_labels(dataset, report)
    if told is not dataset and recipes_for(goal)[0].serves(told.kind):
        dataset, report = told, services.inspect(told, ctx, needs_labels)
    ctx.report(Progress(0, 0, "Choosing settings that suit the images…"))
    return report, services.suggest(report, dataset, goal)


def find_more(more: tuple[MoreData, ...], needs_labels: bool, ctx: JobContext) -> tuple[PairSource, ...]:
    """The images of further data sets."""
    found = []
    for each in more:
        role: Role | None = "validation" if each.checks else None
        with search_stopped_by(ctx.raise_if_cancelled):
            found.append(source_in(each.folder, each.weight, role, needs_labels=needs_labels))
    return tuple(found)
