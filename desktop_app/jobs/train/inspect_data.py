"""Look at training data before training: what is there, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from desktop_app.core.config.class_draw import draw_in_words
from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.groups import groups_in_words, on_both_sides_in_words
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.shown_size import shown_size
from desktop_app.core.imaging.volume import counted_channels
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.project.model import Role
from desktop_app.core.recipes.data_report import NOT_NUMBERS, DataReport, DataRow, Problem, with_classes_seen
from desktop_app.core.recipes.example import ExampleSlice, example_of
from desktop_app.core.recipes.registry import all_goals
from desktop_app.io.datasets.class_names import names_around
from desktop_app.io.images.label_reader import other_voxels
from desktop_app.io.images.masked_labels import mask_of, open_masked_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.train.label_survey import ImageSurvey, LabelSurvey, survey_image, survey_labels
from desktop_app.jobs.train.settings import with_found_classes

_SMALLEST_EDGE = 8  # px; a network that halves three times needs so many
_MANY_CLASSES = 50  # more are single objects in all likelihood
_MOST_CLASSES = 254  # targets are uint8: 0 is background, 255 unknown
_MOST_PIECES = 5  # of one number on average: these are classes in all likelihood
_MOST_ALIKE, _FEWEST_ALIKE = 10, 3
"""Numbers up to 10 that all of three images or more have are classes in all likelihood: objects are seldom as many."""
_NOTHING_ASIDE = (
    "No image is kept aside to watch the learning: nothing will be known of how good the model is, and its last state "
    "is kept. Raise the share for validation, or choose an image for it."
)
_NOTHING_TO_SEE = (
    "All grey values of each image are the same, or none is a number: there is nothing to learn from. Were the images "
    "saved rightly?"
)
_EXAMPLE_EDGE = 512  # px: patches are seldom larger, and more is not seen in the form
_NAMED_VALUES = 5  # of the label values left out; a longer list would not be read
_ORIENTED = Problem(
    "info",
    "The classes lie in the same direction from each other in all images: patches are not mirrored, and turned by 15° "
    "at most.",
)
_SIZES_DIFFER = 0.1  # relative; scaling at random covers 15 percent


def inspect_dataset(dataset: DatasetConfig, ctx: JobContext, *, needs_labels: bool = True) -> DataReport:
    """Open all pairs, look at grey values and labels, and collect problems in plain words.

    A file that cannot be read becomes a problem of its row, never an exception.

    Args:
        dataset: The pairs, and what their labels mean.
        ctx: Hears about progress, and may cancel.
        needs_labels: Whether the method learns from labels, so that an image without any is of no use.
    """
    rows: list[DataRow] = []
    example: ExampleSlice | None = None
    for number, pair in enumerate(dataset.pairs):
        ctx.raise_if_cancelled()
        ctx.report(Progress(number, len(dataset.pairs), f"Looking at {pair.name}"))
        row, shown = _row(pair, dataset, needs_labels=needs_labels, example=example is None)
        rows.append(row)
        example = example or shown
    ctx.report(Progress(len(rows), len(rows), "All images looked at"))
    usable = [row for row in rows if row.voxel_size is not None]
    sizes = [row.object_size for row in usable if row.object_size is not None]
    typical = None
    if sizes:
        typical = (median(s[0] for s in sizes), median(s[1] for s in sizes), median(s[2] for s in sizes))
    flat = bool(usable) and all(row.shape[0] == 1 for row in usable)
    channels = Counter(row.channels for row in usable).most_common(1)
    report = DataReport(
        rows=tuple(rows),
        object_size=typical,
        n_channels=channels[0][0] if channels else 1,
        dimensions=2 if flat else 3,
        example=example,
        class_names=names_around(Path(pair.image) for pair in dataset.pairs) if dataset.kind == "classes" else {},
    )
    return share_out(report, dataset, needs_labels=needs_labels)


def share_out(report: DataReport, dataset: DatasetConfig, *, needs_labels: bool = True) -> DataReport:
    """The report with the part of each image, and what is to be said of the whole; images are not looked at again.

    Args:
        report: What was found in the images.
        dataset: The pairs, what their labels mean, and the split.
        needs_labels: Whether the method learns from labels, so that an image without any is of no use.
    """
    from desktop_app.ml.data.split import draw_images, holds_labels, units_of

    meant = with_found_classes(with_classes_seen(dataset, report.rows), report)
    pairs = _without_unreadable(meant.pairs, report)
    holds = partial(holds_labels, dataset=dataset) if needs_labels else None
    drawn = draw_images(pairs, dataset.split, holds, meant.class_values if needs_labels else ())
    shared = [replace(row, role=role) for row, role in zip(report.rows, drawn.parts, strict=True)]
    usable = [row for row in shared if row.voxel_size is not None]
    problems = _problems_of_all(usable, dataset, needs_labels=needs_labels)
    problems += _of_groups(dataset, drawn.parts) if dataset.split.by == "group" else []
    names = dict(zip(meant.class_values, meant.class_names, strict=False))
    changed = draw_in_words(drawn.classes, pairs, units_of(pairs, dataset.split), names)
    problems += [Problem("info", changed)] * bool(changed)
    shared_out = replace(report, rows=tuple(shared), problems=tuple(problems))
    return replace(shared_out, problems=(*problems, *([_ORIENTED] if shared_out.oriented else [])))


def _without_unreadable(pairs: Sequence[PairConfig], report: DataReport) -> Sequence[PairConfig]:
    """The pairs as they are shared out: those that cannot be read are not used, as whoever trains leaves them out."""
    bad = {row.name for row in report.rows if any(problem.level == "error" for problem in row.problems)}
    if len(bad) == len(pairs):
        return pairs
    return [pair.model_copy(update={"role": "unused"}) if pair.name in bad else pair for pair in pairs]


def _of_groups(dataset: DatasetConfig, roles: Sequence[Role]) -> list[Problem]:
    """What is kept together, and what is not."""
    together, parted = groups_in_words(dataset.pairs), on_both_sides_in_words(dataset.pairs, roles)
    return [Problem("info", together)] * bool(together) + [Problem("warning", parted)] * bool(parted)


def _row(
    pair: PairConfig, dataset: DatasetConfig, *, needs_labels: bool, example: bool
) -> tuple[DataRow, ExampleSlice | None]:
    """What is told of a pair; with ``example`` also a slice of it, where it has one with labels."""
    shown = None
    try:
        image = open_volume(Path(pair.image), reading=pair.reading)
        labels = None
        if needs_labels or pair.labels is not None:
            labels = open_masked_labels(pair.label_path, image, mask_of(pair, dataset), dataset.unknown)
        seen = survey_image(image)
        survey, problems = None, _image_problems(image, seen)
        if labels is not None:
            labels = labels.at_time(min(pair.time or 0, labels.times - 1))
            survey = survey_labels(labels, pair.slices, dataset)
            problems += [Problem("info", note) for note in labels.notes]
            problems += [Problem("warning", text)] if (text := other_voxels(image, labels)) else []
            problems += _label_problems(pair, survey, dataset) if needs_labels else []
            if example and not survey.empty and labels.shape == image.shape:
                shown = _example(pair.name, image.at_time(labels.time), labels, survey.fullest)
    except UserError as error:
        return DataRow(pair.name, problems=(Problem("error", str(error)),)), None
    voxel = image.voxel_size if image.voxel_size.known or labels is None else labels.voxel_size
    counted = dataset.kind == "objects"
    row = DataRow(
        name=pair.name,
        shape=image.shape,
        dtype=image.dtype.name,
        channels=image.channels,
        color=image.rgb,
        voxel_size=voxel,
        objects=survey.objects if counted and survey else None,
        classes=() if counted or not survey else survey.values,
        object_size=survey.object_size if counted and survey else None,
        problems=tuple(problems),
        small_object=survey.small_object if counted and survey else None,
        counts=survey.counts if survey else None,
        places=survey.places if survey else {},
        left_over=survey.left_over if counted and survey else 0,
        numbers=_few_numbers(survey, dataset) if counted and survey else (),
        even=seen.constant,
        pieces=survey.pieces if survey else 1.0,
    )
    return row, shown


def _example(name: str, image: Volume, labels: Volume, z: int) -> ExampleSlice:
    """A slice of the first channel with its labels."""
    box = Region((z, 0, 0), (z + 1, *image.shape[1:]))
    picture = image.read(box)[0]
    return example_of(name, to_uint8(picture, auto_window(picture)), labels.read(box)[0], _EXAMPLE_EDGE)


def _image_problems(image: Volume, survey: ImageSurvey) -> list[Problem]:
    found = []
    if min(image.shape[1:]) < _SMALLEST_EDGE:
        found.append(Problem("error", f"The image is too small to learn from ({shown_size(image.shape)})."))
    if not survey.finite:
        found.append(Problem("warning", NOT_NUMBERS))
    if survey.constant:
        found.append(Problem("warning", "All grey values are the same; there is nothing to see."))
    return found


def _label_problems(pair: PairConfig, survey: LabelSurvey, dataset: DatasetConfig) -> list[Problem]:
    if pair.slices is not None and not pair.slices:
        return [Problem("warning", "No slice is marked as done, so nothing is learned from this image.")]
    if survey.empty:
        return [Problem("warning", "The labels are empty; everything counts as background.")]
    if dataset.kind == "objects" and survey.is_mask:
        text = "All objects have the same number, so touching ones count as one object."
        return [Problem("warning", text)]
    if dataset.kind == "objects" and survey.pieces > _MOST_PIECES:
        text = f"Each number stands at about {survey.pieces:.0f} separate places of a slice. "
        return [Problem("warning", f"{text}Are these kinds of structure rather than single objects?")]
    if dataset.kind == "classes" and len(survey.values) > _MANY_CLASSES:
        text = f"The labels hold {len(survey.values):,} different numbers. Are these objects rather than classes?"
        return [Problem("warning" if len(survey.values) <= _MOST_CLASSES else "error", text)]
    return []


def values_left_out(report: DataReport, dataset: DatasetConfig) -> str:
    """A sentence on label values that are neither learned nor known to mean something; empty where there are none."""
    if dataset.kind != "classes":
        return ""
    known = {0, dataset.unknown, dataset.background, *dataset.class_values, *dataset.weighted_values}
    holders = {value: row.name for row in reversed(report.rows) for value in row.classes if value not in known}
    if not holders:
        return ""
    named = ", ".join(f"{value} (first in {name})" for value, name in sorted(holders.items())[:_NAMED_VALUES])
    more = f" and {len(holders) - _NAMED_VALUES:,} more" if len(holders) > _NAMED_VALUES else ""
    return f"Label values that are not among the classes to learn count as background: {named}{more}."


def other_kind(report: DataReport, dataset: DatasetConfig) -> str:
    """A sentence where labels hold something else than a data set says of them; empty where nothing speaks for it."""
    if dataset.kind == "classes":
        return values_left_out(report, dataset)
    if all(row.objects is None or row.pieces > _MOST_PIECES for row in report.rows):
        first = report.rows[0]
        return (
            f"In {first.name} each number stands at about {first.pieces:.0f} separate places of a slice: these labels "
            "hold kinds of structure rather than single objects."
        )
    return ""


def _problems_of_all(rows: Sequence[DataRow], dataset: DatasetConfig, *, needs_labels: bool) -> list[Problem]:
    if not rows:
        with_labels = " together with its labels" if needs_labels else ""
        return [Problem("error", f"None of the images can be read{with_labels}.")]
    found = []
    if needs_labels and all(_nothing_in(row, dataset) for row in rows):
        found.append(Problem("error", "The labels are empty in all images: there is nothing to learn."))
    if all(row.even for row in rows):
        found.append(Problem("error", _NOTHING_TO_SEE))
    channels = Counter(row.channels for row in rows).most_common()
    if len(channels) > 1:
        usual = channels[0][0]
        odd = ", ".join(f"{row.name} ({row.channels})" for row in rows if row.channels != usual)
        text = f"Most images have {counted_channels(usual)}, but these have another number: {odd}."
        text += " Take them out of the data."
        found.append(Problem("error", text))
    if len({row.shape[0] == 1 for row in rows}) > 1:
        found.append(Problem("warning", "Some images are single slices and some are volumes; better train apart."))
    sizes = [row.voxel_size for row in rows if row.voxel_size is not None]
    if any(not size.same_as(sizes[0], _SIZES_DIFFER) for size in sizes[1:]):
        text = "The voxel sizes differ between images; objects then differ in size, too. “Change the voxel size” (menu "
        found.append(Problem("warning", text + "Tools) makes them alike."))
    found += _like_classes(rows) if needs_labels else []
    found += _left_overs([row for row in rows if row.left_over]) if needs_labels else []
    one = sum(row.role != "unused" for row in rows) == 1
    if one and dataset.split.validation > 0:
        found.append(Problem("info", "There is one image: a part of it is kept aside to watch the learning."))
    elif needs_labels and not dataset.split.folds and all(row.role != "validation" for row in rows):
        found.append(Problem("warning", _NOTHING_ASIDE))
    return found


def _few_numbers(survey: LabelSurvey, dataset: DatasetConfig) -> tuple[int, ...]:
    """Numbers of the objects, where there are several and they are as small as those of classes."""
    numbers = tuple(value for value in survey.values if value not in (dataset.unknown, dataset.background))
    return numbers if len(numbers) > 1 and max(numbers) <= _MOST_ALIKE else ()


def _like_classes(rows: Sequence[DataRow]) -> list[Problem]:
    """A sentence where all images have the same few numbers, as classes have and objects hardly ever."""
    numbers = {row.numbers for row in rows}
    if len(rows) < _FEWEST_ALIKE or len(numbers) != 1 or () in numbers:
        return []
    goal = all_goals()["regions"]
    named = ", ".join(map(str, rows[0].numbers[:-1])) + f" and {rows[0].numbers[-1]}"
    text = (
        f"All {len(rows)} images have the same numbers, {named}, which here stand for objects. If they stand for "
        f"classes, such as tissues, choose the goal “{goal.title}” (on the command line --goal {goal.name})."
    )
    return [Problem("warning", text)]


def _left_overs(rows: Sequence[DataRow]) -> list[Problem]:
    """Objects that are far smaller than the others of their image, in a sentence that says where most are."""
    if not rows:
        return []
    count, most = sum(row.left_over for row in rows), max(rows, key=lambda row: row.left_over)
    are, they = ("object is", "it is") if count == 1 else ("objects are", "they are")
    spread = f"most in {most.name} ({most.left_over})" if most.left_over > 1 else f"one of them in {most.name}"
    where = f"in {most.name}" if len(rows) == 1 else f"in {len(rows)} images, {spread}"
    text = (
        f"{count:,} {are} smaller than a tenth of the usual one, without lying at a border: {where}. Often {they} left "
        "over from labelling; a model can hardly find such objects, and each counts as missed. Look at the labels, and "
        "take them out with “Remove by size” (menu Objects)."
    )
    return [Problem("warning", text)]


def _nothing_in(row: DataRow, dataset: DatasetConfig) -> bool:
    if dataset.kind == "objects":
        return not row.objects
    background = {0, dataset.unknown, dataset.background}
    return not any(value not in background for value in row.classes)
