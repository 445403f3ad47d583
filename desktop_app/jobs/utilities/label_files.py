"""Labels made from images and from other labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.utilities import (
    CombineParameters,
    RelabelParameters,
    ThresholdParameters,
    ToClassesParameters,
    ToObjectsParameters,
    VoronoiOtsuParameters,
)
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.imaging.volume import missing_channel
from desktop_app.core.job import JobContext, Note
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.jobs.utilities.base import Made, Slabs, Utility

_LARGEST = 2**32 - 1  # the largest number that 32 bits hold
_CHANGE = "as 3=5, 7=0"


def _threshold(volumes: tuple[Volume, ...], parameters: ThresholdParameters, ctx: JobContext) -> Made:
    """Label 1 where it is bright, or a number for each island.

    Raises:
        UserError: If the image has no such channel.
    """
    from desktop_app.objects.class_islands import ClassIslands
    from desktop_app.objects.thresholds import otsu

    (volume,) = volumes
    channel = channel_of(volume, parameters.channel)
    truth = _truth_of(volume, parameters) if parameters.method == "truth" else volume

    def mask_at(time: int) -> Callable[[Region], NDArray[Any]]:
        at = volume.at_time(time)
        if parameters.method == "local":
            return lambda box: _local(at.read(box, channel), parameters).astype(np.uint8)

        def pieces() -> Iterator[NDArray[Any]]:
            for slab in slabs(at.shape):
                ctx.raise_if_cancelled()
                yield at.read(slab, channel)

        value = otsu(pieces) if parameters.method == "otsu" else parameters.value
        if parameters.method == "truth":
            value = _fitting(at, truth.at_time(time) if truth.times > 1 else truth, parameters, ctx)
        if parameters.dark:
            return lambda box: (at.read(box, channel) <= value).astype(np.uint8)
        return lambda box: (at.read(box, channel) > value).astype(np.uint8)

    def labels(time: int, inner: JobContext) -> Slabs:
        read, pieces = mask_at(time), slabs(volume.shape)
        if not parameters.objects:
            return ((slab, read(slab)) for slab in pieces)
        return zip(pieces, ClassIslands(read, pieces, inner.raise_if_cancelled).numbered(), strict=True)

    return Made(volume, labels)


def channel_of(volume: Volume, number: int) -> int:
    """The place of a channel that is counted from 1.

    Raises:
        UserError: If the image has none of that number.
    """
    if number > volume.channels:
        raise missing_channel(shown_name(volume.path or volume.name), number, volume.channels, first=1)
    return number - 1


def _truth_of(volume: Volume, parameters: ThresholdParameters) -> Volume:
    """The labels that the threshold shall fit.

    Raises:
        UserError: If none are named, or they belong to another image.
    """
    if not parameters.truth:
        raise UserError(
            "A threshold that fits labels needs to know them.", hint="Name their file under “Labels to fit”."
        )
    labels = open_labels(Path(parameters.truth))
    require_same_shape(volume, labels)
    return labels


def _fitting(image: Volume, truth: Volume, parameters: ThresholdParameters, ctx: JobContext) -> float:
    """The threshold that fits labels best; it and the scores of others are told.

    Raises:
        UserError: If nothing is labelled, or all grey values are equal.
    """
    from desktop_app.objects.thresholds import best_against

    def pieces() -> Iterator[tuple[NDArray[Any], NDArray[np.bool_]]]:
        for slab in slabs(image.shape):
            ctx.raise_if_cancelled()
            yield image.read(slab, parameters.channel - 1), truth.read(slab) > 0

    try:
        best = best_against(pieces, dark=parameters.dark)
    except ValueError:
        name = shown_name(truth.path or truth.name)
        raise UserError(
            f"No threshold can be chosen by {name}: nothing is labelled there, or the image has one grey value.",
            hint="Choose the labels of this image.",
        ) from None
    side = "not above" if parameters.dark else "above"
    ctx.report(Note("info", f"What is {side} {best.value:.5g} fits the labels best: Dice {best.dice:.3f}."))
    listed = ", ".join(f"{value:.4g}: {dice:.3f}" for value, dice in best.curve)
    ctx.report(Note("info", f"Dice of other thresholds: {listed}."))
    return best.value


def _local(values: NDArray[Any], parameters: ThresholdParameters) -> NDArray[np.bool_]:
    from desktop_app.objects.thresholds import brighter_than_around

    grey = -values.astype(np.float32) if parameters.dark else values
    return brighter_than_around(grey, parameters.window, parameters.value)


def _voronoi_otsu(volumes: tuple[Volume, ...], parameters: VoronoiOtsuParameters, ctx: JobContext) -> Made:
    """A number for each round object.

    Raises:
        UserError: If the image has no such channel.
    """
    del ctx
    (volume,) = volumes
    channel = channel_of(volume, parameters.channel)

    def labels(time: int, inner: JobContext) -> Slabs:
        from desktop_app.jobs.utilities.round_objects import round_objects

        return round_objects(volume.at_time(time), channel, parameters, inner)

    return Made(volume, labels)


def _to_objects(volumes: tuple[Volume, ...], parameters: ToObjectsParameters, ctx: JobContext) -> Made:
    """Each island of touching voxels of one class gets a number of its own."""
    from desktop_app.objects.class_islands import ClassIslands

    del ctx
    (volume,) = volumes

    def labels(time: int, inner: JobContext) -> Slabs:
        pieces, at = slabs(volume.shape), volume.at_time(time)
        islands = ClassIslands(at.read, pieces, inner.raise_if_cancelled)
        if not parameters.min_size:
            return zip(pieces, islands.numbered(), strict=True)
        sizes = np.zeros(1, np.int64)
        for found in islands.numbered():
            counted = np.bincount(found.reshape(-1), minlength=len(sizes))
            counted[: len(sizes)] += sizes
            sizes = counted
        kept = np.flatnonzero(sizes >= parameters.min_size)
        kept = kept[kept > 0]
        table = np.zeros(len(sizes), np.uint32)
        table[kept] = np.arange(1, len(kept) + 1)
        return ((slab, table[found]) for slab, found in zip(pieces, islands.numbered(), strict=True))

    return Made(volume, labels)


def _to_classes(volumes: tuple[Volume, ...], parameters: ToClassesParameters, ctx: JobContext) -> Made:
    """All objects become one class."""
    del ctx
    (volume,) = volumes
    value = np.uint32(parameters.value)
    return Made(volume, _each_slab(volume, lambda found: np.where(found > 0, value, np.uint32(0))))


def _combine(volumes: tuple[Volume, ...], parameters: CombineParameters, ctx: JobContext) -> Made:
    """Several label files in one.

    Raises:
        UserError: If there is one only, their shapes differ, or numbers become too large.
    """
    if len(volumes) < 2:
        raise UserError("There is one label file only.", hint="Give two or more to combine.")
    for other in volumes[1:]:
        require_same_shape(volumes[0], other)
    raises = _raises(volumes, ctx) if parameters.apart else [0] * len(volumes)
    order = list(zip(volumes, raises, strict=True))
    if parameters.overlap == "last":
        order.reverse()

    def labels(time: int, inner: JobContext) -> Slabs:
        del inner
        for slab in slabs(volumes[0].shape):
            found = np.zeros(slab.shape, np.uint32)
            for volume, more in order:
                own = volume.at_time(min(time, volume.times - 1)).read(slab).astype(np.uint32)
                free = (found == 0) & (own > 0)
                found[free] = own[free] + np.uint32(more)
            yield slab, found

    return Made(volumes[0], labels)


def _raises(volumes: tuple[Volume, ...], ctx: JobContext) -> list[int]:
    """By how much the numbers of each file are raised, so that no two share one."""
    raises, total = [], 0
    for volume in volumes:
        raises.append(total)
        largest = 0
        for at in volume.each_time():
            for slab in slabs(volume.shape):
                ctx.raise_if_cancelled()
                largest = max(largest, int(at.read(slab).max(initial=0)))
        total += largest
    if total > _LARGEST:
        raise UserError("Together the files need numbers beyond 4,294,967,295.", hint="Relabel them first.")
    return raises


def _relabel(volumes: tuple[Volume, ...], parameters: RelabelParameters, ctx: JobContext) -> Made:
    """Other numbers.

    Raises:
        UserError: If a change cannot be understood.
    """
    (volume,) = volumes
    table = changes_of(parameters.change) if parameters.change.strip() else _without_gaps(volume, ctx)
    table = {0: 0, **table}
    return Made(
        volume,
        _each_slab(
            volume,
            lambda found: np.asarray(fastremap.remap(found.astype(np.uint32), table, preserve_missing_labels=True)),
        ),
    )


def changes_of(text: str) -> dict[int, int]:
    """The changes of a text as 3=5, 7=0.

    Raises:
        UserError: If it is written otherwise.
    """
    table: dict[int, int] = {}
    for part in text.replace(";", ",").split(","):
        old, sign, new = (word.strip() for word in part.partition("="))
        if not (sign and old.isdecimal() and new.isdecimal() and 0 < int(old) <= _LARGEST and int(new) <= _LARGEST):
            raise UserError(f"“{part.strip()}” is no change of a number.", hint=f"Write it {_CHANGE}.")
        table[int(old)] = int(new)
    return table


def _without_gaps(volume: Volume, ctx: JobContext) -> dict[int, int]:
    """1, 2, 3, … in the order of the numbers now, the same at all time points."""
    known = np.zeros(0, np.uint32)
    for at in volume.each_time():
        for slab in slabs(volume.shape):
            ctx.raise_if_cancelled()
            known = np.union1d(known, fastremap.unique(at.read(slab).astype(np.uint32)))
    return {int(old): new for new, old in enumerate(known[known > 0], start=1)}


def _each_slab(volume: Volume, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[int, JobContext], Slabs]:
    """Labels in which each slab is changed by itself."""

    def labels(time: int, ctx: JobContext) -> Slabs:
        del ctx
        at = volume.at_time(time)
        return ((slab, change(at.read(slab))) for slab in slabs(volume.shape))

    return labels


THRESHOLD = Utility(
    "threshold", "Threshold", "contrast", "Labels what is brighter, or darker, than a grey value.", "image",
    ThresholdParameters, _threshold, in_place=True,
)  # fmt: skip
VORONOI_OTSU = Utility(
    "voronoi-otsu", "Round objects", "contour",
    "Numbers round objects without a model: what Otsu's threshold finds, parted around its brightest places "
    "(Voronoi-Otsu).", "image", VoronoiOtsuParameters, _voronoi_otsu, in_place=True,
)  # fmt: skip
TO_OBJECTS = Utility(
    "to-objects", "Classes to objects", "labels",
    "Gives each island of a class a number of its own: labels of a class become instances.", "labels",
    ToObjectsParameters, _to_objects, in_place=True,
)  # fmt: skip
TO_CLASSES = Utility(
    "to-classes", "Objects to a class", "palette",
    "Gives all objects one value: instances become labels of a class.", "labels",
    ToClassesParameters, _to_classes, in_place=True,
)  # fmt: skip
COMBINE = Utility(
    "combine", "Combine label files", "layers", "Puts the objects of several label files of one image into one.",
    "several labels", CombineParameters, _combine, in_place=True,
)  # fmt: skip
RELABEL = Utility(
    "relabel", "Relabel", "relabel", "Changes single numbers, or numbers all objects 1, 2, 3, … anew.", "labels",
    RelabelParameters, _relabel, in_place=True,
)  # fmt: skip
