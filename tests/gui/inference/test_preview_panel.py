from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging.region import Region
from desktop_app.gui.inference.preview_panel import PreviewPanel
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.io.projects import OpenProject
from tests.gui.inference.conftest import CARD, SHAPE, FakeModel, RecordingViewer, add_model, preview, write_image


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, notifier: RecordingNotifier,
    model: FakeModel,
) -> Iterator[PreviewPanel]:  # fmt: skip
    panel = PreviewPanel(session, runner, viewer, notifier, services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    yield panel
    panel.presenter.engine.forget()


def set_threshold(panel: PreviewPanel, value: float) -> None:
    panel.forms.change({}, {"threshold": value})


def test_a_preview_is_drawn_and_counted(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    preview(qtbot, panel)
    region, labels = viewer.shown[-1]
    assert region == viewer.visible
    assert labels is not None
    assert int((labels > 0).sum()) == 144
    assert panel.status.text().startswith("1 object · in ")
    assert model.decoded[0]["threshold"] == 0.4


def test_a_slider_decodes_again_without_the_network(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    preview(qtbot, panel)
    with qtbot.waitSignal(panel.presenter.answered):
        for value in (0.5, 0.6, 0.7):
            set_threshold(panel, value)
    assert len(model.predicted) == 1
    assert [p["threshold"] for p in model.decoded] == [0.4, 0.7]
    labels = viewer.shown[-1][1]
    assert labels is not None
    assert labels.max() == 0


def test_a_box_reaches_beyond_the_slice(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    panel.place.box_button.setChecked(True)
    panel.place.around.setValue(1)
    preview(qtbot, panel)
    assert model.predicted == [Region((1, 4, 4), (4, 28, 28))]
    panel.place.around.setValue(50)
    preview(qtbot, panel)
    assert model.predicted[1] == Region((0, 4, 4), (SHAPE[0], 28, 28))
    assert model.opened == 1


def test_accepting_is_one_undoable_edit_that_keeps_what_was_there(
    qtbot: QtBot, panel: PreviewPanel, session: Session, viewer: RecordingViewer
) -> None:
    assert session.labels is not None
    store = session.labels.labels
    first = Region((2, 8, 8), (3, 10, 20))
    store.write(first, np.full(first.shape, 7, np.uint32))
    preview(qtbot, panel)
    panel.accept_button.click()
    values = store.read(viewer.visible)
    assert sorted(np.unique(values)) == [0, 7, 8]
    assert int((values == 7).sum()) == 24
    assert int((values == 8).sum()) == 120
    assert viewer.shown[-1][1] is None
    session.undo()
    assert sorted(np.unique(store.read(viewer.visible))) == [0, 7]


def test_accepting_nothing_new_says_so(qtbot: QtBot, panel: PreviewPanel, notifier: RecordingNotifier) -> None:
    preview(qtbot, panel)
    with qtbot.waitSignal(panel.presenter.answered):
        set_threshold(panel, 0.9)
    panel.accept_button.click()
    assert "Nothing was changed" in notifier.said("info")[0]


def test_the_settings_go_on_to_a_folder(qtbot: QtBot, panel: PreviewPanel, opened: OpenProject) -> None:
    set_threshold(panel, 0.65)
    with qtbot.waitSignal(panel.batch_requested) as asked:
        panel.batch_button.click()
    assert asked.args is not None
    assert asked.args[0] == opened.models()[0]
    assert asked.args[1].decode["threshold"] == 0.65
    assert (asked.args[1].prediction, asked.args[1].mode) == (
        {"turned": False, "uncertainty": False, "shrink": 1.0, "shrink_z": 1.0, "resample": False},
        None,
    )


def test_several_models_are_previewed_as_one(
    qtbot: QtBot, panel: PreviewPanel, session: Session, opened: OpenProject, model: FakeModel
) -> None:
    assert panel.others is None
    fold = add_model(opened.models_folder(), "Fold2")
    add_model(opened.models_folder(), "Membranes")
    add_model(opened.models_folder(), "broken2")
    model.cards["Membranes"] = CARD.model_copy(update={"class_names": ("Membrane",)})
    session.models_changed.emit()
    assert panel.others is not None
    assert [panel.others.list.item(row).text() for row in range(panel.others.list.count())] == ["Fold2"]
    preview(qtbot, panel)
    with qtbot.waitSignal(panel.presenter.answered):
        panel.others.list.item(0).setCheckState(Qt.CheckState.Checked)
    assert (model.together, len(model.predicted)) == ([(), (fold,)], 2)
    with qtbot.waitSignal(panel.batch_requested) as asked:
        panel.batch_button.click()
    assert asked.args is not None
    assert asked.args[1].together == (fold,)
    shutil.rmtree(fold)
    session.models_changed.emit()
    assert (panel.presenter.others, panel.others.isHidden()) == ((), True)


def test_another_image_takes_the_preview_away(
    qtbot: QtBot, panel: PreviewPanel, session: Session, viewer: RecordingViewer
) -> None:
    preview(qtbot, panel)
    session.close_item()
    assert viewer.shown[-1][1] is None
    assert not panel.run_button.isEnabled()
    assert not panel.accept_button.isEnabled()


def test_new_models_appear_and_a_damaged_one_is_told(
    qtbot: QtBot, panel: PreviewPanel, session: Session, opened: OpenProject, notifier: RecordingNotifier
) -> None:
    fresh = add_model(opened.models_folder(), "Zebra")
    broken = add_model(opened.models_folder(), "broken")
    session.models_changed.emit()
    assert panel.models.count() == 3
    panel.choose_model(fresh)
    assert panel.presenter.card is not None
    assert panel.presenter.card.name == "Zebra"
    panel.choose_model(broken)
    assert notifier.said("error") == ["The model broken.vwmodel is damaged."]
    assert panel.presenter.model == fresh


def test_other_values_of_the_chosen_model_are_taken_up(panel: PreviewPanel, session: Session, model: FakeModel) -> None:
    chosen = panel.presenter.model
    assert chosen is not None
    assert panel.forms.decode_values()["threshold"] == 0.4
    model.cards[chosen.stem] = CARD.model_copy(update={"decode": {**CARD.decode, "threshold": 0.7}})
    session.models_changed.emit()
    assert panel.forms.decode_values()["threshold"] == 0.7


def test_without_a_model_the_panel_says_what_to_do(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, model: FakeModel, opened: OpenProject
) -> None:
    (opened.models()[0] / "model.json").unlink()
    panel = PreviewPanel(session, runner, viewer, RecordingNotifier(), services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    assert panel.empty.isVisible()
    assert not panel.run_button.isVisible()


def test_what_the_network_says_is_shown_without_running_it_again(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    assert not panel.maps.isVisible()  # this model's recipe has nothing to show
    preview(qtbot, panel)
    assert viewer.maps == ()
    with qtbot.waitSignal(panel.presenter.answered):
        panel.maps.setChecked(True)
    assert [one.title for one in viewer.maps] == ["Grey"]
    assert len(model.predicted) == 1
    panel.clear_button.click()
    assert viewer.maps == ()


def test_uncertainty_can_be_shown_once_it_is_asked_for(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    assert not panel.maps.isVisible()
    panel.forms.change({"turned": True, "uncertainty": True}, {})
    assert panel.maps.isVisible()
    assert panel.maps.text() == "Show uncertainty as layers"
    preview(qtbot, panel)
    assert model.ways[-1][1] == {"turned": True, "uncertainty": True, "shrink": 1.0, "shrink_z": 1.0, "resample": False}


def test_a_drawn_box_sets_the_smallest_size(panel: PreviewPanel, viewer: RecordingViewer) -> None:
    assert panel.box is not None
    before = panel.forms.decode_values()["min_size"]
    panel.box.button.click()
    assert panel.box.note.text().startswith("Draw a box")
    viewer.draw(Region((2, 4, 4), (3, 14, 14)))
    assert panel.presenter.decode["min_size"] == 400 != before
    assert panel.box.note.text().startswith("A box of 10 × 10 × 10 voxels")
    panel.box.button.click()
    viewer.pick_rectangle(None)
    assert panel.presenter.decode["min_size"] == 400
    assert panel.box.note.isHidden()
    panel.forms.change({}, {"objects": "classes"})
    assert not panel.box.isVisibleTo(panel)  # classes have no size
    panel.forms.change({}, {"objects": "watershed"})
    assert panel.box.isVisibleTo(panel)


def test_of_the_models_that_come_with_the_program_the_one_for_the_open_image_is_chosen(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, starters: tuple[Path, ...],
    opened: OpenProject,
) -> None:  # fmt: skip
    flat, deep = starters
    shutil.rmtree(next(opened.models_folder().iterdir()))
    picture = write_image(opened.folder.parent / "picture.tif", (1, 32, 32))
    project, item = session.open_project.project.with_item(opened.relative(picture), "picture")
    session.update_project(project)
    panel = PreviewPanel(session, runner, viewer)
    qtbot.addWidget(panel)
    assert panel.presenter.model == deep
    session.select_item(item.id)
    assert panel.presenter.model == flat
    assert panel.models.currentData() == str(flat)
    session.select_item(project.items[0].id)
    assert panel.presenter.model == deep


def test_a_model_that_was_chosen_stays_whatever_image_is_opened(
    qtbot: QtBot, panel: PreviewPanel, session: Session, starters: tuple[Path, ...], opened: OpenProject
) -> None:
    panel.choose_model(starters[0])
    session.close_item()
    session.select_item(opened.project.items[0].id)
    assert panel.presenter.model == starters[0]
