"""A review becomes tables that other programs open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.labelling.scheme import BACKGROUND_OBJECT
from desktop_app.core.project.review import Review
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.projects import OpenProject, create_project, open_project
from desktop_app.io.projects.reviews import review_path, write_review
from desktop_app.io.tables import read_csv
from desktop_app.jobs.objects.mark_done import mark_done
from desktop_app.jobs.objects.say_of_objects import Saying, Words, say_of_objects, sayings_of_table
from desktop_app.jobs.objects.write_review import write_review_of_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One image with two cells, of which one was reviewed, and one image without labels."""
    opened = create_project(tmp_path / "cells.vwproj", "Cells")
    said = opened.project
    for name in ("a", "b"):
        path = tmp_path / f"{name}.tif"
        image = np.full((3, 8, 9), 7, np.uint8)
        size = {"axes": "ZYX", "spacing": 2, "unit": "um"}
        tifffile.imwrite(path, image, imagej=True, resolution=(2, 2), metadata=size)
        said, item = said.with_item(opened.relative(path), name)
        if name == "a":
            labels = opened.label_session(item, opened.open_image(item))
            cells = np.zeros((3, 8, 9), np.uint32)
            cells[1, 2:4, 2:5], cells[0, 5, 5] = 4, 9
            labels.labels.write(Region.whole(cells.shape), cells)
            labels.close()
            said = said.replaced(item.model_copy(update={"status": "in progress", "done_slices": (0,)}))
            review = Review(
                states={4: "right"}, notes={9: "debris?"}, locked=frozenset({4}), classes={9: 2},
                doubtful_slices=(1,), slice_seconds={1: 90.0},
            )  # fmt: skip
            write_review(review_path(opened.folder, item.id), review)
    scheme = said.scheme.with_class("Debris")
    opened.save(said.model_copy(update={"scheme": scheme}))
    opened.close()
    return opened.folder


def test_the_tables_say_what_was_said(project: Path, tmp_path: Path) -> None:
    result = write_review_of_project(project, tmp_path / "out", RecordingContext())
    assert (result.images, result.objects, result.seconds) == (1, 2, 90.0)
    first, second = read_csv(tmp_path / "out" / "objects.csv")
    assert (first["id"], first["class"], first["voxels"], first["volume"]) == ("4", "Object", "6", "3")
    assert (first["state"], first["locked"], first["first_slice"], first["mean_grey"]) == ("right", "yes", "1", "7")
    assert (second["class"], second["note"], second["looks_wrong"]) == ("Debris", "debris?", "at the border")
    slices = read_csv(tmp_path / "out" / "slices.csv")
    assert [(row["state"], row["seconds"]) for row in slices] == [("right", "0"), ("doubtful", "90"), ("to do", "0")]
    (image,) = read_csv(tmp_path / "out" / "images.csv")
    assert (image["right"], image["to_do"], image["locked"], image["done"]) == ("1", "1", "1", "no")
    classes = open_labels(tmp_path / "out" / "a.classes.tif").read()
    assert (int(classes[1, 2, 2]), int(classes[0, 5, 5]), int(classes[2, 7, 8])) == (1, 2, 0)


def test_what_is_painted_as_background_is_no_object(project: Path, tmp_path: Path) -> None:
    with open_project(project) as opened:
        scheme = opened.project.scheme.model_copy(update={"zero_is_background": False})
        opened.save(opened.project.model_copy(update={"scheme": scheme}))
        item = opened.project.items[0]
        labels = opened.label_session(item, opened.open_image(item))
        labels.labels.write(Region((2, 0, 0), (3, 8, 9)), np.full((1, 8, 9), BACKGROUND_OBJECT, np.uint32))
        labels.close()
    assert write_review_of_project(project, tmp_path / "out", RecordingContext()).objects == 2
    assert {row["id"] for row in read_csv(tmp_path / "out" / "objects.csv")} == {"4", "9"}


def test_a_stopped_export_writes_no_table(project: Path, tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        write_review_of_project(project, tmp_path / "out", RecordingContext(cancel_after=0))
    assert not list((tmp_path / "out").glob("*.csv"))


def test_a_project_without_labels_is_told(tmp_path: Path) -> None:
    create_project(tmp_path / "empty.vwproj", "Empty").close()
    with pytest.raises(UserError, match="No image of this project is labelled"):
        write_review_of_project(tmp_path / "empty.vwproj", tmp_path / "out", RecordingContext())


def test_images_are_marked_as_done(project: Path) -> None:
    mark_done(project, ["a"])
    with OpenProject(project) as opened:
        assert [item.all_done for item in opened.project.items] == [True, False]
    with pytest.raises(UserError, match="no image “c”"):
        mark_done(project, ["c"])
    with pytest.raises(UserError, match="no labels yet"):
        mark_done(project, ["b"])


def test_what_is_said_without_the_window_is_in_the_tables(project: Path, tmp_path: Path) -> None:
    words = Words(state="doubtful", note="-", class_name="Debris", locked=True)
    assert say_of_objects(project, [Saying("a", (9,), words), Saying("a", slices=(2,), doubtful=True)]) == 1
    write_review_of_project(project, tmp_path / "out", RecordingContext())
    first, second = read_csv(tmp_path / "out" / "objects.csv")
    assert (first["state"], second["state"], second["note"]) == ("right", "doubtful", "")
    assert (second["class"], second["locked"], second["layer"]) == ("Debris", "yes", "Labels")
    assert [row["state"] for row in read_csv(tmp_path / "out" / "slices.csv")] == ["right", "doubtful", "doubtful"]
    assert say_of_objects(project, [Saying("a", (), Words(state="right"))]) == 2, "all, where none is named"
    for saying, complaint in (
        (Saying("c", (1,), words), "no image “c”"),
        (Saying("a", (1, 4), words), "no object 1"),
        (Saying("a", (4,), Words(class_name="Cat")), "no class “Cat”"),
        (Saying("a", (4,), words, layer="Mine"), "no label layer “Mine”"),
        (Saying("b", (4,), words), "no labels there"),
    ):
        with pytest.raises(UserError, match=complaint):
            say_of_objects(project, [Saying("a", (4,), Words(note="lost?")), saying])
    write_review_of_project(project, tmp_path / "out", RecordingContext())
    assert read_csv(tmp_path / "out" / "objects.csv")[0]["note"] == "", "nothing is kept where one part is refused"


def test_a_table_that_was_changed_is_said(project: Path, tmp_path: Path) -> None:
    write_review_of_project(project, tmp_path / "out", RecordingContext())
    table = tmp_path / "out" / "objects.csv"
    text = table.read_text("utf-8-sig").replace("right,yes,", "doubtful,no,look again")
    table.write_text(text, "utf-8")
    assert say_of_objects(project, sayings_of_table(table)) == 2
    write_review_of_project(project, tmp_path / "again", RecordingContext())
    first, second = read_csv(tmp_path / "again" / "objects.csv")
    assert (first["state"], first["locked"], first["note"]) == ("doubtful", "no", "look again")
    assert (second["class"], second["note"]) == ("Debris", "debris?")
    table.write_text("image,id,state\na,4,perfect\n", "utf-8")
    with pytest.raises(UserError, match=r"Line 2 of objects\.csv"):
        sayings_of_table(table)
