"""Compare labels with true ones: one image, or a folder of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import fmean

import numpy as np

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.io.atomic import make_folder
from desktop_app.io.datasets import find_pairs
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import image_stem, is_image_file
from desktop_app.io.tables import write_csv
from desktop_app.jobs.batch.inputs import DIRECTIONS
from desktop_app.objects.agreement import class_scores, find_overlaps, scores_at, voxel_scores

SCORES = ("dice", "iou", "f1", "f1_75", "precision", "recall", "panoptic_quality")
_STRICT = 0.75


@dataclass(frozen=True, slots=True)
class CaseScores:
    """Scores of one image; for class labels, of one class in one image.

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
        mean: Mean of each score over the compared images.
        table: The CSV file.
        failed: Number of images that could not be compared.
    """

    cases: tuple[CaseScores, ...]
    mean: dict[str, float]
    table: Path
    failed: int


def evaluate(
    predicted: Path, truth: Path, out: Path, ctx: JobContext, *, iou: float = 0.5, kind: LabelKind = "objects"
) -> Evaluation:
    """Compare a label file with the truth, or all of a folder by name.

    Args:
        predicted: Label image, or a folder of them.
        truth: The same with the true labels.
        out: The CSV file to write.
        ctx: For progress and cancelling.
        iou: Overlap from which two objects count as the same, 0 to 1.
        kind: Whether label values are objects or classes.

    Raises:
        UserError: If there is nothing to compare, or the table cannot be written.
    """
    pairs = _pairs(predicted, truth)
    cases: list[CaseScores] = []
    for done, (name, first, second) in enumerate(pairs):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pairs), f"Comparing {name}"))
        try:
            cases += _compared(name, first, second, iou, kind)
        except UserError as error:
            cases.append(CaseScores(name, error=str(error)))
            ctx.report(Note("error", f"{name}: {error}"))
    good = [case for case in cases if not case.error]
    columns = [field.name for field in fields(CaseScores)]
    make_folder(out.parent)
    write_csv(out, [asdict(case) for case in cases], columns)
    ctx.report(Progress(len(pairs), len(pairs), "All compared"))
    return Evaluation(tuple(cases), _mean(good), out, len(cases) - len(good))


def _pairs(predicted: Path, truth: Path) -> list[tuple[str, Path | None, Path | None]]:
    """Name, predicted file and true file; None for one that is missing."""
    if not predicted.is_dir() or is_image_file(predicted):
        return [(image_stem(predicted), predicted, truth)]
    if not truth.is_dir():
        problem = f"{predicted.name} is a folder, but {truth.name} is not."
        raise UserError(problem, hint="Give two files or two folders.")
    found = find_pairs(predicted, truth)
    if not found.pairs:
        raise UserError(
            f"No image of {predicted.name} has the name of one in {truth.name}.",
            hint="Give the true labels the same file names as the predicted ones.",
        )
    pairs: list[tuple[str, Path | None, Path | None]] = [(image_stem(left), left, right) for left, right in found.pairs]
    stems = {image_stem(left) for left, _ in found.pairs}
    alone = [path for path in found.unmatched_images if not _is_direction(image_stem(path), stems)]
    pairs += [(image_stem(path), path, None) for path in alone]
    return pairs + [(image_stem(path), None, path) for path in found.unmatched_labels]


def _is_direction(stem: str, results: set[str]) -> bool:
    """Whether a label file is what one direction found, beside what all three agree on."""
    return any(stem.removesuffix(suffix) in results for suffix in DIRECTIONS if stem.endswith(suffix))


def _compared(name: str, first: Path | None, second: Path | None, iou: float, kind: LabelKind) -> list[CaseScores]:
    if first is None or second is None:
        raise UserError("There is no predicted label file." if first is None else "There are no true labels.")
    left, right = open_labels(first), open_labels(second)
    require_same_shape(left, right)
    return _by_class(name, left, right) if kind == "classes" else [_by_object(name, left, right, iou)]


def _by_object(name: str, predicted: Volume, truth: Volume, iou: float) -> CaseScores:
    left, right = predicted.read(), truth.read()
    overlaps = find_overlaps(left, right)
    voxels, objects, strict = voxel_scores(left, right), scores_at(overlaps, iou), scores_at(overlaps, _STRICT)
    return CaseScores(
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


def _by_class(name: str, predicted: Volume, truth: Volume) -> list[CaseScores]:
    left, right = predicted.read(), truth.read()
    values = tuple(int(value) for value in np.union1d(np.unique(left), np.unique(right)) if value)
    return [
        CaseScores(name, label_class=value, dice=scores.dice, iou=scores.iou)
        for value, scores in class_scores(left, right, values).items()
    ]


def _mean(cases: list[CaseScores]) -> dict[str, float]:
    means = {}
    for score in SCORES:
        values = [value for case in cases if (value := getattr(case, score)) is not None]
        if values:
            means[score] = fmean(values)
    return means
