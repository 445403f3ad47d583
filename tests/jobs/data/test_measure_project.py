"""One table for a project, of labels as they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.labelling.scheme import BACKGROUND_OBJECT
from desktop_app.core.project.review import Review
from desktop_app.io.images.registry import write_volume
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.io.projects.reviews import review_path, write_review
from desktop_app.io.tables import read_csv
from desktop_app.jobs.data.measure_project import OpenStores, measure_project, measure_project_folder

SHAPE = (3, 10, 12)


@pytest.fixture
def opened(tmp_path: Path) -> OpenProject:
    made = create_project(tmp_path / "p.vwproj", "P")
    project = made.project
    sizes = (VoxelSize(z=1, y=1, x=1, unit="µm"), VoxelSize(z=1000, y=1000, x=1000, unit="nm"))
    for name, size in zip("ab", sizes, strict=True):
        volume = Volume.from_array(np.full(SHAPE, 7, np.uint8), voxel_size=size)
        write_volume(tmp_path / f"{name}.tif", volume.source, volume)
        project, item = project.with_item(made.relative(tmp_path / f"{name}.tif"), name)
        project = project.replaced(item.model_copy(update={"status": "in progress"}))
        labels = LabelFile.create(made.label_path(item.id), SHAPE)
        labels.write(Region((0, 2, 2), (2, 4, 5)), np.full((2, 2, 3), 4, np.uint32))
        labels.close()
    made.save(project)
    yield made
    made.close()


def test_all_labelled_images_are_in_one_table_in_one_unit(opened: OpenProject, tmp_path: Path) -> None:
    folder = opened.folder
    opened.close()
    result = measure_project_folder(folder, tmp_path / "o.csv", RecordingContext())
    rows = read_csv(result.table)
    assert [(r["image"], r["id"], r["class"], r["voxels"]) for r in rows] == [
        ("a", "4", "Object", "12"), ("b", "4", "Object", "12"),
    ]  # fmt: skip
    assert [float(r["volume (µm³)"]) for r in rows] == pytest.approx([12, 12])
    assert rows[0]["mean_intensity"] == "7"


def test_labels_that_are_open_count_as_they_stand(opened: OpenProject) -> None:
    item = opened.project.items[0]
    store = LabelFile.open(opened.label_path(item.id))
    store.write(Region.single((0, 8, 8)), np.full((1, 1, 1), 9, np.uint32))
    stands = OpenStores({(item.id, 0): store})
    table = measure_project(opened, RecordingContext(), as_they_stand=stands, only=item.id)
    assert [row["id"] for row in table.rows] == [4, 9]
    assert [row["id"] for row in measure_project(opened, RecordingContext(), only=item.id).rows] == [4]


def test_an_object_in_pieces_is_one_row(opened: OpenProject) -> None:
    """Labels of a project are numbered, so that one number in several places is no mask of several objects."""
    item = opened.project.items[0]
    store = LabelFile.open(opened.label_path(item.id))
    store.write(Region.whole(SHAPE), np.zeros(SHAPE, np.uint32))
    for start in ((0, 0, 0), (2, 8, 8)):
        store.write(Region.single(start), np.ones((1, 1, 1), np.uint32))
    table = measure_project(opened, RecordingContext(), as_they_stand=OpenStores({(item.id, 0): store}), only=item.id)
    store.close()
    assert [(row["id"], row["voxels"]) for row in table.rows] == [(1, 2)]


def test_an_image_that_is_gone_is_told_and_the_rest_measured(opened: OpenProject, tmp_path: Path) -> None:
    (tmp_path / "a.tif").unlink()
    ctx = RecordingContext()
    assert [row["image"] for row in measure_project(opened, ctx).rows] == ["b"]
    assert any(note.level == "error" and note.text.startswith("a:") for note in ctx.of_kind(Note))
    with pytest.raises(UserError, match=r"a\.tif"):
        measure_project(opened, RecordingContext(), only=opened.project.items[0].id)


def test_a_project_without_labels_is_refused(tmp_path: Path) -> None:
    with create_project(tmp_path / "e.vwproj", "E") as empty, pytest.raises(UserError, match="labelled"):
        measure_project(empty, RecordingContext())


def test_objects_have_the_class_that_was_said_of_them_and_the_background_is_none(opened: OpenProject) -> None:
    item = opened.project.items[0]
    labels = LabelFile.open(opened.label_path(item.id))
    labels.write(Region((0, 6, 6), (2, 8, 8)), np.full((2, 2, 2), 5, np.uint32))
    labels.write(Region.single((0, 0, 0)), np.full((1, 1, 1), BACKGROUND_OBJECT, np.uint32))
    labels.close()
    scheme = opened.project.scheme.with_class("Mitosis").model_copy(update={"zero_is_background": False})
    opened.save(opened.project.model_copy(update={"scheme": scheme}))
    write_review(review_path(opened.folder, item.id), Review(classes={5: 2, 4: 77}))
    rows = measure_project(opened, RecordingContext(), only=item.id).rows
    assert [(row["id"], row["class"]) for row in rows] == [(4, "Object"), (5, "Mitosis")]
