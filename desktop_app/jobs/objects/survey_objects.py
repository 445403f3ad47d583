"""What a reviewer wants to know of all objects of open labels, as a job, and after an edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.imaging.region import BoxReader
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project.review import STATES, Review
from desktop_app.objects.proofreading.facts import Facts, Said
from desktop_app.objects.proofreading.index import ObjectIndex
from desktop_app.objects.proofreading.piece_counts import UNKNOWN, piece_counts
from desktop_app.objects.proofreading.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What is known of the objects.

    Attributes:
        index: By tiles; whoever gets a survey after an edit must not use the one before.
        rows: Of all objects.
        pieces: (N,) int32, number of pieces, negative where unknown yet.
    """

    index: ObjectIndex
    rows: Rows
    pieces: NDArray[np.int32]

    def facts(self, review: Review, scheme: LabelScheme, voxel_size: VoxelSize) -> Facts:
        """What is known and said of the objects; what is painted as background is none."""
        listed = self.rows.ids != np.uint32(scheme.background or 0)
        rows, pieces = self.rows.chosen(listed), self.pieces[listed]
        by_class = scheme.kind == "classes"
        classes = {number: number for number in rows.ids.tolist()} if by_class else review.classes
        names = {c.value: c.name for c in scheme.classes}
        said = Said(classes, review.states, review.notes, review.locked, scheme.usual.value, names, review.confidence)
        return Facts.of(rows, pieces, self.index.shape, voxel_size, said, STATES)


def survey_objects(
    labels: LabelReader,
    grey: BoxReader | None,
    ctx: JobContext,
    *,
    pieces: bool = True,
    filled: Callable[[], list[Region]] | None = None,
) -> Survey:
    """Look at all objects, tile by tile, so that memory follows the number of objects.

    Args:
        labels: Read only.
        grey: Reads a box of the image; None leaves grey values out.
        ctx: Hears progress.
        pieces: Whether pieces are counted, too.
        filled: Tells boxes that together hold all labels: all else is not read. None reads everything.

    Raises:
        JobCancelled: If the user stops it.
        UserError: If labels or image are damaged.
    """
    boxes = filled() if filled is not None else None
    index = ObjectIndex.of(labels.shape, labels.read, grey, _Part(ctx, 0.0, 0.5 if pieces else 1.0), filled=boxes)
    rows = index.rows
    counts = np.full(rows.ids.size, UNKNOWN, np.int32)
    if pieces:
        counts = piece_counts(labels.read, rows, labels.shape, _Part(ctx, 0.5, 0.5))
    return Survey(index, rows, counts)


def followed(
    survey: Survey, regions: list[Region], labels: LabelReader, grey: BoxReader | None, ctx: JobContext
) -> Survey:
    """The survey after the labels in some boxes have changed; only what was there or is there now is looked at again.

    Raises:
        UserError: If labels or image are damaged.
    """
    ctx.raise_if_cancelled()
    index, known = survey.index, survey.rows
    changed = np.zeros(0, np.uint32)
    for region in regions:
        changed = np.union1d(changed, index.update(region, labels.read, grey))
    rows = index.rows
    counts = np.full(rows.ids.size, UNKNOWN, np.int32)
    common, new, old = np.intersect1d(rows.ids, known.ids, assume_unique=True, return_indices=True)
    del common
    counts[new] = survey.pieces[old]
    places = rows.places(changed)
    counts[places] = piece_counts(labels.read, rows.chosen(places), labels.shape)
    return Survey(index, rows, counts)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the work, from 0 to 1."""

    ctx: JobContext
    start: float
    share: float

    def __call__(self, done: float) -> None:
        """Tell how much is done."""
        self.ctx.raise_if_cancelled()
        self.ctx.report(Progress(self.start + done * self.share, 1, "Objects"))
