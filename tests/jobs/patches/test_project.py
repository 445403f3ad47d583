"""Patches of an image of a project become images of that project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.imaging import ImageReading, Plane, VoxelSize
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.data.import_data import add_labels_to_item
from desktop_app.jobs.patches.project import items_of, patch_sets, pick_for_project
from desktop_app.jobs.train.training_pairs import source_in
from tests.image_files import saved

SETTINGS = PatchSettings(number=6, size=64)
NM = VoxelSize(z=5, y=5, x=5, unit="nm")


@pytest.fixture
def opened(tmp_path: Path):
    """A project with one textured volume, whose voxel size the user has set."""
    project = create_project(tmp_path / "cells.vwproj", "Cells")
    grey = np.random.default_rng(0).integers(0, 250, (66, 130, 128)).astype(np.uint8)
    changed, item = project.project.with_item(project.relative(saved(tmp_path / "cell.tif", grey)), "cell 1")
    project.save(changed.replaced(item.model_copy(update={"reading": ImageReading(voxel_size=NM)})))
    yield project
    project.close()


def truth_of(opened: OpenProject, tmp_path: Path) -> np.ndarray:
    """Label the image; every patch holds other objects."""
    truth = np.random.default_rng(1).integers(0, 9, (66, 130, 128)).astype(np.uint8)
    (item,) = opened.project.items
    added = add_labels_to_item(opened, item, saved(tmp_path / "truth.tif", truth), RecordingContext())
    opened.save(opened.project.replaced(added.item.model_copy(update={"status": "in progress"})))
    return truth


def left(opened: OpenProject) -> list[str]:
    folders = (opened.folder / name for name in ("datasets", "labels"))
    return sorted(p.name for folder in folders if folder.is_dir() for p in folder.iterdir())


def test_patches_lie_in_the_project_and_are_new_images(opened):
    (item,) = opened.project.items
    found = pick_for_project(opened, item, SETTINGS, False, RecordingContext())
    assert len(found.items) == 6
    for new, patch in zip(found.items, found.picked.patches, strict=True):
        assert opened.image_path(new) == patch.image
        assert patch.image.is_relative_to(opened.folder / "datasets")
        assert new.name.startswith("cell 1_")
        assert (new.status, new.all_done) == ("new", False)
        assert open_volume(patch.image).voxel_size.same_as(NM)
    assert {patch.place.plane for patch in found.picked.patches} == set(Plane)


def test_labels_come_along_and_done_slices_make_done_patches(opened, tmp_path):
    truth = truth_of(opened, tmp_path)
    item = opened.project.items[0].model_copy(update={"done_slices": tuple(range(40))})
    found = pick_for_project(opened, item, SETTINGS, True, RecordingContext())
    states = set()
    for new, patch in zip(found.items, found.picked.patches, strict=True):
        region = patch.place.region
        expected = truth[region.slices].squeeze(patch.place.plane.depth_axis)
        labels = open_labels(opened.label_path(new.id)).read()[0]
        np.testing.assert_array_equal(labels, expected.T if patch.place.plane is Plane.YZ else expected)
        assert new.all_done == (region.stop[0] <= 40)
        assert new.status == ("done" if new.all_done else "in progress")
        states.add(new.all_done)
    assert states == {True, False}


@pytest.mark.parametrize("events", [0, 20, 36, 42])
def test_cancelling_leaves_nothing_in_the_project(opened, tmp_path, events):
    truth_of(opened, tmp_path)
    before = left(opened)
    with pytest.raises(JobCancelled):
        pick_for_project(opened, opened.project.items[0], SETTINGS, True, RecordingContext(cancel_after=events))
    assert left(opened) == before


def test_a_second_pick_gets_a_folder_of_its_own(opened):
    (item,) = opened.project.items
    first = pick_for_project(opened, item, SETTINGS, False, RecordingContext())
    second = pick_for_project(opened, item, SETTINGS, False, RecordingContext())
    assert first.picked.out != second.picked.out
    assert all(patch.image.exists() for patch in (*first.picked.patches, *second.picked.patches))


def test_picking_again_takes_other_places(opened):
    (item,) = opened.project.items
    settings = SETTINGS.model_copy(update={"planes": "xy", "number": 100})
    taken = [pick_for_project(opened, item, settings, False, RecordingContext()) for _ in range(2)]
    regions = [patch.place.region for found in taken for patch in found.picked.patches]
    assert len(regions) == 200
    assert all(a.intersect(b).empty for i, a in enumerate(regions) for b in regions[:i])


def _taken_into_the_project(opened: OpenProject, found) -> None:
    project = opened.project
    opened.save(project.model_copy(update={"items": (*project.items, *found.items)}))


def test_patches_are_added_to_a_set_of_the_project(opened):
    (item,) = opened.project.items
    first = pick_for_project(opened, item, SETTINGS, False, RecordingContext())
    _taken_into_the_project(opened, first)
    more = pick_for_project(opened, item, SETTINGS, False, RecordingContext(), into=first.picked.out)
    _taken_into_the_project(opened, more)
    assert patch_sets(opened) == [first.picked.out]
    assert [i.id for i, _ in items_of(opened, first.picked.out)] == [i.id for i in (*first.items, *more.items)]


@pytest.mark.parametrize("events", [20, 36, 42])
def test_a_set_is_as_it_was_where_adding_is_stopped(opened, tmp_path, events):
    truth_of(opened, tmp_path)
    (item,) = opened.project.items
    out = pick_for_project(opened, item, SETTINGS, True, RecordingContext()).picked.out
    files = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    before = left(opened)
    with pytest.raises(JobCancelled):
        pick_for_project(opened, item, SETTINGS, True, RecordingContext(cancel_after=events), into=out)
    assert left(opened) == before
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == files


def test_a_set_of_patches_is_learned_from_with_the_labels_of_the_project(opened, tmp_path):
    truth_of(opened, tmp_path)
    (item,) = opened.project.items
    found = pick_for_project(opened, item, SETTINGS, True, RecordingContext())
    _taken_into_the_project(opened, found)
    names, truth = {new.name for new in found.items}, opened.folder / "labels"
    opened.close()
    assert {pair.name for pair in source_in(opened.folder).pairs} == names | {"cell 1"}
    pairs = source_in(found.picked.out).pairs
    assert {pair.name for pair in pairs} == names
    assert all(Path(pair.labels).is_relative_to(truth) for pair in pairs)
