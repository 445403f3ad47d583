"""How two label images agree, in every score that is usual, with what became of each object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress, slice_in_words
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.io.atomic import make_place
from desktop_app.io.scratch import roomy_array
from desktop_app.io.tables import write_table
from desktop_app.objects.agreement import ObjectScores, VoxelScores, mean_defined, scores_at, scores_from_counts
from desktop_app.objects.masks import islands_of_mask, mask_sentence
from desktop_app.objects.matching import Match, matches
from desktop_app.objects.measure import StreamingMeasurer
from desktop_app.objects.partitions import PartitionScores, partition_scores
from desktop_app.objects.streamed_overlaps import OverlapCounter

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""Overlaps from 0.5 to 0.95, as in the COCO benchmark (T.-Y. Lin et al. 2014)."""

_MOST_BYTES = 2**28
"""Memory for the numbered islands of a mask; those of larger ones lie in a temporary file."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two label images agree.

    Attributes:
        objects: At the overlap that was asked for.
        at: The same at each of ``THRESHOLDS``.
        voxels: Of all that is labelled.
        partition: Adapted Rand error and variation of information.
        matches: What became of each object.
        places: Centre (z, y, x) in voxels of each true (True, number) and found (False, number) object.
        classes: Of each class, where labels are classes.
        islands: The numbered islands of the prediction and of the truth, to which ``matches`` refers where all labels
            of one have one value; None where its own numbers count.
    """

    objects: ObjectScores
    at: tuple[ObjectScores, ...]
    voxels: VoxelScores
    partition: PartitionScores
    matches: tuple[Match, ...] = ()
    places: dict[tuple[bool, int], tuple[float, float, float]] = field(default_factory=dict)
    classes: dict[int, VoxelScores] = field(default_factory=dict)
    islands: tuple[LabelReader | None, LabelReader | None] = (None, None)

    @property
    def average_precision(self) -> float | None:
        """Mean over the thresholds of partners / (partners + missed + extra), as in J. Caicedo et al. 2019."""
        return average_precision(self.at)


def average_precision(at: tuple[ObjectScores, ...]) -> float | None:
    """Mean over thresholds of tp / (tp + fp + fn); None where there are no objects."""
    return mean_defined(s.tp / total if (total := s.tp + s.fp + s.fn) else None for s in at)


def together(found: list[tuple[ObjectScores, ...]]) -> tuple[ObjectScores, ...]:
    """Objects of several images counted together, threshold by threshold."""
    return tuple(
        scores_from_counts(
            sum(one.tp for one in scores),
            sum(one.fp for one in scores),
            sum(one.fn for one in scores),
            sum(one.tp * (one.mean_matched_iou or 0.0) for one in scores),
        )
        for scores in zip(*found, strict=True)
    )


def agreement_of(counter: OverlapCounter, iou: float) -> Agreement:
    """All scores of what was counted; the first volume is the prediction, the second the truth."""
    overlaps, pairs = counter.overlaps(), counter.pairs()
    return Agreement(
        scores_at(overlaps, iou),
        tuple(scores_at(overlaps, threshold) for threshold in THRESHOLDS),
        counter.voxels(),
        partition_scores(*pairs),
        tuple(matches(*pairs, overlaps, iou)),
    )


def compare_labels(
    predicted: LabelReader, truth: LabelReader, ctx: JobContext, *, iou: float = 0.5, by_class: bool = False
) -> Agreement:
    """Compare two label images of one shape, slab by slab, so that memory follows the objects and not the voxels.

    Args:
        predicted: What is judged.
        truth: What is right.
        ctx: For progress and cancelling.
        iou: Overlap from which objects are partners.
        by_class: Whether values name classes: then each class is compared, and no object is.

    Raises:
        JobCancelled: If the user stops it.
        UnreadableFileError: If a file is damaged.
    """
    counter, pieces = OverlapCounter(), slabs(truth.shape)
    islands = (
        (None, None) if by_class else (_islands(predicted, "the prediction", ctx), _islands(truth, "the truth", ctx))
    )
    predicted, truth = islands[0] or predicted, islands[1] or truth
    measurers = StreamingMeasurer(predicted.shape), StreamingMeasurer(truth.shape)
    for done, piece in enumerate(pieces):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pieces), slice_in_words(piece.start[0] + 1, truth.shape[0])))
        both = predicted.read(piece), truth.read(piece)
        counter.add(*both)
        if not by_class:
            for measurer, labels in zip(measurers, both, strict=True):
                _measure(measurer, piece, labels, ctx.raise_if_cancelled)
    ctx.report(Progress(1, 1, "All compared"))
    if by_class:
        return class_agreement(counter)
    places = {(side is measurers[1], row.id): row.centroid for side in measurers for row in side.rows()}
    return replace(agreement_of(counter, iou), places=places, islands=islands)


def _islands(labels: LabelReader, which: str, ctx: JobContext) -> LabelReader | None:
    """The islands of a mask, numbered; None where labels have several values, or there is one island."""
    pieces = slabs(labels.shape)
    numbered = islands_of_mask(labels.read, pieces, ctx.raise_if_cancelled)
    if numbered is None:
        return None
    ctx.report(Note("info", mask_sentence(which)))
    room = roomy_array(labels.shape, np.uint32, _MOST_BYTES, ".islands")
    for piece, numbers in zip(pieces, numbered, strict=True):
        room.write(piece, numbers)
    return room


def class_agreement(counter: OverlapCounter) -> Agreement:
    """Scores of each class."""
    first, second, counts = counter.pairs()
    empty = scores_from_counts(0, 0, 0, 0.0)
    values = sorted({*first[first > 0].tolist(), *second[second > 0].tolist()})
    classes = {value: counter.of_class(value) for value in values}
    voxels, partition = counter.voxels(by_class=True), partition_scores(first, second, counts)
    return Agreement(empty, tuple(empty for _ in THRESHOLDS), voxels, partition, classes=classes)


def match_rows(agreement: Agreement, image: str = "") -> list[dict[str, Any]]:
    """What became of each object, as rows of a table."""
    rows = []
    for match in agreement.matches:
        place = agreement.places.get((match.of_truth, match.truth if match.of_truth else match.predicted))
        row: dict[str, Any] = {
            "outcome": match.outcome.value,
            "true_id": match.truth or None,
            "predicted_id": match.predicted or None,
            "iou": match.iou,
            "true_voxels": match.true_voxels or None,
            "predicted_voxels": match.predicted_voxels or None,
        }
        if place is not None:
            row |= {f"centroid_{axis}": round(value, 1) for axis, value in zip("zyx", place, strict=True)}
        rows.append(({"image": image} if image else {}) | row)
    return rows


@dataclass(slots=True)
class MatchTable:
    """Rows of ``match_rows`` as a file."""

    rows: list[dict[str, Any]]
    columns: list[str]

    def write(self, out: Path) -> Path:
        """Write it as the file's ending says.

        Raises:
            UserError: If the file cannot be written.
        """
        make_place(out)
        write_table(out, self.rows, self.columns)
        return out


def _measure(measurer: StreamingMeasurer, piece: Region, labels: NDArray[np.uint32], check: Callable[[], None]) -> None:
    check()
    measurer.add(piece, labels)
