"""Compare labels with true ones: one image, or a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Region, Times, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.recipes.registry import further_results
from desktop_app.io.atomic import make_place
from desktop_app.io.datasets import find_label_pairs
from desktop_app.io.images.label_reader import open_labels, open_labels_of
from desktop_app.io.images.registry import image_stem, is_image_file
from desktop_app.io.tables import write_table
from desktop_app.jobs.data.agreement import THRESHOLDS, Agreement, agreement_of, average_precision, together
from desktop_app.jobs.data.time_points import at_same_time, wanted_times
from desktop_app.jobs.data.unlabelled_voxels import Unlabelled, UnlabelledCount
from desktop_app.objects.agreement import mean_defined, unjudged
from desktop_app.objects.known import UnknownShares
from desktop_app.objects.masks import islands_of_mask, mask_sentence
from desktop_app.objects.streamed_overlaps import OverlapCounter

_OVERLAPS = ("dice", "iou")
_PARTITION = ("adapted_rand", "voi_split", "voi_merge")
SCORES = (*_OVERLAPS, "f1", "f1_75", "average_precision", "precision", "recall", "panoptic_quality", *_PARTITION)
F1_COLUMNS = tuple(f"f1_at_{threshold:.2f}" for threshold in THRESHOLDS)
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
        average_precision: Partners among partners, missed and extra objects, mean over overlaps from 0.5 to 0.95.
        precision: Share of the predicted objects that are true.
        recall: Share of the true objects that were found.
        panoptic_quality: F1 times the mean overlap of matched objects.
        adapted_rand: Adapted Rand error, 0 is best.
        voi_split: Variation of information by splitting, in bits; 0 is best.
        voi_merge: The same by merging.
        predicted_objects: How many were predicted.
        true_objects: How many there are.
        error: Why the image could not be compared.
        f1_at: F1 at each overlap of ``THRESHOLDS``.
    """

    image: str
    label_class: int | None = None
    dice: float | None = None
    iou: float | None = None
    f1: float | None = None
    f1_75: float | None = None
    average_precision: float | None = None
    precision: float | None = None
    recall: float | None = None
    panoptic_quality: float | None = None
    adapted_rand: float | None = None
    voi_split: float | None = None
    voi_merge: float | None = None
    predicted_objects: int | None = None
    true_objects: int | None = None
    error: str = ""
    f1_at: tuple[float | None, ...] = ()

    def row(self) -> dict[str, Any]:
        """As a row of a table: F1 at each overlap in a column of its own."""
        values = {key: value for key, value in asdict(self).items() if key != "f1_at"}
        return values | dict(zip(F1_COLUMNS, self.f1_at, strict=False))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of all images.

    Attributes:
        cases: One per image (and class).
        mean: Each score over all compared images: overlaps of voxels are averaged over the images in which they are
            defined, objects are counted together. What is undefined in all is left out.
        undefined: In how many of the cases each score is undefined; those in none are left out.
        table: The file that was written.
        failed: Number of images that could not be compared.
        f1_at: F1 of all images together at each overlap of ``THRESHOLDS``.
        details: Of each image, time point by time point, where objects were compared.
        unlabelled: Voxels that did not count, and those that perhaps should not.
    """

    cases: tuple[CaseScores, ...]
    mean: dict[str, float]
    undefined: dict[str, int]
    table: Path | None
    failed: int
    f1_at: tuple[float | None, ...] = ()
    details: dict[str, Agreement] = field(default_factory=dict)
    unlabelled: Unlabelled = field(default_factory=Unlabelled)

    def write(self, out: Path) -> None:
        """Write one row per image and class as the file's ending says.

        Raises:
            UserError: If the file cannot be written.
        """
        make_place(out)
        columns = [f.name for f in fields(CaseScores) if f.name != "f1_at"]
        objects = F1_COLUMNS if any(case.f1_at for case in self.cases) else ()
        write_table(out, [case.row() for case in self.cases], [*columns, *objects])


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
    out: Path | None,
    ctx: JobContext,
    *,
    iou: float = 0.5,
    meaning: LabelMeaning = LabelMeaning(),
    reading: ImageReading = AS_STATED,
    time: Times = None,
) -> Evaluation:
    """Compare a label file with the truth, or all of a folder by name.

    Args:
        predicted: Label image, or a folder of them.
        truth: The same with the true labels.
        out: The table to write (``.csv`` or ``.xlsx``); None: none.
        ctx: For progress and cancelling.
        iou: Overlap from which two objects count as the same, 0 to 1.
        meaning: Of the values.
        reading: What the user said of the files.
        time: The time points of movies to compare, counted from 0; None: all, each by itself.

    Raises:
        UserError: If there is nothing to compare, or the table cannot be written.
    """
    pairs = _pairs(predicted, truth)
    cases: list[CaseScores] = []
    details: dict[str, Agreement] = {}
    unlabelled = UnlabelledCount(meaning.unlabelled)
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
                count = UnlabelledCount(meaning.unlabelled)
                if meaning.kind == "classes":
                    cases += _by_class(title, *both, meaning, count, ctx)
                else:
                    details[title] = _by_object(title, *both, iou, meaning, count, ctx)
                    cases.append(case_of(title, details[title]))
                unlabelled.add(count)
                if (note := count.total.note(title)) is not None:
                    ctx.report(note)
        except UserError as error:
            cases.append(CaseScores(name, error=str(error)))
            ctx.report(Note("error", f"{name}: {error}"))
    result = replace(summed_up(cases, details, meaning, out), unlabelled=unlabelled.total)
    if out is not None:
        result.write(out)
    ctx.report(Progress(len(pairs), len(pairs), "All compared"))
    return result


def summed_up(
    cases: list[CaseScores], details: dict[str, Agreement], meaning: LabelMeaning, out: Path | None
) -> Evaluation:
    """Scores of all together: means of what is defined, and objects of all images counted together."""
    good = [case for case in cases if not case.error]
    shown = [score for score in SCORES if meaning.kind == "objects" or score in _OVERLAPS]
    undefined = {score: sum(getattr(case, score) is None for case in good) for score in shown}
    mean = {score: mean_defined(getattr(case, score) for case in good) for score in (*_OVERLAPS, *_PARTITION)}
    mean |= _together(list(details.values()))
    return Evaluation(
        tuple(cases),
        {score: value for score in SCORES if (value := mean.get(score)) is not None},
        {score: count for score, count in undefined.items() if count},
        out,
        len(cases) - len(good),
        tuple(one.f1 for one in together([agreement.at for agreement in details.values()])) if details else (),
        details,
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
    name: str,
    predicted: Volume,
    truth: Volume,
    iou: float,
    meaning: LabelMeaning,
    count: UnlabelledCount,
    ctx: JobContext,
) -> Agreement:
    """How the objects of an image agree; a few slices are in memory at a time."""
    pieces, check = slabs(truth.shape), ctx.raise_if_cancelled
    left = _Objects(predicted, (meaning.background,), pieces, check)
    right = _Objects(truth, (meaning.background, meaning.unlabelled), pieces, check)
    (found_slabs, found_mask), (true_slabs, true_mask) = left.slabs(), right.slabs()
    for what, mask in (("the prediction", found_mask), ("the truth", true_mask)):
        if mask:
            ctx.report(Note("info", f"{name}: {mask_sentence(what)}"))
    counter, shares = OverlapCounter(), UnknownShares()
    for piece, found, true in zip(pieces, found_slabs, true_slabs, strict=True):
        if meaning.unlabelled is None:
            count.known(true)
        else:
            known = count.known(truth.read(piece))
            shares.add(found, known)
            found = np.where(known, found, np.uint32(0))
        counter.add(found, true)
    count.suspect(counter)
    counter.leave_out(unjudged(shares.mostly_unknown(), counter.overlaps()))
    return agreement_of(counter, iou)


@dataclass(frozen=True, slots=True)
class _Objects:
    """Objects of a label image, slab by slab; the islands of a mask as often as they are asked for."""

    volume: Volume
    ignored: tuple[int | None, ...]
    pieces: list[Region]
    check: Callable[[], None]

    def slabs(self) -> tuple[Iterator[NDArray[np.uint32]], bool]:
        """Their numbers, and whether they are the islands of a mask."""
        islands = islands_of_mask(self.read, self.pieces, self.check)
        if islands is not None:
            return islands, True
        return (self.read(piece) for piece in self.pieces), False

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The labels in a box without what means background or unknown."""
        self.check()
        labels = self.volume.read(region)
        numbers = labels.astype(np.uint32)
        for value in self.ignored:
            if value:
                numbers[labels == value] = 0
        return numbers


def classes_of(name: str, found: Agreement) -> list[CaseScores]:
    """The scores of each class of an image."""
    return [CaseScores(name, label_class=c, dice=one.dice, iou=one.iou) for c, one in found.classes.items()]


def case_of(name: str, found: Agreement) -> CaseScores:
    """The scores of an image whose objects were compared."""
    objects, partition = found.objects, found.partition
    return CaseScores(
        name,
        dice=found.voxels.dice,
        iou=found.voxels.iou,
        f1=objects.f1,
        f1_75=found.at[THRESHOLDS.index(_STRICT)].f1,
        average_precision=found.average_precision,
        precision=objects.precision,
        recall=objects.recall,
        panoptic_quality=objects.panoptic_quality,
        adapted_rand=partition.adapted_rand,
        voi_split=partition.voi_split,
        voi_merge=partition.voi_merge,
        predicted_objects=objects.tp + objects.fp,
        true_objects=objects.tp + objects.fn,
        f1_at=tuple(one.f1 for one in found.at),
    )


def _by_class(
    name: str, predicted: Volume, truth: Volume, meaning: LabelMeaning, count: UnlabelledCount, ctx: JobContext
) -> list[CaseScores]:
    """How the classes of an image agree; a few slices are in memory at a time."""
    counter, seen = OverlapCounter(), np.zeros(0, np.int64)
    for piece in slabs(truth.shape):
        ctx.raise_if_cancelled()
        left, right = predicted.read(piece), truth.read(piece)
        seen = np.union1d(seen, np.union1d(np.unique(left), np.unique(right)).astype(np.int64))
        known = count.known(right)
        counter.add(left[known].astype(np.uint32), right[known].astype(np.uint32))
    count.suspect(counter)
    none = (0, meaning.background, meaning.unlabelled)
    values = meaning.class_values or tuple(value for value in seen.tolist() if value not in none)
    scores = {value: counter.of_class(value) for value in values}
    return [CaseScores(name, label_class=value, dice=one.dice, iou=one.iou) for value, one in scores.items()]


def _together(details: list[Agreement]) -> dict[str, float | None]:
    """The scores of objects over several images, all counted together."""
    if not details:
        return {}
    (objects,) = together([(one.objects,) for one in details])
    at = together([one.at for one in details])
    return {
        "f1": objects.f1,
        "f1_75": at[THRESHOLDS.index(_STRICT)].f1,
        "average_precision": average_precision(at),
        "precision": objects.precision,
        "recall": objects.recall,
        "panoptic_quality": objects.panoptic_quality,
    }
