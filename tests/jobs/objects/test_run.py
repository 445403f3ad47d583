from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.jobs.objects.run import ObjectsConfig, change_objects
from desktop_app.jobs.objects.steps import Origins, require_whole
from desktop_app.objects.operations import Change


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Objects of 1, 8 and 27 voxels."""
    array = np.zeros((5, 12, 14), np.uint16)
    array[0, 0, 0], array[1:3, 1:3, 5:7], array[1:4, 5:8, 2:5] = 3, 8, 300
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, array, imagej=True, resolution=(2, 2), metadata={"axes": "ZYX", "spacing": 3, "unit": "um"})
    return path


def config(labels: Path, operation: str, objects: tuple[int, ...] = (), **parameters: Any) -> ObjectsConfig:
    step = ObjectStep(operation=operation, parameters=parameters)
    return ObjectsConfig(step, labels, labels.with_name("out.tif"), objects=objects)


def test_a_file_is_changed_and_keeps_what_it_says(labels: Path) -> None:
    ctx = RecordingContext()
    result = change_objects(config(labels, "size-filter", min_size=8, max_size=20), ctx)
    written, before = open_labels(result.out), open_labels(labels)
    assert np.unique(written.read()).tolist() == [0, 8]
    assert (result.voxels, result.objects) == (28, 1)
    assert written.voxel_size == before.voxel_size
    assert sorted(path.name for path in labels.parent.iterdir()) == ["labels.tif", "out.tif"]


def test_objects_are_named(labels: Path) -> None:
    change_objects(config(labels, "delete", (3, 300)), RecordingContext())
    assert np.unique(open_labels(labels.with_name("out.tif")).read()).tolist() == [0, 8]


@pytest.mark.parametrize(
    ("operation", "objects", "parameters", "said"),
    [
        ("delete", (), {}, "which objects"),
        ("renumber", (3,), {}, "about all objects"),
        ("cut-line", (), {}, "--at z,y,x"),
        ("size-filer", (), {}, "Did you mean size-filter"),
        ("size-filter", (), {"min_size": -1}, "min_size"),
        ("size-filter", (), {"least": 1}, "least"),
    ],
)
def test_what_is_not_possible_is_said_before_anything_is_read(
    labels: Path, operation: str, objects: tuple[int, ...], parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        change_objects(config(labels, operation, objects, **parameters), RecordingContext())
    assert not labels.with_name("out.tif").exists()


def test_places_are_named(labels: Path) -> None:
    wide = labels.with_name("wide.tif")
    tifffile.imwrite(wide, np.full((2, 9, 14), 300, np.uint16), imagej=True, metadata={"axes": "ZYX"})
    cut = replace(config(wide, "cut-line"), places=((1, 4, 0), (1, 4, 13)))
    assert change_objects(cut, RecordingContext()).objects == 2
    clicks = replace(config(labels, "split-at"), places=((2, 5, 3), (2, 7, 3)))
    assert change_objects(clicks, RecordingContext()).objects == 4
    merge = replace(config(labels, "merge"), places=((2, 1, 6), (2, 7, 3)))
    assert change_objects(merge, RecordingContext()).objects == 2
    piece = replace(config(labels, "set-class", value=9), places=((0, 0, 0),))
    change_objects(piece, RecordingContext())
    assert np.unique(open_labels(labels.with_name("out.tif")).read()).tolist() == [0, 8, 9, 300]
    with pytest.raises(UserError, match="no voxel"):
        change_objects(replace(cut, places=((9, 0, 0), (2, 6, 6))), RecordingContext())


def test_one_slice_alone_is_changed(labels: Path) -> None:
    before = open_labels(labels).read()
    change_objects(replace(config(labels, "size-filter", min_size=5), slice=1), RecordingContext())
    after = open_labels(labels.with_name("out.tif")).read()
    changed = np.unique(np.argwhere(before != after)[:, 0])
    assert changed.tolist() == [1]
    assert (after[1] == 300).sum() == 9
    assert not (after[1] == 8).any(), "4 voxels in this slice"
    with pytest.raises(UserError, match="from 0 to 4"):
        change_objects(replace(config(labels, "fill-holes"), slice=7), RecordingContext())
    with pytest.raises(UserError, match="whole objects"):
        change_objects(replace(config(labels, "artefacts"), slice=1), RecordingContext())


def test_a_stopped_operation_leaves_nothing(labels: Path) -> None:
    ctx = RecordingContext(cancel_after=4)
    with pytest.raises(JobCancelled):
        change_objects(config(labels, "fill-holes"), ctx)
    assert [path.name for path in labels.parent.iterdir()] == ["labels.tif"]


def test_steps_of_a_batch_need_nothing_to_be_pointed_at() -> None:
    require_whole([ObjectStep(operation="split"), ObjectStep(operation="size-filter", parameters={"min_size": 3})])
    with pytest.raises(UserError, match="cannot be a step"):
        require_whole([ObjectStep(operation="delete")])


def test_a_new_object_has_the_class_of_the_one_it_came_from() -> None:
    class_of = {1: "Nucleus", 2: "Vesicle"}
    before = np.array([[[2, 2, 1, 0]]], np.uint32)
    Origins(class_of).hear(Change.between(Region.whole((1, 1, 4)), before, np.array([[[2, 5, 1, 6]]], np.uint32)))
    assert class_of == {1: "Nucleus", 2: "Vesicle", 5: "Vesicle", 6: ""}


def test_neither_labels_nor_image_are_written_over(labels: Path) -> None:
    before, image = labels.read_bytes(), labels.with_name("image.tif")
    image.write_bytes(before)
    step = ObjectStep(operation="renumber")
    for wrong in (ObjectsConfig(step, labels, labels), ObjectsConfig(step, labels, image, image)):
        with pytest.raises(UserError, match="cannot be written onto itself"):
            change_objects(wrong, RecordingContext())
    assert labels.read_bytes() == image.read_bytes() == before
