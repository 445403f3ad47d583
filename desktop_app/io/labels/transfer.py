"""Labels in and out of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.job import JobContext, Progress, slice_in_words
from desktop_app.core.labelling.store import LabelStore
from desktop_app.io.images.label_dtype import smallest_label_dtype
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.labels.label_file import LabelFile


@dataclass(frozen=True, slots=True)
class StoreSource:
    """Labels as the voxel source of a ``Volume``: (1, Z, Y, X) uint32."""

    store: LabelStore

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(1, Z, Y, X)."""
        return (1, *self.store.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always uint32."""
        return np.dtype(np.uint32)

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The labels (Z, Y, X) in ``region``."""
        return self.store.read(region)


def labels_volume(store: LabelStore, like: Volume) -> Volume:
    """Labels as a volume with the name and voxel size of their image."""
    return Volume(StoreSource(store), like.voxel_size, like.name, axes="YX" if like.is_2d else "ZYX")


def import_labels(source: Volume, target: LabelFile, ctx: JobContext) -> int:
    """Copy labels from a file into a project's labels, slab by slab; returns the largest id.

    Raises:
        UserError: If the shapes differ.
        UnreadableFileError: If the file is damaged or holds no labels.
        UnwritableFileError: If the disk refuses.
        JobCancelled: If the user stops it; slabs copied so far stay.
    """
    if source.shape != target.shape:
        name = source.path.name if source.path else source.name
        raise UserError(
            f"The labels {name} do not fit the image: they are {shown_size(source.shape)} voxels, the image is "
            f"{shown_size(target.shape)} {ORDER}.", hint="Choose the label file that belongs to this image.",
        )  # fmt: skip
    largest = 0
    with target.copying():
        for slab in slabs(target.shape):
            ctx.raise_if_cancelled()
            values = source.read(slab).astype(np.uint32)
            largest = max(largest, int(values.max(initial=0)))
            target.write(slab, values)
            ctx.report(Progress(slab.stop[0], target.shape[0], slice_in_words(slab.stop[0], target.shape[0])))
    return largest


def export_labels(
    labels: LabelFile | Mapping[int, LabelFile], path: Path, like: Volume, ctx: JobContext | None = None
) -> Path:
    """Write a project's labels as one file (TIFF or OME-Zarr) with the axes and voxel size of their image.

    Args:
        labels: Those of the image; of a movie those of each time point that has some, by its number from 0.
        path: Its ending names the format.
        like: The image.
        ctx: For progress and cancelling.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    stores = labels if isinstance(labels, Mapping) else {0: labels}
    times = like.times if isinstance(labels, Mapping) else 1
    dtype = smallest_label_dtype(max(store.max_id() for store in stores.values()))
    pieces = [(time, slab) for time in range(times) for slab in slabs(like.shape)]
    with label_writer(path, like, dtype, all_times=times > 1) as writer:
        for done, (time, slab) in enumerate(pieces):
            if ctx is not None:
                ctx.raise_if_cancelled()
                ctx.report(Progress(done, len(pieces), slice_in_words(slab.start[0] + 1, like.shape[0])))
            store = stores.get(time)
            writer.write(slab, np.zeros(slab.shape, np.uint8) if store is None else store.read(slab))
    return path
