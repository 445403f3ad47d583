"""Labels for many images at once: pairing by name, failures that stop nothing, and stopping."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.imaging import Region
from desktop_app.core.job import CaseUpdate, JobCancelled, Progress
from desktop_app.io.labels import LabelFile
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.data.import_many import import_many, labels_for

SHAPE = (2, 8, 9)


class Recorder:
    """Hears everything; stops the job when so many images are done."""

    def __init__(self, stop_after: int = 99) -> None:
        self.events: list[object] = []
        self.stop_after = stop_after

    def report(self, event: object) -> None:
        self.events.append(event)

    def raise_if_cancelled(self) -> None:
        if len(self.states("done")) >= self.stop_after:
            raise JobCancelled

    def states(self, state: str) -> list[CaseUpdate]:
        return [e for e in self.events if isinstance(e, CaseUpdate) and e.state == state]


@pytest.fixture
def opened(tmp_path: Path) -> OpenProject:
    opened = create_project(tmp_path / "cells.vwproj", "Cells")
    project = opened.project
    for number in (1, 2, 10):
        path = tmp_path / f"cell_{number}.tif"
        tifffile.imwrite(path, np.zeros(SHAPE, np.uint8), imagej=True, metadata={"axes": "ZYX"})
        project, _ = project.with_item(opened.relative(path), path.stem)
    opened.save(project)
    yield opened
    opened.close()


def write_labels(path: Path, value: int, shape: tuple[int, ...] = SHAPE) -> Path:
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, np.full(shape, value, np.uint16), imagej=True, metadata={"axes": "ZYX"})
    return path


def stored(opened: OpenProject, number: int) -> int:
    file = LabelFile.open(opened.label_path(opened.project.items[number].id))
    return int(file.read(Region.whole(SHAPE)).max())


def test_files_are_paired_by_the_rule_of_training(opened, tmp_path) -> None:
    for name in ("cell_1_mask.tif", "mask_cell_02.tif", "other.tif"):
        write_labels(tmp_path / "labels" / name, 1)
    found = labels_for(opened, opened.project.items, tmp_path / "labels")
    assert [(a.name, b.name) for a, b in found.pairs] == [
        ("cell_1.tif", "cell_1_mask.tif"),
        ("cell_2.tif", "mask_cell_02.tif"),
    ]
    assert found.by_order_possible


def test_labels_beside_their_images_are_found_and_images_are_none(opened, tmp_path) -> None:
    write_labels(tmp_path / "cell_10_labels.tif", 1)
    found = labels_for(opened, opened.project.items, tmp_path)
    assert [(a.name, b.name) for a, b in found.pairs] == [("cell_10.tif", "cell_10_labels.tif")]
    assert found.unmatched_labels == ()


def test_one_that_does_not_fit_does_not_stop_the_others(opened, tmp_path) -> None:
    files = [write_labels(tmp_path / "l" / f"{n}.tif", n, (3, 4, 5) if n == 2 else SHAPE) for n in (1, 2, 3)]
    recorder = Recorder()
    result = import_many(opened, zip(opened.project.items, files, strict=True), recorder)
    assert [name for name, _ in result.failed] == ["cell_2"]
    assert (stored(opened, 0), stored(opened, 2)) == (1, 3)
    assert not opened.label_path(opened.project.items[1].id).exists()
    assert [u.name for u in recorder.states("done")] == [opened.project.items[0].id, opened.project.items[2].id]
    assert [e for e in recorder.events if isinstance(e, Progress)][-1].fraction == 1.0


def test_stopping_leaves_whole_labels_only(opened, tmp_path) -> None:
    files = [write_labels(tmp_path / "l" / f"{n}.tif", n) for n in (1, 2, 3)]
    recorder = Recorder(stop_after=1)
    with pytest.raises(JobCancelled):
        import_many(opened, zip(opened.project.items, files, strict=True), recorder)
    assert stored(opened, 0) == 1
    assert [opened.label_path(item.id).exists() for item in opened.project.items] == [True, False, False]


def test_images_of_one_name_find_their_labels_in_a_data_set(tmp_path) -> None:
    with create_project(tmp_path / "cells.vwproj", "Cells") as opened:
        project = opened.project
        for number, day in enumerate(("m1/d1", "m1/d2", "m2/d1")):
            for kind in ("images", "labels"):
                (tmp_path / day / kind).mkdir(parents=True)
                write_labels(tmp_path / day / kind / "1.tif", number + 1)
            project, _ = project.with_item(opened.relative(tmp_path / day / "images" / "1.tif"), f"{day}/1")
        opened.save(project)
        found = labels_for(opened, opened.project.items, tmp_path)
        assert {(image.parents[1], labels.parents[1], labels.parent.name) for image, labels in found.pairs} == {
            (tmp_path / day, tmp_path / day, "labels") for day in ("m1/d1", "m1/d2", "m2/d1")
        }
        assert found.unmatched_labels == ()
