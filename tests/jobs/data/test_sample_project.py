"""The sample project is complete, opens, and is made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.registry import list_images, open_volume
from desktop_app.io.labels import LabelFile
from desktop_app.io.projects import open_project
from desktop_app.jobs.data.sample_project import LABELLED, UNSEEN, SampleProject, sample_project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleProject, RecordingContext]:
    ctx = RecordingContext()
    return sample_project(tmp_path_factory.mktemp("sample") / "demo", ctx), ctx


def test_all_images_are_there_and_the_labelled_ones_are_done(made: tuple[SampleProject, RecordingContext]) -> None:
    sample, ctx = made
    with open_project(sample.project) as opened:
        items = opened.project.items
        assert opened.missing_items() == []
        assert [item.all_done for item in items] == [True] * LABELLED + [False] * UNSEEN
        assert opened.project.scheme.class_names == ("Nucleus",)
    assert ctx.of_kind(Progress)[-1].fraction == 1.0


def test_labels_in_the_project_are_the_truth(made: tuple[SampleProject, RecordingContext]) -> None:
    sample, _ = made
    with open_project(sample.project) as opened:
        item = opened.project.items[0]
        labels = LabelFile.open(opened.label_path(item.id))
        truth = open_volume(sample.labels / "nuclei_1.tif")
        np.testing.assert_array_equal(labels.read(Region.whole(truth.shape)), truth.read())
        assert open_volume(opened.image_path(item)).voxel_size.same_as(truth.voxel_size)


def test_unseen_volumes_have_their_truth_beside_them(made: tuple[SampleProject, RecordingContext]) -> None:
    sample, _ = made
    names = [path.name for path in list_images(sample.unseen)]
    assert len(names) == UNSEEN
    assert names == [path.name for path in list_images(sample.truth)]


def test_second_time_nothing_is_made_again(made: tuple[SampleProject, RecordingContext]) -> None:
    sample, _ = made
    before = (sample.project / "project.json").read_bytes()
    ctx = RecordingContext()
    assert sample_project(sample.project.parent, ctx) == sample
    assert ctx.events == []
    assert (sample.project / "project.json").read_bytes() == before


def test_cancel_leaves_no_half_project(tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        sample_project(tmp_path / "demo", RecordingContext(cancel_after=4))
    assert not (tmp_path / "demo" / "demo.vwproj").exists()
    sample_project(tmp_path / "demo", RecordingContext())
    assert (tmp_path / "demo" / "demo.vwproj" / "project.json").exists()
