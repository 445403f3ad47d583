"""Several label layers of an image, in the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.layers import AGREEMENT, BOTH, ONLY_FIRST, OTHER_LABELS, OWN
from desktop_app.core.labelling.store import Edit
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.layers.panel import LayersPanel
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels.journal_files import knows_steps
from desktop_app.io.projects import open_project
from desktop_app.jobs.data.import_data import export_item_labels
from desktop_app.jobs.data.project_data import labelled_items, layer_names, project_pairs

BOX = Region((1, 2, 3), (3, 6, 8))
SECOND = "l2"


@pytest.fixture
def session(panel: LayersPanel, shell_session: Session) -> Session:
    return shell_session


def paint(session: Session, value: int) -> None:
    store = session.labels.labels
    before = store.read(BOX)
    after = np.full(BOX.shape, value, np.uint32)
    store.write(BOX, after)
    session.commit_edit(Edit.between(BOX, before, after, "Paint"))


def painted(session: Session) -> set[int]:
    return set(np.unique(session.labels.labels.read(BOX)).tolist())


def new_layer(panel: LayersPanel, said: RecordingNotifier, name: str) -> None:
    said.texts.append(name)
    panel.label_layers.new()


def test_a_new_layer_is_empty_and_edited_and_the_other_stays_in_sight(
    panel: LayersPanel, session: Session, said: RecordingNotifier
) -> None:
    paint(session, 5)
    new_layer(panel, said, "Second reader")
    assert session.item.edited == SECOND
    assert painted(session) == {0}
    assert session.layers.get(OWN).title == "Second reader"
    other = session.layers.get(OTHER_LABELS + FIRST_LAYER)
    assert other.title == "Labels"
    assert panel.list.rows[OWN].name.text() == "Second reader · edited"
    assert (other.store.read(BOX) == 5).all()
    paint(session, 7)
    panel.list.choose(other.key)
    assert panel.labels_box.edit.isVisibleTo(panel)
    assert panel.taking.isVisibleTo(panel), "what is in another layer can be taken over"
    assert not panel.labels_box.remove.isEnabled()
    panel.labels_box.edit.click()
    assert session.item.edited == FIRST_LAYER
    assert painted(session) == {5}
    assert (session.layers.get(OTHER_LABELS + SECOND).store.read(BOX) == 7).all()


def test_each_layer_keeps_its_own_steps(panel: LayersPanel, session: Session, said: RecordingNotifier) -> None:
    paint(session, 5)
    new_layer(panel, said, "B")
    paint(session, 7)
    session.undo()
    assert painted(session) == {0}
    panel.label_layers.edit_next()
    assert painted(session) == {5}
    session.undo()
    assert painted(session) == {0}
    panel.label_layers.edit_next()
    session.redo()
    assert painted(session) == {7}


def test_layers_come_back_with_the_project(panel: LayersPanel, session: Session, said: RecordingNotifier) -> None:
    paint(session, 5)
    new_layer(panel, said, "B")
    paint(session, 7)
    folder, item_id = session.open_project.folder, session.item.id
    session.close_project()
    session.adopt(open_project(folder))
    session.select_item(item_id)
    assert session.item.label_layers == {FIRST_LAYER: "Labels", SECOND: "B"}
    assert (session.item.edited, painted(session)) == (SECOND, {7})


def test_layers_are_renamed_and_removed(panel: LayersPanel, session: Session, said: RecordingNotifier) -> None:
    new_layer(panel, said, "B")
    paint(session, 7)
    said.texts.append("Labels")
    panel.label_layers.rename()
    assert "already has a label layer “Labels”" in said.said("error")[-1]
    said.texts.append("Reader B")
    panel.label_layers.rename()
    assert session.layers.get(OWN).title == "Reader B"
    path = session.open_project.label_path(session.item.id, 0, SECOND)
    said.answers.append(False)
    panel.label_layers.remove()
    assert path.exists()
    panel.label_layers.remove()
    assert not path.exists()
    assert session.item.label_layers == {FIRST_LAYER: "Labels"}
    assert session.layers.get(OTHER_LABELS + SECOND) is None
    panel.label_layers.remove()
    assert "stays" in said.said("info")[-1]


def test_a_copy_holds_the_same_and_is_changed_alone(
    qtbot, panel: LayersPanel, session: Session, said: RecordingNotifier, shell_runner: JobRunner
) -> None:
    paint(session, 5)
    said.texts.append("Copy")
    panel.label_layers.duplicate()
    qtbot.waitUntil(lambda: session.item.edited == SECOND)
    assert painted(session) == {5}
    assert knows_steps(session.open_project.journal_path(session.item.id, 0, SECOND)), "a copy that vanishes is missed"
    paint(session, 6)
    session.layers.compare(OTHER_LABELS + FIRST_LAYER, OWN)
    assert set(np.unique(session.layers.get(AGREEMENT).store.read(BOX))) == {BOTH}
    paint(session, 0)
    assert set(np.unique(session.layers.get(AGREEMENT).store.read(BOX))) == {ONLY_FIRST}
    panel.label_layers.edit(FIRST_LAYER)
    assert painted(session) == {5}


def test_jobs_take_the_layer_that_is_named_and_the_first_by_default(
    panel: LayersPanel, session: Session, said: RecordingNotifier, tmp_path: Path
) -> None:
    opened = session.open_project
    before = [item.id for item in labelled_items(opened)]
    new_layer(panel, said, "B")
    paint(session, 7)
    session.save()
    assert [item.id for item in labelled_items(opened)] == before, "painting there says nothing of the first layer"
    assert session.item.id not in before
    assert layer_names(opened) == ["Labels", "B"]
    (pair,) = project_pairs(opened, marked_only=False, layer="B")
    assert pair.labels == str(opened.label_path(session.item.id, 0, SECOND))
    written = export_item_labels(opened, session.item, tmp_path / "b.tif", RecordingContext(), layer=SECOND)
    assert np.unique(open_labels(written).read(BOX)).tolist() == [7]
