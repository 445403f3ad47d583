"""Labels of a project or a file, written back into the image of another program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import write_volume
from desktop_app.io.labels import LabelFile
from desktop_app.io.projects import create_project
from desktop_app.jobs.data.import_data import add_labels_to_item
from desktop_app.jobs.data.write_back import origin_of, write_back_file, write_back_item
from tests.io.labels.foreign_images import write_image_with_labels

LABELS = np.random.default_rng(1).integers(0, 3, (8, 16, 16)).astype(np.uint16)


def test_imported_edited_and_written_back(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    with create_project(tmp_path / "p.vwproj", "p") as opened:
        project, item = opened.project.with_item(opened.relative(tmp_path / "a.ome.zarr"), "a")
        opened.save(project)
        assert origin_of(opened, item) is None
        with pytest.raises(UserError, match="do not come from an OME-Zarr image"):
            write_back_item(opened, item, RecordingContext())
        item = add_labels_to_item(opened, item, group, RecordingContext()).item
        assert origin_of(opened, item) == group
        labels = LabelFile.open(opened.label_path(item.id))
        labels.write(Region((2, 2, 2), (4, 4, 4)), np.full((2, 2, 2), 400, np.uint32))
        labels.flush()
        labels.close()
        ctx = RecordingContext()
        written = write_back_item(opened, item, ctx)
    wanted = LABELS.copy()
    wanted[2:4, 2:4, 2:4] = 400
    np.testing.assert_array_equal(open_labels(group).read(), wanted)
    np.testing.assert_array_equal(open_labels(written.copy).read(), LABELS)
    last = ctx.of_kind(Progress)[-1]
    assert last.done == last.total


def test_from_a_file_and_stopped(tmp_path: Path) -> None:
    group = write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    changed = open_labels(group)
    file = tmp_path / "changed.tif"
    write_volume(file, changed.source, changed)
    with pytest.raises(JobCancelled):
        write_back_file(file, group, RecordingContext(cancel_after=5))
    assert [p.name for p in group.parent.iterdir() if p.is_dir()] == ["nuclei"]
    written = write_back_file(file, group, RecordingContext())
    assert written.group == group
    with pytest.raises(UserError, match="onto itself"):
        write_back_file(group, group, RecordingContext())
