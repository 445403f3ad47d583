"""Write what was said of objects and slices while they were reviewed, as tables for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.labelling.marks import class_layer
from desktop_app.core.labelling.store import LabelStore
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.core.project.review import STATES, Review
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.label_dtype import smallest_label_dtype
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.io.projects.reviews import read_review, review_path
from desktop_app.io.tables import write_csv
from desktop_app.jobs.data.project_data import labelled_items
from desktop_app.jobs.objects.survey_objects import survey_objects
from desktop_app.objects.proofreading.facts import Facts

StoresByPlace: TypeAlias = dict[tuple[str, int, str], LabelStore]
"""By id of the image, time point from 0, and key of the label layer."""
OBJECTS_TABLE, SLICES_TABLE, IMAGES_TABLE = "objects.csv", "slices.csv", "images.csv"
_OBJECTS = (
    "image", "layer", "time", "id", "class", "voxels", "volume", "unit", "first_slice", "last_slice", "mean_grey",
    "piece_count", "confidence", "looks_wrong", "state", "locked", "note",
)  # fmt: skip
_SLICES = ("image", "layer", "time", "slice", "state", "seconds")
_IMAGES = (
    "image",
    "layer",
    "time",
    "done",
    "objects",
    *(word.replace(" ", "_") for word in STATES),
    "locked",
    "seconds",
)


@dataclass(frozen=True, slots=True)
class ReviewWritten:
    """What was written.

    Attributes:
        out: The folder.
        images: How many images (of a movie: time points) and label layers were written.
        objects: How many objects they have.
        seconds: Time spent in all.
    """

    out: Path
    images: int
    objects: int
    seconds: float


def write_review_of_project(folder: Path, out: Path, ctx: JobContext) -> ReviewWritten:
    """Write the review of all labelled images of a project that is not open.

    Raises:
        UserError: As for ``write_review_tables``, or if the project cannot be opened.
    """
    with open_project(folder) as opened:
        return write_review_tables(opened, out, ctx)


def write_review_tables(
    opened: OpenProject, out: Path, ctx: JobContext, open_stores: StoresByPlace | None = None
) -> ReviewWritten:
    """Write ``objects.csv``, ``slices.csv`` and ``images.csv`` of all label layers and time points.

    Objects of several classes are also written as class images.
    An image that cannot be read is told and left out.

    Args:
        opened: The project.
        out: A folder.
        ctx: For progress and cancelling.
        open_stores: Labels that are open, by image, time point and layer; they are taken as they stand.

    Raises:
        UserError: If nothing is labelled, or the tables cannot be written.
        JobCancelled: If the user stops it.
    """
    layers = [(item, key) for item in opened.project.items for key in item.label_layers if _any(opened, item, key)]
    if not layers:
        raise UserError("No image of this project is labelled.", hint="Label objects, or import labels, first.")
    make_folder(out)
    tables: tuple[list[dict[str, Any]], ...] = ([], [], [])
    for done, (item, key) in enumerate(layers):
        inner = SubContext(ctx, done / len(layers), 1 / len(layers), f"{item.name}: ")
        try:
            for rows, more in zip(tables, _rows_of(opened, item, key, out, inner, open_stores or {}), strict=True):
                rows.extend(more)
        except UserError as error:
            ctx.report(Note("error", f"{item.name}: {error}"))
    objects, slices, images = tables
    write_csv(out / OBJECTS_TABLE, objects, _OBJECTS)
    write_csv(out / SLICES_TABLE, slices, _SLICES)
    write_csv(out / IMAGES_TABLE, images, _IMAGES)
    ctx.report(Progress(1, 1, "Written"))
    return ReviewWritten(out, len(images), len(objects), sum(float(row["seconds"]) for row in images))


def _any(opened: OpenProject, item: Item, layer: str) -> bool:
    """Whether an image was labelled in this layer."""
    return item in labelled_items(opened, item.label_layers[layer])


def _rows_of(
    opened: OpenProject, item: Item, layer: str, out: Path, ctx: JobContext, stores: StoresByPlace
) -> tuple[list[dict[str, Any]], ...]:
    """Rows of the three tables of one label layer of an image, at each time point that has labels."""
    volume = opened.open_image(item)
    objects: list[dict[str, Any]] = []
    slices: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    here = {time for name, time, key in stores if (name, key) == (item.id, layer)}
    times = sorted({*opened.labelled_times(item.id, layer), *here})
    for number, time in enumerate(times):
        ctx.raise_if_cancelled()
        at = volume.at_time(min(time, volume.times - 1))
        review = read_review(review_path(opened.folder, item.id, time, layer), item.name)
        first = {"image": item.name, "layer": item.label_layers[layer], "time": time + 1}
        with _labels_of(opened, item, time, layer, stores) as labels:
            survey = survey_objects(labels, as_grey(at).read, SubContext(ctx, number / len(times), 1 / len(times)))
            facts = survey.facts(review, opened.project.scheme, at.voxel_size)
            if opened.project.scheme.kind == "objects" and len(opened.project.scheme.classes) > 1:
                _write_classes(opened, labels, review, at, out / _class_file(item, layer, time, volume.times))
        objects += (first | row for row in _object_rows(facts))
        slices += (
            first | row for row in _slice_rows(item if layer == FIRST_LAYER else None, review, time, at.shape[0])
        )
        images.append(first | _image_row(item, facts, review))
    return objects, slices, images


@contextmanager
def _labels_of(opened: OpenProject, item: Item, time: int, layer: str, stores: StoresByPlace) -> Iterator[LabelStore]:
    """Labels that are open stay so; others are closed behind."""
    store = stores.get((item.id, time, layer))
    if store is not None:
        yield store
        return
    own = LabelFile.open(opened.label_path(item.id, time, layer), f"the labels of {item.name}")
    try:
        yield own
    finally:
        own.close()


def _object_rows(facts: Facts) -> Iterator[dict[str, Any]]:
    """One row for each object, by number."""
    size, flat, rows, means = facts.voxel_size, facts.shape[0] == 1, facts.rows, facts.rows.means
    voxel = size.y * size.x if flat else size.voxel_volume
    for place, number in enumerate(rows.ids.tolist()):
        voxels, pieces = int(rows.voxels[place]), int(facts.pieces[place])
        yield {
            "id": number,
            "class": facts.said.names.get(int(facts.classes[place]), ""),
            "voxels": voxels,
            "volume": voxels * voxel if size.known else None,
            "unit": f"{size.unit}{'²' if flat else '³'}" if size.known else "",
            "first_slice": int(rows.low[place, 0]),
            "last_slice": int(rows.high[place, 0]) - 1,
            "mean_grey": float(means[place]),
            "piece_count": pieces if pieces >= 0 else None,
            "confidence": float(facts.confidence[place]),
            "looks_wrong": facts.suspicions.words(place),
            "state": STATES[int(facts.states[place])],
            "locked": bool(facts.locked[place]),
            "note": facts.said.notes.get(number, ""),
        }


def _slice_rows(item: Item | None, review: Review, time: int, slices: int) -> Iterator[dict[str, Any]]:
    """One row for each slice (z); ``item`` knows which are done, None of the layers of which nobody says that."""
    done, doubtful = set(() if item is None else item.done_at(time)), set(review.doubtful_slices)
    for z in range(slices):
        right = z in done or (item is not None and item.all_done)
        state = "doubtful" if z in doubtful else "right" if right else "to do"
        yield {"slice": z, "state": state, "seconds": round(review.slice_seconds.get(z, 0.0), 1)}


def _image_row(item: Item, facts: Facts, review: Review) -> dict[str, Any]:
    counts = {word.replace(" ", "_"): int((facts.states == n).sum()) for n, word in enumerate(STATES)}
    locked, seconds = int(facts.locked.sum()), round(review.seconds, 1)
    return {"done": item.all_done, "objects": facts.rows.ids.size, **counts, "locked": locked, "seconds": seconds}


def _class_file(item: Item, layer: str, time: int, times: int) -> str:
    named = f"{item.name}.{layer}" if layer else item.name
    return f"{named}{f'.t{time + 1}' if times > 1 else ''}.classes.tif"


def _write_classes(opened: OpenProject, labels: LabelStore, review: Review, like: Volume, path: Path) -> None:
    """A label image with class numbers in place of object numbers."""
    scheme = opened.project.scheme
    store = class_layer(labels, review.classes, scheme).store
    with label_writer(path, like, smallest_label_dtype(max(c.value for c in scheme.classes))) as writer:
        for slab in slabs(like.shape):
            writer.write(slab, store.read(slab))
