"""Previews of models that go through images in several ways, in any plane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging.region import Plane, Region
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.gui.inference.preview_panel import PreviewPanel
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from tests.gui.inference.conftest import CARD, PANOPTIC, SHAPE, FakeModel, Hint, RecordingViewer, preview

ONE_LOOK = {"turned": False, "uncertainty": False}
RECTANGLE = Region((2, 6, 6), (3, 16, 24))


@pytest.fixture
def panel(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, notifier: RecordingNotifier,
    model: FakeModel,
) -> Iterator[PreviewPanel]:  # fmt: skip
    model.cards["Nuclei"] = PANOPTIC
    panel = PreviewPanel(session, runner, viewer, notifier, services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    yield panel
    panel.presenter.engine.forget()


def shown(panel: PreviewPanel) -> set[str]:
    found = set()
    for form in (panel.forms.prediction, panel.forms.decode):
        assert form is not None
        found |= {name for name in form.model_type.model_fields if form.editor(name).isVisibleTo(form)}
    return found


@pytest.mark.parametrize("plane", list(Plane))
def test_the_slice_of_the_active_view_is_seen_in_its_plane(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel, plane: Plane
) -> None:
    viewer.plane, viewer.visible = plane, plane.slab(SHAPE, 3)
    preview(qtbot, panel)
    assert model.predicted == [plane.slab(SHAPE, 3)]
    mode, prediction = model.ways[0]
    assert (mode, prediction) == ("stack", {"plane": plane.value, "downsampling": 2, **ONE_LOOK, "tile_size": 0})


def test_a_decode_slider_never_runs_the_network_and_a_prediction_does(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    viewer.plane, viewer.visible = Plane.XZ, Plane.XZ.slab(SHAPE, 9)
    preview(qtbot, panel)
    with qtbot.waitSignal(panel.presenter.answered):
        panel.forms.change({}, {"confidence": 0.7})
    assert len(model.predicted) == 1
    assert " · made anew in " in panel.status.text()
    with qtbot.waitSignal(panel.presenter.answered):
        panel.forms.change({"downsampling": 4}, {})
    assert [way[1] for way in model.ways][1] == {"plane": "xz", "downsampling": 4, **ONE_LOOK, "tile_size": 0}
    assert model.decoded[-1]["confidence"] == 0.7
    assert " · in " in panel.status.text()


def test_a_box_is_seen_as_a_stack_or_in_three_directions(qtbot: QtBot, panel: PreviewPanel, model: FakeModel) -> None:
    assert not panel.place.modes.isEnabled()
    assert "slice alone" in panel.place.modes.toolTip()
    panel.place.box_button.setChecked(True)
    panel.place.around.setValue(1)
    assert panel.place.modes.isEnabled()
    preview(qtbot, panel)
    panel.place.modes.setCurrentIndex(1)
    preview(qtbot, panel)
    assert [mode for mode, _ in model.ways] == ["stack", "ortho"]
    assert model.predicted == [Region((1, 4, 4), (4, 28, 28))] * 2


def test_the_buttons_stay_where_they_are_whatever_the_place(qtbot: QtBot, panel: PreviewPanel) -> None:
    panel.resize(330, 640)

    def tops() -> tuple[int, int]:
        QApplication.processEvents()
        return panel.run_button.y(), panel.status.y()

    for_slice = tops()
    panel.place.box_button.setChecked(True)
    for_box = tops()
    panel.place.set_area("rectangle")
    assert for_slice == for_box == tops()


def test_only_what_matters_is_shown(panel: PreviewPanel) -> None:
    in_slice = shown(panel)
    assert {"downsampling", "confidence", "centre_threshold", "fill_holes"} <= in_slice
    assert not in_slice & {"plane", "median", "min_size", "min_extent", "match_overlap", "votes", "permit_single"}
    panel.place.box_button.setChecked(True)
    in_stack = shown(panel)
    assert in_stack - in_slice >= {"plane", "median", "min_size", "min_extent"}
    assert not in_stack & {"votes", "permit_single", "keep_directions"}
    panel.place.modes.setCurrentIndex(1)
    in_ortho = shown(panel)
    assert {"votes", "permit_single", "median"} <= in_ortho
    assert not in_ortho & {"plane", "keep_directions"}


def test_models_of_volumes_have_no_such_controls(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, model: FakeModel
) -> None:
    panel = PreviewPanel(session, runner, viewer, RecordingNotifier(), services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    panel.place.box_button.setChecked(True)
    assert "plane" not in panel.forms.prediction_values()
    assert not panel.place.modes.isVisible()
    preview(qtbot, panel)
    assert model.ways == [
        ("auto", {"turned": False, "uncertainty": False, "shrink": 1.0, "shrink_z": 1.0, "resample": False})
    ]
    panel.presenter.engine.forget()


def test_a_drawn_rectangle_is_previewed_at_once_and_stays(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    panel.place.areas.setCurrentIndex(panel.place.areas.findData("rectangle"))
    panel.place.areas.activated.emit(panel.place.areas.currentIndex())
    assert panel.place.draw_button.isChecked()
    assert panel.status.text().startswith("Draw a rectangle")
    with qtbot.waitSignal(panel.presenter.answered, check_params_cb=lambda answer: answer is not None):
        viewer.draw(RECTANGLE)
    assert model.predicted == [RECTANGLE]
    assert viewer.frame == (Plane.XY, RECTANGLE)
    assert not panel.place.draw_button.isChecked()
    viewer.visible = Region((4, 0, 0), (5, 8, 8))
    preview(qtbot, panel)
    assert model.predicted[1] == Region((4, 6, 6), (5, 16, 24))
    panel.place.set_area("view")
    assert viewer.frame == (None, None)


def test_a_rectangle_of_a_hidden_plane_is_explained(
    qtbot: QtBot, panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel
) -> None:
    panel.place.set_area("rectangle")
    panel.run_button.click()
    with qtbot.waitSignal(panel.presenter.answered, check_params_cb=lambda answer: answer is not None):
        viewer.draw(RECTANGLE)
    viewer.seen = [Plane.YZ]
    panel.run_button.click()
    assert "plane xy, which is not shown" in panel.status.text()
    assert len(model.predicted) == 1


def test_giving_up_drawing_leaves_everything(panel: PreviewPanel, viewer: RecordingViewer, model: FakeModel) -> None:
    panel.place.set_area("rectangle")
    panel.run_button.click()
    assert viewer.drawing is not None
    viewer.drawing(None)
    assert not panel.place.draw_button.isChecked()
    assert panel.presenter.drawn is None
    assert panel.status.text() == "Sliders change the preview at once."


def test_the_whole_slice_is_seen_whatever_the_view_shows(qtbot: QtBot, panel: PreviewPanel, model: FakeModel) -> None:
    panel.place.set_area("whole")
    preview(qtbot, panel)
    assert model.predicted == [Plane.XY.slab(SHAPE, 2)]


def test_another_image_forgets_the_rectangle(
    qtbot: QtBot, panel: PreviewPanel, session: Session, viewer: RecordingViewer
) -> None:
    panel.place.set_area("rectangle")
    panel.run_button.click()
    with qtbot.waitSignal(panel.presenter.answered, check_params_cb=lambda answer: answer is not None):
        viewer.draw(RECTANGLE)
    session.close_item()
    assert panel.presenter.drawn is None
    assert viewer.frame == (None, None)


@pytest.mark.parametrize("plane", [Plane.XZ, Plane.YZ])
def test_a_preview_of_another_plane_is_accepted_where_it_lies(
    qtbot: QtBot, panel: PreviewPanel, session: Session, viewer: RecordingViewer, plane: Plane
) -> None:
    viewer.plane, viewer.visible = plane, plane.slab(SHAPE, 12)
    preview(qtbot, panel)
    panel.accept_button.click()
    assert session.labels is not None
    store = session.labels.labels
    expected = np.zeros(SHAPE, bool)
    expected[:, 8:20, 8:20] = True
    labelled = store.read(Region.whole(SHAPE)) > 0
    assert (labelled[plane.slab(SHAPE, 12).slices] == expected[plane.slab(SHAPE, 12).slices]).all()
    assert int(labelled.sum()) == SHAPE[0] * 12
    session.undo()
    assert not store.read(Region.whole(SHAPE)).any()


def test_a_suggestion_is_taken_with_one_click(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, model: FakeModel
) -> None:
    model.cards["Nuclei"], model.hint = PANOPTIC, Hint()
    panel = PreviewPanel(session, runner, viewer, RecordingNotifier(), services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    assert "cubes of 4 nm.\nA median of 7" in panel.suggestions.words.text()
    panel.suggestions.apply_button.click()
    assert not panel.suggestions.isVisible()
    values: dict[str, Any] = {**panel.presenter.prediction, **panel.presenter.decode}
    assert (values["downsampling"], values["median"], values["confidence"]) == (4, 7, 0.4)


def test_the_way_through_a_box_goes_on_to_a_folder(qtbot: QtBot, panel: PreviewPanel) -> None:
    panel.place.box_button.setChecked(True)
    panel.place.modes.setCurrentIndex(1)
    panel.forms.change({"downsampling": 8}, {"votes": 1})
    with qtbot.waitSignal(panel.batch_requested) as asked:
        panel.batch_button.click()
    assert asked.args is not None
    settings = asked.args[1]
    assert (settings.mode, settings.prediction["downsampling"], settings.decode["votes"]) == ("ortho", 8, 1)


def test_other_models_bring_their_own_forms(
    qtbot: QtBot, panel: PreviewPanel, session: Session, model: FakeModel
) -> None:
    assert session.open_project is not None
    panel.place.box_button.setChecked(True)
    model.cards["Nuclei"] = CARD
    panel.choose_model(session.open_project.models()[0])
    assert "plane" not in panel.forms.prediction_values()
    assert panel.forms.decode is not None
    assert "threshold" in panel.forms.decode.model_type.model_fields
    assert not panel.place.modes.isVisible()


def test_a_suggestion_goes_when_it_is_set_by_hand(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, model: FakeModel
) -> None:
    model.cards["Nuclei"], model.hint = PANOPTIC, Hint(mode=None)
    panel = PreviewPanel(session, runner, viewer, RecordingNotifier(), services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    panel.place.box_button.setChecked(True)
    panel.forms.change({"downsampling": 4}, {})
    assert panel.suggestions.isVisible()
    panel.place.slice_button.setChecked(True)
    assert not panel.suggestions.isVisible()  # a median over slices is nothing to a single one
    panel.place.box_button.setChecked(True)
    panel.forms.change({}, {"median": 7})
    assert not panel.suggestions.isVisible()
    panel.forms.change({"downsampling": 1}, {})
    assert panel.suggestions.isVisible()
    panel.place.slice_button.setChecked(True)
    assert panel.suggestions.isVisible()


def test_objects_of_several_classes_are_counted_and_accepted_as_their_classes(
    qtbot: QtBot, session: Session, runner: JobRunner, viewer: RecordingViewer, model: FakeModel
) -> None:
    model.cards["Nuclei"] = PANOPTIC.model_copy(update={"class_names": ("Mito", "Droplet"), "class_values": (1, 2)})
    model.halves = {1: "Mito", 2: "Droplet"}
    assert session.project is not None
    classes = (LabelClass(value=3, name="droplet", color=(1, 1, 1)), LabelClass(value=5, name="Mito", color=(2, 2, 2)))
    session.update_project(session.project.model_copy(update={"scheme": LabelScheme(kind="classes", classes=classes)}))
    panel = PreviewPanel(session, runner, viewer, RecordingNotifier(), services=model.services())
    qtbot.addWidget(panel)
    panel.show()
    preview(qtbot, panel)
    assert panel.status.text().startswith("2 objects (1 Mito, 1 Droplet) · ")
    panel.accept_button.click()
    assert session.labels is not None
    assert sorted(np.unique(session.labels.labels.read(viewer.visible))) == [0, 3, 5]
    panel.presenter.engine.forget()


def test_a_long_preview_can_be_stopped(qtbot: QtBot, panel: PreviewPanel, model: FakeModel) -> None:
    model.network_gate.clear()
    panel.run_button.click()
    qtbot.waitUntil(lambda: panel.clear_button.text() == "Stop")
    assert panel.clear_button.isEnabled()
    panel.clear_button.click()
    qtbot.waitUntil(lambda: not panel.bar.isVisible())
    assert (panel.clear_button.text(), panel.clear_button.isEnabled()) == ("Clear", False)
    model.network_gate.set()
    preview(qtbot, panel)
    assert len(model.predicted) == 1
