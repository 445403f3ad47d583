"""Fit how a finished model makes objects to labels, without a training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.groups import with_groups
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.core.tuned_model import TunedModel, swapped_card
from desktop_app.io.atomic import make_folder
from desktop_app.io.datasets.dead_links import pairs_hint
from desktop_app.io.models import load_card, replace_card
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.jobs.data.project_data import dataset_for_scheme, has_marked, project_pairs
from desktop_app.jobs.data.specimens import with_specimens
from desktop_app.jobs.models.model_files import require_changeable
from desktop_app.jobs.patches.project import project_around
from desktop_app.jobs.train.folder_pairs import pairs_in_folders
from desktop_app.jobs.train.inspect_data import inspect_dataset, other_kind


@dataclass(frozen=True, slots=True)
class TuneRequest:
    """What to fit to what.

    Attributes:
        model: Path of the ``.vwmodel``.
        dataset: Images with labels, as ``labels_in`` and ``labels_of_project`` give them.
        device: Where to compute.
        out: Folder for the table and the picture of what was tried; None writes none.
    """

    model: Path
    dataset: DatasetConfig
    device: str = "auto"
    out: Path | None = None


def labels_in(folder: Path, labels: Path | None, card: ModelCard, divisor: int | None = None) -> DatasetConfig:
    """Images with labels of a folder, of two, or of a project, as a model makes labels.

    Args:
        folder: A data set in a known layout, images alone, or a project.
        labels: The folder of their labels, where they lie elsewhere.
        card: Of the model.
        divisor: The labels are class times this plus the number of an object; None: they are classes, or objects.

    Raises:
        UserError: If there are none, those of a project are of another kind, or a divisor is stated for objects.
    """
    project = project_around(folder)
    if project is not None and labels is not None:
        raise UserError(f"{folder.name} is a project and has its labels itself.", hint="Name no folder of labels.")
    if divisor is not None and (project is not None or card.label_kind == "objects"):
        whose = f"{folder.name} is a project" if project is not None else f"“{card.name}” makes single objects"
        raise UserError(
            f"{whose}, so its labels have no label divisor.", hint="State one for class labels of a folder alone."
        )
    if project is not None:
        with open_project(project[0]) as opened:
            return labels_of_project(opened, card, project[1])
    pairs = pairs_in_folders(folder, labels).pairs
    if not pairs:
        raise UserError(f"No pairs of images and labels were found in {folder.name}.", hint=pairs_hint(folder))
    return _as_made(DatasetConfig(pairs=with_groups(pairs), label_divisor=divisor), card)


def labels_of_project(
    opened: OpenProject, card: ModelCard, within: Path | None = None, *, groups: bool = True
) -> DatasetConfig:
    """The labelled images of a project, of those with slices marked as done these alone, as a model makes labels.

    Args:
        opened: The project.
        card: Of the model.
        within: Take only images whose files lie in this folder; None: all.
        groups: Tell what belongs together, for which all files are opened; else ``tune_to_project`` does.

    Raises:
        UserError: If there are none, or they are of another kind.
    """
    meant = dataset_for_scheme(opened.project.scheme)
    if meant.kind != card.label_kind:
        raise UserError(
            f"The labels of this project hold {meant.kind}, but “{card.name}” makes {card.label_kind}.",
            hint=f"Choose labels of {card.label_kind}, or another model.",
        )
    pairs = project_pairs(opened, marked_only=has_marked(opened, within=within), within=within, specimens=groups)
    if not pairs:
        raise UserError("No image of this project is labelled.", hint="Label some slices, and mark what is done.")
    return _as_made(meant.model_copy(update={"pairs": with_groups(pairs) if groups else pairs}), card)


def _as_made(dataset: DatasetConfig, card: ModelCard) -> DatasetConfig:
    """The data set with its labels meaning what the model makes, without images that are kept for a last test."""
    used = [pair for pair in dataset.pairs if pair.role != "unused"]
    pairs = tuple(pair for pair in used if pair.role != "test") or tuple(used)
    made = {"kind": card.label_kind, "class_values": card.class_values, "class_names": card.class_names}
    return dataset.model_copy(update={**made, "pairs": pairs})


def tune_model(request: TuneRequest, ctx: JobContext) -> TunedModel:
    """Label the images, search which values of making objects agree best with their labels, and say how well.

    The model is only read; ``keep_tuned`` gives it the new values.

    Raises:
        JobCancelled: When asked to stop; nothing is written then.
        UserError: If model or images cannot be used, or the labels are of another kind than the model makes.
        UnwritableFileError: If the disk refuses.
    """
    report = inspect_dataset(request.dataset, ctx)
    wrong = [problem for row in report.rows for problem in row.problems if problem.level == "error"]
    wrong += [problem for problem in report.problems if problem.level == "error"]
    if wrong:
        raise UserError(wrong[0].text)
    for row in report.rows:
        for problem in row.problems:
            if problem.level == "warning":
                ctx.report(Note("warning", f"{row.name}: {problem.text}"))
    card = load_card(request.model)
    if text := other_kind(report, request.dataset):
        raise UserError(text, hint=_of_this_kind(card, request.dataset))
    from desktop_app.ml.training.fitted_decoding import fitted_decoding

    if request.out is not None:
        make_folder(request.out)
    tuned = fitted_decoding(request.model, request.dataset, request.device, request.out, ctx)
    for sentence in tuned.sentences:
        ctx.report(Note("info", sentence))
    return tuned


def tune_to_project(request: TuneRequest, ctx: JobContext) -> TunedModel:
    """``tune_model`` with images of a project of which nobody has told yet which belong together.

    Raises:
        JobCancelled: As ``tune_model``.
        UserError: As ``tune_model``.
        UnwritableFileError: As ``tune_model``.
    """
    pairs = with_groups(with_specimens(request.dataset.pairs, ctx.raise_if_cancelled))
    return tune_model(replace(request, dataset=request.dataset.model_copy(update={"pairs": pairs})), ctx)


def _of_this_kind(card: ModelCard, dataset: DatasetConfig) -> str:
    """What to do about labels that hold something else than a model makes."""
    also = ", or state the label divisor if they also number objects"
    may_number = card.label_kind == "classes" and dataset.label_divisor is None
    return f"“{card.name}” makes {card.label_kind}: choose labels of these{also if may_number else ''}."


def keep_tuned(model: Path, tuned: TunedModel) -> None:
    """Give a model the values that were found; those from before stay written in it.

    Raises:
        UserError: If it comes with the program, or was changed since.
        UnwritableFileError: If the disk refuses.
    """
    require_changeable(model)
    now = load_card(model)
    if (now.decode, now.weights_sha256) != (tuned.card.decode, tuned.card.weights_sha256):
        raise UserError(f"“{now.name}” was changed in the meantime.", hint="Fit it to the labels again.")
    replace_card(model, tuned.kept_card())


def swap_values(model: Path) -> ModelCard:
    """Give a model the values from before it was fitted to labels, or the fitted ones again; the others stay in it.

    Raises:
        UserError: If it was never fitted to labels, or comes with the program.
        UnwritableFileError: If the disk refuses.
    """
    require_changeable(model)
    card = swapped_card(load_card(model))
    replace_card(model, card)
    return card
