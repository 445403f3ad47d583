"""Two label files of one image: how they agree, and taking one over into the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Times, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.job import JobContext, Progress, SubContext
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.layers import AgreementLabels, LabelLayer, VolumeLabels
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.io.atomic import make_place
from desktop_app.io.images.label_reader import open_labels, open_labels_of
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.jobs.data.time_points import at_same_time, of_times, time_title, wanted_times
from desktop_app.jobs.objects.layers import Comparison, accept_layer, compare_layers
from desktop_app.jobs.objects.working_labels import write_changed
from desktop_app.objects.accepting import Acceptance
from desktop_app.objects.operations.carrying_out import patches_of

_COUNTING = 0.6  # share of the progress, where colours are written, too


@dataclass(frozen=True, slots=True)
class CompareConfig:
    """Which two, and how.

    Attributes:
        first: A label image.
        second: Another one, of the same shape.
        out: Where the agreement is written as labels; None: nowhere.
        by_class: Whether labels name classes, and so must be equal to agree.
        time: The time points of a movie, counted from 0; None: all.
    """

    first: Path
    second: Path
    out: Path | None = None
    by_class: bool = False
    time: Times = None


@dataclass(frozen=True, slots=True)
class Compared:
    """How they agree.

    Attributes:
        times: At each time point that was compared, by its number, counted from 1.
        out: The file with the agreement; None where none was wanted.
    """

    times: dict[int, Comparison]
    out: Path | None


def compare_files(config: CompareConfig, ctx: JobContext) -> Compared:
    """Count the agreement of two label files, and write it as labels where that is wanted.

    1 is what both have, 2 what only the first has, 3 what only the second has, 4 where their classes differ.

    Raises:
        UserError: If a file cannot be read or written, the shapes differ, or there is no such time point.
        JobCancelled: When asked to stop; nothing is written then.
    """
    first, second = _opened(config.first, config.second)
    times = wanted_times(first, config.time)
    share = _COUNTING if config.out is not None else 1.0
    found = {}
    for number, time in enumerate(times):
        inner = SubContext(ctx, share * number / len(times), share / len(times), time_title(first, time))
        pair = _pair(first, second, time, config.by_class)
        found[time + 1] = compare_layers(pair.first.store, pair.second.store, inner, by_class=config.by_class)
    if config.out is not None:
        make_place(config.out)
        _write_agreement(config, first, second, SubContext(ctx, share, 1 - share))
    ctx.report(Progress(1, 1, "Compared"))
    return Compared(found, config.out)


@dataclass(frozen=True, slots=True)
class AcceptConfig:
    """What is taken over.

    Attributes:
        labels: The label file that it is taken into; it stays as it is.
        source: The label file that it is taken from, of the same shape.
        out: The file to write.
        what: Which part of it, and how; free numbers are found.
        time: The time points of a movie, counted from 0, which alone are written then; None: all.
    """

    labels: Path
    source: Path
    out: Path
    what: Acceptance = field(default_factory=Acceptance)
    time: Times = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was done.

    Attributes:
        out: The file.
        voxels: How many were taken over.
        objects: How many objects there are now.
    """

    out: Path
    voxels: int
    objects: int


def accept_from_file(config: AcceptConfig, ctx: JobContext) -> Accepted:
    """Take labels of one file over into those of another, and write the result.

    Raises:
        UserError: If a file cannot be read or written, the shapes differ, or the region lies outside.
        JobCancelled: When asked to stop; nothing is written then.
    """
    labels, source = _opened(config.labels, config.source)
    region = config.what.region
    if region is not None and region.intersect(Region.whole(labels.shape)) != region:
        raise UserError(
            f"The region does not lie inside of {config.labels.name}.",
            hint=f"It has {shown_size(labels.shape)} voxels {ORDER}.",
        )

    def change(now: Volume, working: LabelFile, inner: JobContext) -> int:
        what = replace(config.what, free=FreeNumbers(working.max_id() + 1))
        changes = accept_layer(working, VolumeLabels(at_same_time(source, now)), what, inner)
        voxels = 0
        for patch in patches_of(changes, working):
            if patch is not None:
                before = working.read(patch.region)
                patch.apply(working)
                voxels += int(np.count_nonzero(working.read(patch.region) != before))
        return voxels

    return Accepted(config.out, *write_changed(labels, config.out, config.time, change, ctx))


def _opened(first: Path, second: Path) -> tuple[Volume, Volume]:
    """Two label files that lie on each other voxel by voxel."""
    labels = open_labels(first)
    return labels, open_labels_of(second, labels)


def _pair(first: Volume, second: Volume, time: int, by_class: bool) -> AgreementLabels:
    then = first.at_time(time)
    scheme = LabelScheme(kind="classes") if by_class else LabelScheme(kind="objects")
    left, right = (
        LabelLayer(name, name, VolumeLabels(volume), scheme=scheme)
        for name, volume in (("first", then), ("second", at_same_time(second, then)))
    )
    return AgreementLabels(left, right)


def _write_agreement(config: CompareConfig, first: Volume, second: Volume, ctx: JobContext) -> None:
    assert config.out is not None
    times, pieces = wanted_times(first, config.time), slabs(first.shape)
    with label_writer(config.out, of_times(first, config.time), all_times=True) as writer:
        for number, time in enumerate(times):
            pair = _pair(first, second, time, config.by_class)
            for done, slab in enumerate(pieces):
                ctx.raise_if_cancelled()
                ctx.report(Progress(number + done / len(pieces), len(times), "Writing the agreement"))
                writer.write(slab, pair.read(slab))
