"""Write labels back into the OME-Zarr image of another program that they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import VoxelSource
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project import Item
from desktop_app.io.images.formats import format_of
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels import LabelFile
from desktop_app.io.labels.transfer import StoreSource
from desktop_app.io.projects import OpenProject
from desktop_app.io.projects.paths import actual_path


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What was written.

    Attributes:
        group: The label image that has the new labels.
        copy: The old ones.
    """

    group: Path
    copy: Path


def origin_of(opened: OpenProject, item: Item) -> Path | None:
    """The OME-Zarr label image that the labels of an image came from; None where they came from elsewhere."""
    if not item.imported_labels:
        return None
    path = actual_path(opened.folder, item.imported_labels)
    form = format_of(path)
    return path if path.is_dir() and form is not None and form.name == "ome-zarr" else None


def write_back_item(opened: OpenProject, item: Item, ctx: JobContext) -> WrittenBack:
    """Write the saved labels of an image that are edited into the label image that they came from.

    Args:
        opened: The project.
        item: The image.
        ctx: For progress and cancelling.

    Raises:
        UserError: If they came from elsewhere, do not fit any more, or the disk refuses.
        JobCancelled: If the user stops it; then all is as it was.
    """
    group = origin_of(opened, item)
    times = opened.labelled_times(item.id, item.edited)
    if group is None or not times:
        raise UserError(
            f"The labels of {item.name} do not come from an OME-Zarr image that is still there.",
            hint="Export them into a file of their own instead.",
        )
    stores = {time: LabelFile.open(opened.label_path(item.id, time, item.edited)) for time in times}
    largest = max(store.max_id() for store in stores.values())
    scheme = opened.project.scheme if opened.project.scheme.kind == "classes" else None
    return _written({time: StoreSource(store) for time, store in stores.items()}, group, largest, ctx, scheme)


def write_back_file(source: Path, group: Path, ctx: JobContext) -> WrittenBack:
    """Write the labels of a file into a label image of an OME-Zarr image.

    Args:
        source: Label file of the same shape.
        group: The label image.
        ctx: For progress and cancelling.

    Raises:
        UserError: If one of both cannot be read, they do not fit, or the disk refuses.
        JobCancelled: If the user stops it; then all is as it was.
    """
    if source.resolve() == group.resolve():
        raise UserError(f"{source.name} cannot be written back onto itself.", hint="Give the labels that you changed.")
    labels = open_labels(source)
    largest = 0
    for point in labels.each_time():
        for slab in slabs(labels.shape):
            ctx.raise_if_cancelled()
            largest = max(largest, int(np.max(point.read(slab), initial=0)))
    return _written({point.time: point.source for point in labels.each_time()}, group, largest, ctx, None)


def _written(
    labels: Mapping[int, VoxelSource], group: Path, largest: int, ctx: JobContext, scheme: LabelScheme | None
) -> WrittenBack:
    from desktop_app.io.labels.write_back import write_back

    def told(done: int, steps: int, words: str) -> None:
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, steps, words))

    return WrittenBack(group, write_back(labels, group, largest, told, scheme))
