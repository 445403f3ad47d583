"""Of an image with labels, a new image with labels in another shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.data.import_data import add_labels_to_item
from desktop_app.jobs.utilities.new_image import image_by_utility
from desktop_app.jobs.utilities.registry import UTILITIES
from tests.image_files import saved

SHAPE = (8, 40, 36)


@pytest.fixture
def opened(tmp_path: Path):
    """A project with one labelled volume of flat voxels."""
    project = create_project(tmp_path / "cells.vwproj", "Cells")
    grey = np.random.default_rng(0).integers(0, 250, SHAPE).astype(np.uint8)
    truth = np.random.default_rng(1).integers(0, 70_000, SHAPE).astype(np.uint32)
    path = saved(tmp_path / "cell.tif", grey, VoxelSize(z=2, y=1, x=1, unit="µm"))
    changed, item = project.project.with_item(project.relative(path), "cell")
    project.save(changed)
    added = add_labels_to_item(project, item, saved(tmp_path / "truth.tif", truth), RecordingContext())
    project.save(project.project.replaced(added.item.model_copy(update={"status": "in progress"})))
    yield project
    project.close()


def test_voxels_become_cubes_and_numbers_stay_numbers(opened: OpenProject, tmp_path: Path) -> None:
    (item,) = opened.project.items
    out = tmp_path / "cubes.tif"
    new = image_by_utility(UTILITIES["resample"], {}, opened, item, out, RecordingContext())
    assert open_volume(out).shape == (16, 40, 36)
    assert open_volume(out).voxel_size.same_as(VoxelSize(z=1, y=1, x=1, unit="µm"))
    before = open_labels(opened.label_path(item.id)).read()
    after = open_labels(opened.label_path(new.id)).read()
    assert np.array_equal(after, before.repeat(2, axis=0))
    assert (new.name, new.status, new.all_done) == ("cubes", "in progress", False)


@pytest.mark.parametrize("events", [0, 2])
def test_nothing_is_left_where_it_is_stopped(opened: OpenProject, tmp_path: Path, events: int) -> None:
    (item,) = opened.project.items
    before = sorted(path.name for path in (opened.folder / "labels").iterdir())
    with pytest.raises(JobCancelled):
        image_by_utility(
            UTILITIES["crop"], {}, opened, item, tmp_path / "part.tif", RecordingContext(cancel_after=events)
        )
    assert not (tmp_path / "part.tif").exists()
    assert sorted(path.name for path in (opened.folder / "labels").iterdir()) == before


def test_a_file_that_exists_is_left_alone(opened: OpenProject, tmp_path: Path) -> None:
    (item,) = opened.project.items
    before = (tmp_path / "truth.tif").read_bytes()
    with pytest.raises(UserError, match=r"truth\.tif exists already"):
        image_by_utility(UTILITIES["crop"], {}, opened, item, tmp_path / "truth.tif", RecordingContext())
    assert (tmp_path / "truth.tif").read_bytes() == before
