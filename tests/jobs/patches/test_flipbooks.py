"""Flipbooks: short stacks of which one slice is labelled, learned from and stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.datasets import recognise
from desktop_app.io.datasets.flipbooks import flipbooks_in
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.io.projects.flipbooks import flipbook_slice
from desktop_app.jobs.data.import_data import add_labels_to_item
from desktop_app.jobs.data.prepare import PrepareConfig, plan_dataset
from desktop_app.jobs.patches.gallery import picture_of, shown_in_folder, shown_in_project
from desktop_app.jobs.patches.pick import pick_patches
from desktop_app.jobs.patches.project import pick_for_project
from desktop_app.jobs.patches.store import StoreConfig, store_patches
from desktop_app.jobs.train.training_pairs import source_in
from tests.image_files import saved

SHAPE = (66, 130, 128)
FLIPBOOKS = PatchSettings(number=6, size=64, kind="flipbook", planes="all")


@pytest.fixture
def grey() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 250, SHAPE).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path, grey: np.ndarray) -> Path:
    """Six flipbooks; the labels of the image are its own grey values, so that each slice tells where it is from."""
    file = str(saved(tmp_path / "cell.tif", grey))
    plan = PatchPlan(sources=(PatchImage(image=file, labels=file),), out=str(tmp_path / "set"), settings=FLIPBOOKS)
    pick_patches(plan, RecordingContext())
    return tmp_path / "set"


@pytest.fixture
def opened(tmp_path: Path, grey: np.ndarray):
    """A project with the image."""
    project = create_project(tmp_path / "cells.vwproj", "Cells")
    changed, _ = project.project.with_item(project.relative(saved(tmp_path / "cell.tif", grey)), "cell 1")
    project.save(changed)
    yield project
    project.close()


def picked_slice(grey: np.ndarray, place, labelled: int) -> np.ndarray:
    """The slice (rows, columns) of the image that a flipbook was picked for."""
    axes = place.plane.depth_axis, place.plane.row_axis, place.plane.column_axis
    return grey[place.region.slices].transpose(axes)[labelled]


def test_a_flipbook_names_the_slice_that_was_picked(folder: Path, grey: np.ndarray) -> None:
    patches = [shown.patch for shown in shown_in_folder(folder)]
    assert {patch.place.plane for patch in patches} == set(Plane)
    for patch in patches:
        depth = SHAPE[patch.place.plane.depth_axis]
        picked = patch.place.first_slice + patch.labelled
        assert patch.place.first_slice == max(0, picked - 2)
        assert patch.place.first_slice + patch.place.slices == min(depth, picked + 3)
        volume = open_volume(patch.image)
        assert volume.shape[0] == patch.place.slices
        expected = picked_slice(grey, patch.place, patch.labelled)
        np.testing.assert_array_equal(volume.plane(Plane.XY, patch.front), expected)


def test_the_labelled_slice_alone_is_learned_from(folder: Path) -> None:
    labelled = {str(shown.patch.image): (shown.patch.labelled,) for shown in shown_in_folder(folder)}
    pairs = source_in(folder).pairs
    assert {pair.image: pair.slices for pair in pairs} == labelled
    (folder / "patches.csv").unlink()
    assert {pair.slices for pair in source_in(folder).pairs} == {None}


def test_stacks_and_single_slices_are_learned_from_whole(tmp_path: Path, grey: np.ndarray) -> None:
    file = str(saved(tmp_path / "cell.tif", grey))
    for kind in ("flat", "stack"):
        settings, out = FLIPBOOKS.model_copy(update={"kind": kind}), tmp_path / kind
        plan = PatchPlan(sources=(PatchImage(image=file, labels=file),), out=str(out), settings=settings)
        pick_patches(plan, RecordingContext())
        assert flipbooks_in(out) == {}
        assert {pair.slices for pair in source_in(out).pairs} == {None}


def test_a_row_that_makes_no_sense_is_passed_over(folder: Path) -> None:
    table = folder / "patches.csv"
    count = len(flipbooks_in(folder))
    lines = table.read_text().splitlines()
    lines[1] = lines[1].rpartition(",")[0] + ",99"
    lines[2] = lines[2].rpartition(",")[0] + ",x"
    table.write_text("\n".join(lines))
    assert len(flipbooks_in(folder)) == count - 2


def test_the_gallery_leafs_through_the_slices(folder: Path, grey: np.ndarray) -> None:
    shown = next(one for one in shown_in_folder(folder) if one.patch.place.slices == 5)
    pictures = [picture_of(shown, away) for away in (-9, -2, 0, 2, 9)]
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[3], pictures[4])
    assert not np.array_equal(pictures[1], pictures[2])
    assert not np.array_equal(pictures[2], pictures[3])


def _labelled(opened: OpenProject, grey: np.ndarray, tmp_path: Path):
    """The flipbooks of a project whose image is labelled by its own grey values, and done where z is even."""
    (item,) = opened.project.items
    added = add_labels_to_item(opened, item, saved(tmp_path / "truth.tif", grey), RecordingContext())
    even = tuple(range(0, SHAPE[0], 2))
    opened.save(opened.project.replaced(added.item.model_copy(update={"status": "in progress", "done_slices": even})))
    found = pick_for_project(opened, opened.project.items[0], FLIPBOOKS, True, RecordingContext())
    opened.save(opened.project.model_copy(update={"items": (*opened.project.items, *found.items)}))
    return found


def test_flipbooks_of_a_project_are_done_and_learned_by_their_slice(opened, grey, tmp_path) -> None:
    found = _labelled(opened, grey, tmp_path)
    for item, patch in zip(found.items, found.picked.patches, strict=True):
        assert flipbook_slice(opened, item) == patch.labelled
        z = patch.place.region.start[0]
        flat = patch.place.plane is Plane.XY
        even = (z + patch.labelled) % 2 == 0 if flat else patch.place.region.shape[0] == 1 and z % 2 == 0
        assert item.all_done == even
    assert flipbook_slice(opened, opened.project.items[0]) is None
    done = {item.name for item in found.items if item.all_done}
    assert done
    labelled = {str(patch.image): (patch.labelled,) for patch in found.picked.patches}
    opened.close()
    pairs = source_in(found.picked.out).pairs
    assert {pair.name for pair in pairs} == done
    assert all(labelled[pair.image] == pair.slices for pair in pairs)


@pytest.mark.parametrize("layout", ["volumes", "two folders", "beside"])
def test_the_labelled_slices_are_stored_in_any_layout_and_added(opened, grey, tmp_path, layout) -> None:
    found = _labelled(opened, grey, tmp_path)
    done = [p for i, p in zip(found.items, found.picked.patches, strict=True) if i.all_done]
    out = tmp_path / "stored"
    ctx = RecordingContext()
    stored = store_patches(StoreConfig(found.picked.out, out, layout), ctx, opened)
    assert (len(stored.patches), stored.waiting) == (len(done), 6 - len(done))
    for patch, of in zip(stored.patches, done, strict=True):
        expected = picked_slice(grey, of.place, of.labelled)
        for file in (patch.image, patch.labels):
            assert open_volume(file).shape == (1, *expected.shape)
        np.testing.assert_array_equal(open_volume(patch.image).read(Region.whole((1, *expected.shape)))[0], expected)
        np.testing.assert_array_equal(open_labels(patch.labels).read()[0], expected)
        assert patch.place.first_slice == of.place.first_slice + of.labelled
    assert len(recognise(out).pairs) == len(done)
    assert {pair.slices for pair in recognise(out).pairs} == {None}
    before = {path: path.read_bytes() for path in out.rglob("*.tif")}
    again = store_patches(StoreConfig(found.picked.out, out, "beside", add=True), ctx, opened)
    assert len(recognise(out).pairs) == 2 * len(done) == 2 * len(again.patches)
    assert all(path.read_bytes() == held for path, held in before.items())


def test_what_cannot_be_stored_is_refused_and_a_stopped_one_leaves_nothing(opened, grey, tmp_path) -> None:
    found = _labelled(opened, grey, tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(UserError, match="full is not empty"):
        store_patches(StoreConfig(found.picked.out, tmp_path / "full"), RecordingContext(), opened)
    with pytest.raises(UserError, match="cannot be added to full"):
        store_patches(StoreConfig(found.picked.out, tmp_path / "full", add=True), RecordingContext(), opened)
    with pytest.raises(JobCancelled):
        store_patches(StoreConfig(found.picked.out, tmp_path / "new"), RecordingContext(cancel_after=1), opened)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name in ("new", "full")) == ["full"]
    fresh = pick_for_project(opened, opened.project.items[0], FLIPBOOKS, False, RecordingContext())
    opened.save(opened.project.model_copy(update={"items": (*opened.project.items, *fresh.items)}))
    assert not any(path.name == "new" for path in tmp_path.iterdir())
    with pytest.raises(UserError, match=r"No patch of .* is labelled yet"):
        store_patches(StoreConfig(fresh.picked.out, tmp_path / "new"), RecordingContext(), opened)


def test_a_flipbook_is_done_where_its_slice_is(opened, grey, tmp_path) -> None:
    found = pick_for_project(opened, opened.project.items[0], FLIPBOOKS, False, RecordingContext())
    item, patch = found.items[0], found.picked.patches[0]
    for slices, state in (((patch.labelled,), "done"), ((patch.labelled + 1,), "labelled")):
        marked = item.model_copy(update={"status": "in progress", "done_slices": slices})
        opened.save(opened.project.model_copy(update={"items": (opened.project.items[0], marked)}))
        (shown,) = shown_in_project(opened, found.picked.out)
        assert shown.state == state


def test_a_patch_without_any_object_is_stored_empty(opened, tmp_path) -> None:
    found = pick_for_project(opened, opened.project.items[0], FLIPBOOKS, False, RecordingContext())
    done = found.items[0].model_copy(update={"status": "done", "all_done": True})
    opened.save(opened.project.model_copy(update={"items": (opened.project.items[0], done)}))
    (stored,) = store_patches(StoreConfig(found.picked.out, tmp_path / "out"), RecordingContext(), opened).patches
    labels = open_labels(stored.labels).read()
    assert labels.shape == (1, 64, 64)
    assert not labels.any()


def test_flipbooks_are_stored_before_they_are_split(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds flipbooks"):
        plan_dataset(PrepareConfig(folder, tmp_path / "out"))
    stored = store_patches(StoreConfig(folder, tmp_path / "stored"), RecordingContext())
    assert len(plan_dataset(PrepareConfig(stored.out, tmp_path / "out")).pairs) == 6
