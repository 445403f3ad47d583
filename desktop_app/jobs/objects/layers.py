"""What takes a while about label layers: comparing two, and taking one over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.imaging.region import Region, slabs
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.jobs.batch.confidence import confidence_of_result
from desktop_app.objects.accepting import Acceptance, accepted_changes, taken_from
from desktop_app.objects.agreement import scores_at
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
    """

    dice: float | None
    f1: float | None
    first: int
    second: int
    partners: int


def compare_layers(
    first: LabelReader, second: LabelReader, ctx: JobContext | None = None, *,
    region: Region | None = None, by_class: bool = False,
) -> Comparison:  # fmt: skip
    """How two layers of one image agree; block by block, so that memory does not grow with the volume.

    Args:
        first: One layer.
        second: The other, of the same shape.
        ctx: Hears progress; None for what is done in a moment.
        region: The box that is compared; None for the whole.
        by_class: Whether labels name classes, and so must be equal to agree.

    Raises:
        JobCancelled: If the user stops it.
        UnreadableFileError: If a file is damaged.
    """
    box = region or Region.whole(first.shape)
    pieces = [piece for slab in slabs(first.shape) if not (piece := slab.intersect(box)).empty]
    counter = OverlapCounter()
    for done, piece in enumerate(pieces):
        if ctx is not None:
            ctx.raise_if_cancelled()
            ctx.report(Progress(done, len(pieces), f"slice {piece.start[0] + 1} of {first.shape[0]}"))
        counter.add(first.read(piece), second.read(piece))
    found = scores_at(counter.overlaps(), _PARTNERS)
    dice = counter.voxels(by_class=by_class).dice
    return Comparison(dice, found.f1, found.tp + found.fp, found.tp + found.fn, found.tp)


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
