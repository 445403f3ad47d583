"""The images that a command line wants to train with, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.core.config.dataset import HEAVIEST, DatasetConfig, PairConfig
from desktop_app.core.config.groups import groups_in, with_groups
from desktop_app.core.config.several_datasets import PairSource, combined
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Times, describe_times
from desktop_app.core.job import JobContext, Note
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.recipes.registry import all_goals
from desktop_app.io.datasets.dead_links import dead_links_words, pairs_hint
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.projects import PROJECT_SUFFIX, open_project
from desktop_app.jobs.data.project_data import dataset_for_scheme, has_marked, layer_names, project_pairs, stuff_names
from desktop_app.jobs.patches.project import project_around
from desktop_app.jobs.train.earlier_draws import split_as_before
from desktop_app.jobs.train.folder_pairs import pairs_in_folders
from desktop_app.jobs.train.training_pairs import require_apart, source_in

_MOST_NAMED = 5  # images in a sentence


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What the command line said of a training; None where it said nothing."""

    dataset: Path | None = None
    out: Path | None = None
    goal: str | None = None
    recipe: str | None = None
    network: str | None = None
    config: Path | None = None
    start_from: str | None = None
    device: str | None = None
    assignments: tuple[str, ...] = ()
    reading: ImageReading = AS_STATED
    time: Times = None
    layer: str | None = None
    also: tuple[str, ...] = ()
    validation: Path | None = None
    groups: str = ""
    epochs: int | None = None
    samples: int = 1
    labels: Path | None = None
    by_order: bool = False
    check_every: int = 0


def chosen_dataset(
    folder: Path, request: TrainingRequest, ctx: JobContext, *, needs_labels: bool
) -> tuple[DatasetConfig, tuple[str, ...]]:
    """The images to learn from of a folder or a project, and its classes that are regions; what is left out is told."""
    stuff: tuple[str, ...] = ()
    scheme: LabelScheme | None = None
    project = project_around(folder)
    if request.layer is not None and project is None:
        raise UserError(f"{folder.name} is no project: it has no label layers.", hint="Leave --layer out.")
    if request.labels is not None and project is not None:
        raise UserError(f"{folder.name} is a project and has its labels itself.", hint="Leave --labels out.")
    if project is not None:
        with open_project(project[0]) as opened:
            names = layer_names(opened)
            if request.layer is not None and request.layer not in names:
                known = ", ".join(names)
                raise UserError(f"No image has a label layer “{request.layer}”.", hint=f"There are: {known}.")
            marked = has_marked(opened, request.layer, project[1])
            pairs = project_pairs(
                opened, marked_only=marked, needs_labels=needs_labels, layer=request.layer, within=project[1]
            )
            meant = dataset_for_scheme(opened.project.scheme).shared_by(split_as_before(opened))
            found = meant.model_copy(update={"pairs": pairs})
            scheme, stuff = opened.project.scheme, stuff_names(opened.project.scheme)
    else:
        pairs = _pairs_of_folder(folder, request, ctx, needs_labels=needs_labels)
        found = DatasetConfig(pairs=pairs, kind=all_goals()[request.goal].kind if request.goal else "objects")
    if not found.pairs and not needs_labels:
        raise UserError(f"No images were found in {folder.name}.", hint="Put some into it, or name another folder.")
    if not found.pairs:
        hint = pairs_hint(folder)
        if project is not None:
            hint = "Open the project, label some slices or import labels, and mark what is done."
        raise UserError(f"No pairs of images and labels were found in {folder.name}.", hint=hint)
    own = PairSource(folder.resolve().name.removesuffix(PROJECT_SUFFIX), _as_said(found.pairs, request), scheme=scheme)
    pairs = with_groups(_with_others(own, request, needs_labels), request.groups)
    _tell_checked_too(pairs, ctx)
    found = found if request.validation is None else found.checked_elsewhere()
    return found.model_copy(update={"pairs": pairs}), stuff


def _pairs_of_folder(
    folder: Path, request: TrainingRequest, ctx: JobContext, *, needs_labels: bool
) -> tuple[PairConfig, ...]:
    """Images with their labels of a folder, or of two; files without a partner are told.

    Raises:
        UserError: If no names fit, but the files could be paired in sorted order.
    """
    found = pairs_in_folders(folder, request.labels, by_order=request.by_order, needs_labels=needs_labels)
    if not found.pairs and found.by_order_possible:
        raise UserError(
            f"No names of files in {folder.name} and {(request.labels or folder).name} fit.",
            hint="Call labels as their images, or add --by-order if both are in the same order.",
        )
    if found.pairs and (alone := found.describe_alone()):
        ctx.report(Note("warning", alone))
    if found.pairs and (gone := dead_links_words(folder)):
        ctx.report(Note("warning", gone))
    return found.pairs


def _tell_checked_too(pairs: Sequence[PairConfig], ctx: JobContext) -> None:
    """Say which images are not learned from because others of their group were named for checking."""
    groups = groups_in(pairs)
    too = [
        pairs[place].name
        for places in groups.values()
        if any(pairs[place].role == "validation" for place in places)
        for place in places
        if pairs[place].role == "auto"
    ]
    if too:
        named = ", ".join(too[:_MOST_NAMED]) + (f" and {len(too) - _MOST_NAMED} more" if len(too) > _MOST_NAMED else "")
        text = f"Checked with, too, and not learned from, as images of their groups are for checking: {named}."
        ctx.report(Note("warning", text))


def _with_others(own: PairSource, request: TrainingRequest, needs_labels: bool) -> tuple[PairConfig, ...]:
    """The pairs of a data set together with those of the further ones that the command line names."""
    sources = [own]
    for text in request.also:
        folder, weight = _weighted_folder(text)
        sources.append(source_in(folder, weight, needs_labels=needs_labels))
    if request.validation is not None:
        sources.append(source_in(request.validation, role="validation", needs_labels=needs_labels))
    require_apart(sources)
    return combined(sources)


def _weighted_folder(text: str) -> tuple[Path, float]:
    """``FOLDER`` or ``FOLDER=WEIGHT``."""
    folder, equals, weight = text.rpartition("=")
    if not equals or Path(text).exists():
        return Path(text), 1.0
    try:
        number = float(weight)
    except ValueError:
        number = 0.0
    if not 0 < number <= HEAVIEST:
        raise UserError(
            f"--also {text}: {weight} is no weight.",
            hint=f"Write FOLDER=0.5, with a weight above 0 up to {HEAVIEST:g}.",
        )
    return Path(folder), number


def _as_said(pairs: Sequence[PairConfig], request: TrainingRequest) -> tuple[PairConfig, ...]:
    """The pairs as the command line says that their files are read, at the time points that it wants.

    Raises:
        UserError: If none of them has labels at those time points.
    """
    said: dict[str, Any] = {} if request.reading == AS_STATED else {"reading": request.reading}
    if request.time is None:
        return tuple(pair.model_copy(update=said) for pair in pairs)
    found = [one.model_copy(update=said) for pair in pairs for one in _at_times(pair, request.time)]
    if not found:
        raise UserError(
            f"Nothing is labelled at time point {describe_times(request.time)}.", hint="Leave --time out for all."
        )
    return tuple(found)


def _at_times(pair: PairConfig, times: Times) -> Iterator[PairConfig]:
    """A pair at each of the time points wanted at which it has labels; what has no time stands for each, but once."""
    wanted = (times,) if isinstance(times, int) else times or ()
    if pair.time is not None:
        return iter([pair] if pair.time in wanted else [])
    labels = open_labels(Path(pair.labels)) if len(wanted) > 1 and pair.labels else None
    many = labels is None or labels.times > 1
    return (pair.model_copy(update={"time": time}) for time in (wanted if many else wanted[:1]))
