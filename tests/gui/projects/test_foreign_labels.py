"""Labels inside an OME-Zarr image, in the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import LabelClass, LabelScheme
from desktop_app.gui.projects.foreign_labels import named
from desktop_app.gui.projects.image_commands import ImageCommands
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.projects import create_project
from tests.io.labels.foreign_images import write_image_with_labels

LABELS = np.random.default_rng(1).integers(0, 3, (4, 16, 16)).astype(np.uint16)


@pytest.fixture
def images(qtbot, shell_session, shell_runner, said, tmp_path: Path):
    write_image_with_labels(tmp_path / "a.ome.zarr", LABELS)
    with create_project(tmp_path / "p.vwproj", "p") as opened:
        scheme = LabelScheme(kind="classes", classes=(LabelClass(value=1, name="Object", color=(9, 9, 9)),))
        project, _ = opened.project.with_item(opened.relative(tmp_path / "a.ome.zarr"), "a")
        opened.save(project.model_copy(update={"scheme": scheme}))
    from desktop_app.io.projects import open_project

    shell_session.adopt(open_project(tmp_path / "p.vwproj"))
    window = QWidget()
    qtbot.addWidget(window)
    images = ImageCommands(WindowContext(shell_session, shell_runner, said, window))
    images.open(shell_session.project.items[0])
    return images


def _idle(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=20_000)


def test_opened_changed_and_written_back(qtbot, images, shell_session, shell_runner, said, tmp_path):
    item = shell_session.project.items[0]
    images.rooms.foreign.open_inside(item)
    _idle(qtbot, shell_runner)
    np.testing.assert_array_equal(shell_session.labels.labels.read(Region.whole(LABELS.shape)), LABELS)
    assert [(c.value, c.name) for c in shell_session.project.scheme.classes] == [(1, "nucleus"), (2, "vessel")]
    shell_session.labels.labels.write(Region((0, 0, 0), (2, 2, 2)), np.full((2, 2, 2), 2, np.uint32))
    images.rooms.foreign.write_back(shell_session.project.items[0])
    _idle(qtbot, shell_runner)
    wanted = LABELS.copy()
    wanted[:2, :2, :2] = 2
    np.testing.assert_array_equal(open_labels(tmp_path / "a.ome.zarr/labels/nuclei").read(), wanted)
    assert any("The labels from before are in nuclei.before_" in text for text in said.said("info"))


def test_what_did_not_come_from_an_image_is_not_written_into_one(images, shell_session, shell_runner, said):
    images.rooms.foreign.write_back(shell_session.project.items[0])
    assert not shell_runner.jobs()
    assert "did not come from an OME-Zarr image" in said.said("warning")[-1]


def test_several_are_a_choice(qtbot, images, shell_session, shell_runner, said, tmp_path):
    (tmp_path / "a.ome.zarr/labels/cells").mkdir()
    (tmp_path / "a.ome.zarr/labels/cells/.zgroup").write_text("{}")
    said.texts = [None]
    images.rooms.foreign.open_inside(shell_session.project.items[0])
    assert said.questions[-1] == "Which ones?"
    assert not shell_runner.jobs()


def test_names_that_were_given_stay_and_none_is_there_twice():
    classes = [("cell", 1), ("Class 2", 2), ("Class 3", 3)]
    scheme = LabelScheme(
        kind="classes", classes=tuple(LabelClass(value=v, name=n, color=(0, 0, 0)) for n, v in classes)
    )
    told = {1: ("x", (1, 1, 1)), 2: ("Cell", (2, 2, 2)), 3: ("vessel", None), 9: ("y", None)}
    assert [(c.name, c.color[0]) for c in named(scheme, told).classes] == [("cell", 0), ("Class 2", 2), ("vessel", 0)]
