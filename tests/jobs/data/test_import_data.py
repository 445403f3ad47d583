"""Images and labels come into a project, and labels out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import ImageReading, Region, VoxelSize
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.core.project import Item
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels import LabelFile
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.data.import_data import add_labels_to_item, export_item_labels

SHAPE = (4, 12, 13)
LABELS = np.arange(np.prod(SHAPE), dtype=np.uint32).reshape(SHAPE)


def _tiff(path: Path, voxels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, voxels, photometric="minisblack")
    return path


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenProject]:
    project = create_project(tmp_path / "a.vwproj", "a")
    yield project
    project.close()


@pytest.fixture
def item(opened: OpenProject, tmp_path: Path) -> Item:
    image = _tiff(tmp_path / "data" / "im.tif", np.ones(SHAPE, np.uint8))
    project, item = opened.project.with_item(opened.relative(image), "im")
    opened.save(project)
    return item


def test_labels_in_and_out(opened: OpenProject, item: Item, tmp_path: Path) -> None:
    source = _tiff(tmp_path / "data" / "labels.tif", LABELS)
    added = add_labels_to_item(opened, item, source, RecordingContext())
    assert (added.item.imported_labels, added.largest) == ("../data/labels.tif", LABELS.max())
    sized = item.model_copy(update={"reading": ImageReading(voxel_size=VoxelSize(z=3, y=1, x=1, unit="nm"))})
    export_item_labels(opened, sized, tmp_path / "out.tif", RecordingContext())
    back = open_labels(tmp_path / "out.tif")
    np.testing.assert_array_equal(back.read(), LABELS)
    assert back.voxel_size == sized.voxel_size


def test_new_labels_replace_old_ones_and_their_journal(opened: OpenProject, item: Item, tmp_path: Path) -> None:
    session = opened.label_session(item, open_volume(opened.image_path(item)))
    session.labels.write(Region.whole(SHAPE), np.full(SHAPE, 5, np.uint32))
    session.close()
    opened.journal_path(item.id).write_bytes(b"old strokes")
    source = _tiff(tmp_path / "data" / "labels.tif", LABELS % 3)
    add_labels_to_item(opened, item, source, RecordingContext())
    assert not opened.journal_path(item.id).exists()
    np.testing.assert_array_equal(LabelFile.open(opened.label_path(item.id)).read(Region.whole(SHAPE)), LABELS % 3)


@pytest.mark.parametrize("how", ["other shape", "fractions", "cut off", "cancelled"])
def test_what_goes_wrong_keeps_the_old_labels(opened: OpenProject, item: Item, tmp_path: Path, how: str) -> None:
    add_labels_to_item(opened, item, _tiff(tmp_path / "old.tif", LABELS), RecordingContext())
    source, context, error = tmp_path / "new.tif", RecordingContext(), UserError
    if how == "other shape":
        _tiff(source, LABELS[:, :, :-1])
    elif how == "fractions":
        _tiff(source, LABELS / 2)
        error = UnreadableFileError
    elif how == "cut off":
        _tiff(source, LABELS)
        source.write_bytes(source.read_bytes()[:-300])
        error = UnreadableFileError
    else:
        _tiff(source, LABELS + 1)
        context, error = RecordingContext(cancel_after=0), JobCancelled
    with pytest.raises(error):
        add_labels_to_item(opened, item, source, context)
    np.testing.assert_array_equal(LabelFile.open(opened.label_path(item.id)).read(Region.whole(SHAPE)), LABELS)
    assert [p.name for p in opened.label_path(item.id).parent.iterdir()] == [f"{item.id}.ome.zarr"]


def test_empty_labels_are_told(opened: OpenProject, item: Item, tmp_path: Path) -> None:
    context = RecordingContext()
    added = add_labels_to_item(opened, item, _tiff(tmp_path / "e.tif", LABELS * 0), context)
    assert added.largest == 0
    assert "every voxel is 0" in context.of_kind(Note)[0].text


def test_nothing_to_export(opened: OpenProject, item: Item, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="im has no labels yet"):
        export_item_labels(opened, item, tmp_path / "out.tif", RecordingContext())
