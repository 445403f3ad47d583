"""Label images: the same readers as for images, and stricter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Movie, Region, Volume, VoxelSource
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.io.images.file_kinds import require_kind
from desktop_app.io.images.formats import format_of
from desktop_app.io.images.mask_stack import picture_of_masks
from desktop_app.io.images.registry import open_volume


def open_labels(path: Path, *, reading: ImageReading = AS_STATED) -> Volume:
    """A lazy volume of unsigned integer labels.

    Integers of any width, whole numbers stored as float, and yes/no masks are taken; values are checked as they are
    read.

    Args:
        path: The file.
        reading: What the user said of it.

    Raises:
        UnreadableFileError: If the file cannot be read, is a colour picture, or has several channels.
    """
    volume = open_volume(path, reading=_of_labels(path, reading))
    if volume.rgb:
        raise UnreadableFileError(
            path, "it is a colour picture, but labels need one whole number per voxel.",
            hint="Save the labels as an 8 or 16 bit grey image; colours cannot be turned back into numbers.",
        )  # fmt: skip
    if volume.channels > 1:
        raise UnreadableFileError(
            path, f"it has {volume.channels} channels, but labels have one.", hint="Save the label channel alone."
        )
    source = (
        volume.source
        if volume.dtype.kind == "u" and volume.dtype.itemsize <= 4
        else IntegralSource(path, volume.source)
    )
    movie = volume.movie
    if movie is not None and source is not volume.source:
        movie = Movie(movie.count, partial(_integral, path, movie.source), movie.step)
    labels = replace(volume, source=source, movie=movie, channel_names=())
    if isinstance(source, IntegralSource):
        middle = labels.shape[0] // 2
        labels.read(Region((middle, 0, 0), (middle + 1, *labels.shape[1:])))
    return labels


def labels_in(path: Path) -> str:
    """The name of the image of a file that holds labels for certain; "" where none is called so."""
    form = format_of(path)
    if form is None or form.label_series is None or not path.exists():
        return ""
    require_kind(path, form)
    return form.label_series(path)


def _of_labels(path: Path, reading: ImageReading) -> ImageReading:
    """What the user said, or else the image of the file that is called labels."""
    return reading if reading.series else reading.model_copy(update={"series": labels_in(path)})


def _integral(path: Path, source: Callable[[int], VoxelSource], time: int) -> VoxelSource:
    return IntegralSource(path, source(time))


def open_labels_of(path: Path, image: Volume, *, reading: ImageReading = AS_STATED) -> Volume:
    """The labels of an image, which lie on it voxel by voxel; one of both may call slices what the other calls time.

    A stack of masks, one for each object of a picture, becomes one label picture, and its notes say so.

    Args:
        path: The file.
        image: What they belong to; labels without time points belong to each of its time points.
        reading: What the user said of the label file.

    Raises:
        UnreadableFileError: If the file cannot be read or holds no labels.
        UserError: If they do not fit the image.
    """
    labels = open_labels(path, reading=reading)
    if not _fit(image, labels) and 1 in (labels.times, labels.shape[0]):
        exchanged = open_labels(path, reading=reading.model_copy(update={"time_as_z": not reading.time_as_z}))
        labels = exchanged if _fit(image, exchanged) or labels.times > 1 else labels
    if not _fit(image, labels):
        labels = picture_of_masks(labels, image) or labels
    require_same_shape(image, labels)
    return labels


def _fit(image: Volume, labels: Volume) -> bool:
    return image.shape == labels.shape and labels.times in (1, image.times)


def require_same_shape(image: Volume, labels: Volume) -> None:
    """Labels must lie on their image voxel by voxel.

    Raises:
        UserError: Naming both files and their shapes.
    """
    ours, theirs = _files(labels, image)
    if image.shape == labels.shape and labels.times not in (1, image.times):
        raise UserError(
            f"{ours} does not fit {theirs}: the labels have {labels.times} time points, the image has {image.times}.",
            hint="Choose the label file that belongs to this image.",
        )
    if image.shape != labels.shape:
        raise UserError(
            f"{ours} does not fit {theirs}: the labels are {shown_size(labels.shape)} voxels, "
            f"the image is {shown_size(image.shape)} {ORDER}.",
            hint="Choose the label file that belongs to this image.",
        )


def other_voxels(image: Volume, labels: Volume, tolerance: float = 0.1) -> str:
    """A sentence where labels and image both state a voxel size, and not the same one; empty where they agree.

    Args:
        image: The image.
        labels: Its labels.
        tolerance: By which share of an edge they may differ.
    """
    own, theirs = labels.voxel_size, image.voxel_size
    if not (own.known and theirs.known) or own.same_as(theirs, tolerance):
        return ""
    told = f"The labels state voxels of {own.describe()}, the image of {theirs.describe()}; those of the image count."
    return f"{told} Do the labels belong to this image?"


def _files(labels: Volume, image: Volume) -> tuple[str, str]:
    """Names of both files, with their folders where they are called alike."""
    if labels.path and image.path and labels.path.name == image.path.name:
        return f"{labels.path.parent.name}/{labels.path.name}", f"{image.path.parent.name}/{image.path.name}"
    return _file(labels), _file(image)


def _file(volume: Volume) -> str:
    return volume.path.name if volume.path else volume.name or "an image"


@dataclass(frozen=True, slots=True)
class IntegralSource:
    """Whole numbers of another type as uint32, checked as they are read.

    Attributes:
        path: For errors.
        source: Signed, 64 bit, or float voxels.
    """

    path: Path
    source: VoxelSource

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always uint32."""
        return np.dtype(np.uint32)

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The labels (Z, Y, X) uint32 in ``region``.

        Raises:
            UnreadableFileError: If a value is negative, not whole, not a number, or too large.
        """
        values = self.source.read(channel, region)
        if values.dtype.kind == "f" and not bool(np.isfinite(values).all()):
            raise self._refused("it holds values that are not numbers (NaN)")
        if values.dtype.kind == "f" and not bool((values == np.floor(values)).all()):
            raise self._refused("it holds fractions, but labels are whole numbers")
        if values.size and values.min() < 0:
            raise self._refused("it holds negative numbers")
        if values.size and values.max() >= 2**32:
            raise self._refused("it holds numbers beyond 4,294,967,295")
        return values.astype(np.uint32)

    def _refused(self, reason: str) -> UnreadableFileError:
        return UnreadableFileError(self.path, f"{reason}.", hint="Was an image chosen instead of labels?")
