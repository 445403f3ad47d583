"""Copies of label layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.project.review import Review
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.io.projects.reviews import read_review, review_path, write_review
from desktop_app.jobs.data.import_data import add_labels_to_item
from desktop_app.jobs.objects.label_layers import duplicate_labels
from tests.image_files import saved

SAID = Review(classes={3: 2}, states={3: "right"}, notes={4: "dim"}, locked=frozenset({4}), slice_seconds={1: 30.0})


@pytest.fixture
def opened(tmp_path: Path):
    """A project with a labelled image of whose objects something was said."""
    labels = np.random.default_rng(0).integers(0, 5, (4, 20, 20)).astype(np.uint8)
    project = create_project(tmp_path / "p.vwproj", "P")
    changed, item = project.project.with_item(project.relative(saved(tmp_path / "a.tif", labels)), "a")
    project.save(changed)
    added = add_labels_to_item(project, item, saved(tmp_path / "l.tif", labels), RecordingContext())
    project.save(project.project.replaced(added.item))
    write_review(review_path(project.folder, item.id), SAID)
    yield project
    project.close()


def test_what_was_said_of_objects_goes_with_their_copy(opened: OpenProject) -> None:
    (item,) = opened.project.items
    stale = review_path(opened.folder, item.id, 0, "b")
    write_review(stale, Review(notes={1: "of a layer that was removed"}))
    duplicate_labels(opened, item, "", "b", RecordingContext())
    first, second = (open_labels(opened.label_path(item.id, 0, layer)).read() for layer in ("", "b"))
    np.testing.assert_array_equal(first, second)
    assert read_review(stale, "a") == SAID.model_copy(update={"slice_seconds": {}})


def test_a_stopped_copy_leaves_nothing(opened: OpenProject) -> None:
    (item,) = opened.project.items
    with pytest.raises(JobCancelled):
        duplicate_labels(opened, item, "", "b", RecordingContext(cancel_after=0))
    assert not opened.label_path(item.id, 0, "b").exists()
    assert not review_path(opened.folder, item.id, 0, "b").exists()
