"""Compare labels with true ones: one image, or a folder of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.recipes.registry import further_results
from desktop_app.io.atomic import make_folder
from desktop_app.io.datasets import find_label_pairs
from desktop_app.io.images.label_reader import open_labels, open_labels_of
from desktop_app.io.images.registry import image_stem, is_image_file
from desktop_app.io.tables import write_csv
from desktop_app.jobs.data.time_points import at_same_time, wanted_times
from desktop_app.objects.agreement import (
    ObjectScores,
    class_scores,
    find_overlaps,
    mean_defined,
    scores_at,
    scores_from_counts,
    voxel_scores,
    without_unknown,
)
from desktop_app.objects.masks import as_objects

_OVERLAPS = ("dice", "iou")
SCORES = (*_OVERLAPS, "f1", "f1_75", "precision", "recall", "panoptic_quality")
_STRICT = 0.75
"""Overlap of objects that are outlined well; usual beside 0.5, as in the COCO benchmark (Lin et al. 2014)."""


@dataclass(frozen=True, slots=True)
class CaseScores:
    """Scores of one image; for class labels, of one class in one image. None: undefined, nothing speaks of it.

    Attributes:
        image: Name of the image.
        label_class: Class value; None for object labels and where the image could not be compared.
        dice: Overlap of all labelled voxels, 0 to 1.
        iou: The same as intersection over union.
        f1: Of objects that overlap enough.
        f1_75: Of objects that overlap by three quarters (IoU 0.75).
        precision: Share of the predicted objects that are true.
        recall: Share of the true objects that were found.
        panoptic_quality: F1 times the mean overlap of matched objects.
        predicted_objects: How many were predicted.
        true_objects: How many there are.
        error: Why the image could not be compared.
    """

    image: str
    label_class: int | None = None
    dice: float | None = None
    iou: float | None = None
    f1: float | None = None
    f1_75: float | None = None
    precision: float | None = None
    recall: float | None = None
    panoptic_quality: float | None = None
    predicted_objects: int | None = None
    true_objects: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of all images.

    Attributes:
        cases: One per image (and class).
        mean: Each score over all compared images: overlaps of voxels are averaged over the images in which they are
            defined, objects are counted together. What is undefined in all is left out.
        undefined: In how many of the cases each score is undefined; those in none are left out.
        table: The CSV file.
        failed: Number of images that could not be compared.
    """

    cases: tuple[CaseScores, ...]
    mean: dict[str, float]
    undefined: dict[str, int]
    table: Path
    failed: int


@dataclass(frozen=True, slots=True)
class LabelMeaning:
    """What the values of the true labels mean.

    Attributes:
        kind: Whether values are objects or classes.
        unlabelled: Value of voxels of which nothing is known; they and what was found there do not count.
        background: A value that means background, besides 0.
        class_values: The classes to compare; empty: all values that occur.
    """

    kind: LabelKind = "objects"
    unlabelled: int | None = None
    background: int | None = None
    class_values: tuple[int, ...] = ()


def evaluate(
    predicted: Path,
    truth: Path,
    out: Path,
    ctx: JobContext,
    *,
    iou: float = 0.5,
    meaning: LabelMeaning = LabelMeaning(),
    reading: ImageReading = AS_STATED,
    time: int | None = None,
) -> Evaluation:
    """Compare a label file with the truth, or all of a folder by name.

    Args:
        predicted: Label image, or a folder of them.
        truth: The same with the true labels.
        out: The CSV file to write.
        ctx: For progress and cancelling.
        iou: Overlap from which two objects count as the same, 0 to 1.
        meaning: Of the values.
        reading: What the user said of the files.
        time: The time point of movies to compare, counted from 0; None: all, each by itself.

    Raises:
        UserError: If there is nothing to compare, or the table cannot be written.
    """
    pairs = _pairs(predicted, truth)
    cases: list[CaseScores] = []
    objects: list[tuple[ObjectScores, ObjectScores]] = []
    for done, (name, first, second) in enumerate(pairs):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pairs), f"Comparing {name}"))
        try:
            left, right = _opened(first, second, reading)
            for place in wanted_times(right, time):
                ctx.raise_if_cancelled()
                title = f"{name}, time point {place + 1}" if right.times > 1 else name
                truth_then = right.at_time(place)
                both = at_same_time(left, truth_then), truth_then
                if meaning.kind == "classes":
                    cases += _by_class(title, *both, meaning)
                else:
                    case, counted = _by_object(title, *both, iou, meaning, ctx)
                    cases.append(case)
                    objects.append(counted)
        except UserError as error:
            cases.append(CaseScores(name, error=str(error)))
            ctx.report(Note("error", f"{name}: {error}"))
    make_folder(out.parent)
    write_csv(out, [asdict(case) for case in cases], [field.name for field in fields(CaseScores)])
    ctx.report(Progress(len(pairs), len(pairs), "All compared"))
    return _summed_up(cases, objects, meaning, out)


def _summed_up(
    cases: list[CaseScores], objects: list[tuple[ObjectScores, ObjectScores]], meaning: LabelMeaning, out: Path
) -> Evaluation:
    """Scores of all together: means of what is defined, and objects of all images counted together."""
    good = [case for case in cases if not case.error]
    shown = [score for score in SCORES if meaning.kind == "objects" or score in _OVERLAPS]
    undefined = {score: sum(getattr(case, score) is None for case in good) for score in shown}
    mean = {score: mean_defined(getattr(case, score) for case in good) for score in _OVERLAPS} | _together(objects)
    return Evaluation(
        tuple(cases),
        {score: value for score in SCORES if (value := mean.get(score)) is not None},
        {score: count for score, count in undefined.items() if count},
        out,
        len(cases) - len(good),
    )


def _pairs(predicted: Path, truth: Path) -> list[tuple[str, Path | None, Path | None]]:
    """Name, predicted file and true file; None for one that is missing."""
    if not predicted.is_dir() or is_image_file(predicted):
        return [(image_stem(predicted), predicted, truth)]
    if not truth.is_dir():
        problem = f"{predicted.name} is a folder, but {truth.name} is not."
        raise UserError(problem, hint="Give two files or two folders.")
    found = find_label_pairs(predicted, truth)
    if not found.pairs:
        raise UserError(
            f"No image of {predicted.name} has the name of one in {truth.name}.",
            hint="Give the true labels the same file names as the predicted ones.",
        )
    pairs: list[tuple[str, Path | None, Path | None]] = [(image_stem(left), left, right) for left, right in found.pairs]
    stems = {image_stem(left) for left, _ in found.pairs}
    alone = [path for path in found.unmatched_images if not _is_further(image_stem(path), stems)]
    pairs += [(image_stem(path), path, None) for path in alone]
    return pairs + [(image_stem(path), None, path) for path in found.unmatched_labels]


def _is_further(stem: str, results: set[str]) -> bool:
    """Whether a label file was written beside a result, such as what one direction found beside what all agree on."""
    return any(stem.removesuffix(end) in results for end in further_results() if stem.endswith(end))


def _opened(first: Path | None, second: Path | None, reading: ImageReading) -> tuple[Volume, Volume]:
    if first is None or second is None:
        raise UserError("There is no predicted label file." if first is None else "There are no true labels.")
    right = open_labels(second, reading=reading)
    return open_labels_of(first, right, reading=reading), right


def _by_object(
    name: str, predicted: Volume, truth: Volume, iou: float, meaning: LabelMeaning, ctx: JobContext
) -> tuple[CaseScores, tuple[ObjectScores, ObjectScores]]:
    """Scores of an image, and its objects counted at the wanted and at the strict overlap."""
    wanted = truth.read()
    known = np.ones(wanted.shape, bool) if meaning.unlabelled is None else wanted != meaning.unlabelled
    left, found_mask = as_objects(predicted.read(), (meaning.background,))
    right, true_mask = as_objects(wanted, (meaning.background, meaning.unlabelled))
    for what, mask in (("prediction", found_mask), ("truth", true_mask)):
        if mask:
            ctx.report(Note("info", f"{name}: all labels of the {what} have one value; each island is one object."))
    left = without_unknown(left, known)
    overlaps = find_overlaps(left, right)
    voxels, objects, strict = voxel_scores(left, right, known), scores_at(overlaps, iou), scores_at(overlaps, _STRICT)
    case = CaseScores(
        name,
        dice=voxels.dice,
        iou=voxels.iou,
        f1=objects.f1,
        f1_75=strict.f1,
        precision=objects.precision,
        recall=objects.recall,
        panoptic_quality=objects.panoptic_quality,
        predicted_objects=objects.tp + objects.fp,
        true_objects=objects.tp + objects.fn,
    )
    return case, (objects, strict)


def _by_class(name: str, predicted: Volume, truth: Volume, meaning: LabelMeaning) -> list[CaseScores]:
    left, right = predicted.read(), truth.read()
    known = None if meaning.unlabelled is None else right != meaning.unlabelled
    values = meaning.class_values
    if not values:
        none = (0, meaning.background, meaning.unlabelled)
        values = tuple(int(v) for v in np.union1d(np.unique(left), np.unique(right)) if int(v) not in none)
    return [
        CaseScores(name, label_class=value, dice=scores.dice, iou=scores.iou)
        for value, scores in class_scores(left, right, values, known).items()
    ]


def _together(counted: list[tuple[ObjectScores, ObjectScores]]) -> dict[str, float | None]:
    """The scores of objects over several images, all counted together."""
    if not counted:
        return {}
    objects, strict = (
        scores_from_counts(
            sum(one.tp for one in found),
            sum(one.fp for one in found),
            sum(one.fn for one in found),
            sum(one.tp * (one.mean_matched_iou or 0.0) for one in found),
        )
        for found in zip(*counted, strict=True)
    )
    return {
        "f1": objects.f1,
        "f1_75": strict.f1,
        "precision": objects.precision,
        "recall": objects.recall,
        "panoptic_quality": objects.panoptic_quality,
    }
