"""What takes a while about label layers: comparing two, and taking one over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.imaging.region import Region, slabs
from desktop_app.core.job import JobContext, JobEvent, Note, Progress, slice_in_words
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.jobs.batch.confidence import confidence_of_result
from desktop_app.objects.accepting import Acceptance, accepted_changes, taken_from
from desktop_app.objects.agreement import scores_at
from desktop_app.objects.masks import mask_sentence, objects_of
from desktop_app.objects.operations.base import Change
from desktop_app.objects.streamed_overlaps import OverlapCounter

_PARTNERS = 0.5  # intersection over union from which two objects are the same, as in the scores of most papers


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two layers agree; shares are 0 to 1, None where there is nothing to agree about.

    Attributes:
        dice: Of what is labelled.
        f1: Of objects that overlap by half or more.
        first: Number of objects in the first layer.
        second: Number of objects in the second layer.
        partners: Number of objects in both.
        masks: Whether the first and the second are masks, in which all objects have one value: each island of those is
            an object.
    """

    dice: float | None
    f1: float | None
    first: int
    second: int
    partners: int
    masks: tuple[bool, bool] = (False, False)


def compare_layers(
    first: LabelReader, second: LabelReader, ctx: JobContext | None = None, *,
    region: Region | None = None, by_class: bool = False, masks: tuple[bool, bool] | None = None,
) -> Comparison:  # fmt: skip
    """How two layers of one image agree; block by block, so that memory does not grow with the volume.

    Args:
        first: One layer.
        second: The other, of the same shape.
        ctx: Hears progress; None for what is done in a moment.
        region: The box that is compared; None for the whole.
        by_class: Whether labels name classes, and so must be equal to agree.
        masks: Whether each is a mask, where that is known of the whole; None: find it out.

    Raises:
        JobCancelled: If the user stops it.
        UnreadableFileError: If a file is damaged.
    """
    box = region or Region.whole(first.shape)
    pieces = [piece for slab in slabs(first.shape) if not (piece := slab.intersect(box)).empty]
    heard = ctx or _Unheard()
    known = (False, False) if by_class else masks or (None, None)
    left, right = (
        objects_of(layer.read, pieces, heard.raise_if_cancelled, mask=mask)
        for layer, mask in zip((first, second), known, strict=True)
    )
    for which, (_, is_mask) in (("the first", left), ("the second", right)):
        if is_mask:
            heard.report(Note("info", mask_sentence(which)))
    counter = OverlapCounter()
    for done, (piece, *both) in enumerate(zip(pieces, left[0], right[0], strict=True)):
        heard.raise_if_cancelled()
        heard.report(Progress(done, len(pieces), slice_in_words(piece.start[0] + 1, first.shape[0])))
        counter.add(*both)
    found = scores_at(counter.overlaps(), _PARTNERS)
    dice = counter.voxels(by_class=by_class).dice
    return Comparison(dice, found.f1, found.tp + found.fp, found.tp + found.fn, found.tp, (left[1], right[1]))


class _Unheard:
    """Stands for a job where none is wanted."""

    def report(self, event: JobEvent) -> None:
        """Nobody hears it."""

    def raise_if_cancelled(self) -> None:
        """Nobody stops it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken over.

    Attributes:
        changes: What changes in the labels.
        confidence: How sure the model was of the objects, 0 to 1, by their new number, where its result says so.
    """

    changes: tuple[Change, ...]
    confidence: dict[int, float]


def take_over(
    labels: LabelReader, layer: LabelReader, what: Acceptance, result: Path | None, time: int, ctx: JobContext
) -> Taken:
    """What changes when a layer is taken over, and what its result says of the objects; as ``accept_layer``.

    Args:
        labels: What is changed; only read here.
        layer: What is taken over.
        what: Which part of it.
        result: The file of the layer; None where there is none.
        time: The time point of the labels, from 0.
        ctx: For progress and cancelling.
    """
    changes = accept_layer(labels, layer, what, ctx)
    said = {} if result is None or what.same_numbers else confidence_of_result(result, time)
    origins = taken_from(changes, layer) if said else {}
    return Taken(changes, {new: said[old] for new, old in origins.items() if old in said})


def accept_layer(labels: LabelReader, layer: LabelReader, what: Acceptance, ctx: JobContext) -> tuple[Change, ...]:
    """What changes in ``labels`` when ``what`` of a layer is taken over; nothing is written.

    Raises:
        JobCancelled: If the user stops it.
        UnreadableFileError: If the file of the layer is damaged.
    """

    def go_on(share: float) -> None:
        ctx.raise_if_cancelled()
        ctx.report(Progress(share, 1, "Taking over"))

    return tuple(accepted_changes(labels, layer, what, go_on))
