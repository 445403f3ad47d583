"""Measure the objects of all labelled images of a project in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.voxel_size import Unit
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.store import LabelStore
from desktop_app.core.project import Item
from desktop_app.core.project.review import Review
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.transfer import labels_volume
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.io.projects.reviews import read_review, review_path
from desktop_app.jobs.data.measure import EVERYTHING, Classes, Measured, ObjectTable, image_columns, object_rows
from desktop_app.jobs.data.project_data import labelled_items
from desktop_app.objects.columns import table_rows

_FIRST = {"image": "Name of the image in the project."}
_TIME = {"time": "Number of the time point."}


@dataclass(frozen=True, slots=True)
class OpenStores:
    """Labels that are open in the window, by image and time point: measured as they stand there, saved or not."""

    stores: Mapping[tuple[str, int], LabelStore] = field(default_factory=dict)


def measure_project_folder(
    folder: Path, out: Path, ctx: JobContext, *, settings: MeasureSettings = EVERYTHING
) -> Measured:
    """Write one table of the objects of all labelled images of a project.

    Args:
        folder: ``NAME.vwproj``.
        out: The table (``.csv`` or ``.xlsx``).
        ctx: For progress and cancelling.
        settings: What is measured; what label values are, the project knows.

    Raises:
        UserError: If the project cannot be opened, has no labelled image, or the table cannot be written.
    """
    with open_project(folder) as opened:
        return measure_project(opened, ctx, settings=settings).write(out)


def measure_project(
    opened: OpenProject, ctx: JobContext, *, settings: MeasureSettings = EVERYTHING,
    as_they_stand: OpenStores = OpenStores(), only: str | None = None,
) -> ObjectTable:  # fmt: skip
    """Measure the objects of a project. An image that cannot be read is told and left out.

    Args:
        opened: The project.
        ctx: For progress and cancelling.
        settings: What is measured; what label values are, the project knows.
        as_they_stand: Labels that are open.
        only: Id of the one image that is wanted; None: all that are labelled.

    Raises:
        UserError: If nothing is labelled, or the only image that is wanted cannot be read.
        JobCancelled: If the user stops it.
    """
    scheme, table = opened.project.scheme, ObjectTable()
    settings = settings.model_copy(update={"kind": scheme.kind})
    items = labelled_items(opened) if only is None else [opened.project.item(only)]
    if not items:
        raise UserError(
            "No image of this project is labelled.", hint="Label objects, import labels, or take a result over first."
        )
    unit = _common_unit(opened, items)
    for done, item in enumerate(items):
        inner = SubContext(ctx, done / len(items), 1 / len(items), f"{item.name}: " if len(items) > 1 else "")
        try:
            _add_image(table, opened, item, inner, settings, as_they_stand, unit)
        except UserError as error:
            if only is not None:
                raise
            ctx.report(Note("error", f"{item.name}: {error}"))
    ctx.report(Progress(1, 1, "All measured"))
    return table


def classes_of(scheme: LabelScheme, review: Review) -> Classes:
    """What the label values of a project mean, with what was said of the objects of an image."""
    if scheme.kind == "objects":
        named = {c.value: c.name for c in scheme.classes}
        others = {number: named[value] for number, value in review.classes.items() if value in named}
        return Classes({0: scheme.usual.name}, others, scheme.background, mask=False)
    return Classes(
        {c.value: c.name for c in scheme.classes}, whole=tuple(c.value for c in scheme.classes if c.kind == "stuff")
    )


def _add_image(
    table: ObjectTable, opened: OpenProject, item: Item, ctx: JobContext, settings: MeasureSettings,
    as_they_stand: OpenStores, unit: Unit | None,
) -> None:  # fmt: skip
    """The objects of one image, of a movie at each time point that has labels."""
    volume = opened.open_image(item)
    size = volume.voxel_size.converted(unit) if unit and volume.voxel_size.known else volume.voxel_size
    here = {time for key, time in as_they_stand.stores if key == item.id}
    times = sorted({*opened.labelled_times(item.id, item.edited), *here})
    for number, time in enumerate(times):
        inner = SubContext(ctx, number / len(times), 1 / len(times))
        at = volume.at_time(min(time, volume.times - 1))
        store = as_they_stand.stores.get((item.id, time))
        with _labels_of(opened, item, time, store) as labels:
            objects = labels_volume(labels, at)
            columns = image_columns(objects, at, size, settings)
            review = read_review(review_path(opened.folder, item.id, time, item.edited), item.name)
            rows = object_rows(objects, at, size, inner, settings, classes_of(opened.project.scheme, review))
            first: dict[str, Any] = {"image": item.name} | ({"time": time + 1} if volume.times > 1 else {})
            said = _FIRST | (_TIME if volume.times > 1 else {})
            table.extend(_with_first(first, table_rows(rows, columns)), columns, said)


def _with_first(first: dict[str, Any], rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (first | row for row in rows)


@contextmanager
def _labels_of(opened: OpenProject, item: Item, time: int, store: LabelStore | None) -> Iterator[LabelStore]:
    """Labels that are open stay so; others are closed behind."""
    if store is not None:
        yield store
        return
    own = LabelFile.open(opened.label_path(item.id, time, item.edited), f"the labels of {item.name}")
    try:
        yield own
    finally:
        own.close()


def _common_unit(opened: OpenProject, items: list[Item]) -> Unit | None:
    """The unit of the first image that states one, so that all rows of a column can be compared."""
    for item in items:
        try:
            size: VoxelSize = opened.open_image(item).voxel_size
        except UserError:
            continue
        if size.known:
            return size.unit
    return None
