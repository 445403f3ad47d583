from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QWidget

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.job import JobContext
from desktop_app.core.labelling import Edit, LabelClass, LabelScheme
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.scribbles.panel import ScribblePanel
from desktop_app.gui.scribbles.proposer import SCRIBBLES
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import load_card
from desktop_app.io.projects import create_project
from desktop_app.jobs.pixels.live import LiveAnswer, LivePixels, LiveRequest

SHAPE = (3, 60, 80)
SQUARE = np.zeros(SHAPE, bool)
SQUARE[:, 15:45, 20:60] = True
CLASSES = LabelScheme(kind="classes", classes=(LabelClass(value=1, name="Cell", color=(255, 0, 0)),))


class Room:
    """A scribble panel beside a viewer."""

    def __init__(self, folder: Path, scheme: LabelScheme, said: RecordingNotifier, qtbot) -> None:
        image = np.where(SQUARE, 180, 60) + np.random.default_rng(0).integers(0, 20, SHAPE)
        tifffile.imwrite(folder / "a.tif", image.astype(np.uint8), imagej=True, metadata={"axes": "ZYX"})
        opened = create_project(folder / "p.vwproj", "P")
        project, item = opened.project.with_item(opened.relative(folder / "a.tif"), "a")
        opened.save(project.model_copy(update={"scheme": scheme}))
        self.qtbot, self.session, self.window = qtbot, Session(), QWidget()
        qtbot.addWidget(self.window)
        self.viewer = ViewerWidget()
        self.viewer.link = SessionLink(self.session, self.viewer)
        self.panel = ScribblePanel(WindowContext(self.session, JobRunner(self.window), said), self.viewer)
        self.viewer.setParent(self.window)
        self.viewer.resize(600, 500)
        self.window.resize(600, 500)
        self.window.show()
        self.session.adopt(opened)
        self.session.select_item(item.id)
        qtbot.waitUntil(lambda: not self.viewer.is_late(Plane.XY))

    def stroke(self, value: int, row: int, columns: slice) -> None:
        store = self.session.labels.labels
        region = Region((1, row, columns.start), (2, row + 1, columns.stop))
        before = store.read(region)
        edit = Edit.between(region, before, np.full(before.shape, value, np.uint32), "Brush")
        edit.apply(store)
        self.session.commit_edit(edit)

    def strokes(self) -> None:
        self.panel.set_up.click()
        self.stroke(1, 30, slice(25, 55))
        self.stroke(self.session.project.scheme.background, 8, slice(5, 75))

    def propose(self) -> None:
        self.panel.live.setChecked(True)
        self.qtbot.waitUntil(lambda: self.panel.proposer.answer is not None, timeout=60_000)

    @property
    def labels(self) -> np.ndarray:
        return self.session.labels.labels.read(Region.whole(SHAPE))

    def fits(self, mask: np.ndarray) -> float:
        return float((mask & SQUARE[1]).sum() / (mask | SQUARE[1]).sum())


@pytest.fixture(params=["classes", "objects"])
def room(request, tmp_path: Path, said: RecordingNotifier, qtbot) -> Iterator[Room]:
    scheme = CLASSES if request.param == "classes" else LabelScheme()
    made = Room(tmp_path, scheme, said, qtbot)
    yield made
    made.panel.live.setChecked(False)
    made.session.close_project()
    made.viewer.stop()


def test_a_project_is_prepared_by_one_click(room: Room) -> None:
    assert not room.panel.live.isEnabled()
    room.panel.set_up.click()
    assert room.session.project.scheme.background
    assert room.panel.live.isEnabled()
    assert room.panel.set_up.isHidden()


def test_strokes_give_a_proposal_that_is_accepted_in_one_step(room: Room) -> None:
    room.strokes()
    room.propose()
    assert room.viewer.layers.get(SCRIBBLES) is not None
    assert "100 painted pixels" in room.panel.state.text()
    room.panel.accept.click()
    assert room.session.history.titles()[-1] == "Accept scribble proposal"
    background = room.session.project.scheme.background
    assert room.fits((room.labels[1] > 0) & (room.labels[1] != background)) > 0.85
    assert (room.labels[1, 8, 5:75] == background).all()
    room.session.undo()
    assert np.count_nonzero(room.labels) == 100


def test_another_stroke_is_learned_from_at_once_and_off_takes_it_away(room: Room) -> None:
    room.strokes()
    room.propose()
    room.stroke(1, 35, slice(25, 55))
    room.qtbot.waitUntil(lambda: "130 painted" in room.panel.state.text(), timeout=60_000)
    room.panel.live.setChecked(False)
    assert room.viewer.layers.get(SCRIBBLES) is None
    assert not room.panel.accept.isEnabled()


def test_one_class_alone_is_told_in_the_panel(room: Room) -> None:
    room.panel.set_up.click()
    room.stroke(1, 30, slice(25, 55))
    room.panel.live.setChecked(True)
    room.qtbot.waitUntil(lambda: "has strokes" in room.panel.state.text(), timeout=60_000)


def test_what_was_learned_is_saved_as_a_model(room: Room, said: RecordingNotifier) -> None:
    room.strokes()
    with room.qtbot.waitSignal(room.panel.model_made, timeout=60_000) as made:
        room.panel.save.click()
    card = load_card(made.args[0])
    assert card.name == "Strokes 1"
    assert card.label_kind == room.session.project.scheme.kind
    assert room.session.open_project.models() == [made.args[0]]


def test_the_slice_is_looked_at_while_the_panel_is_seen(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = []
    monkeypatch.setattr(LivePixels, "get_ready", lambda _self, request, _ctx: ready.append(request.region))
    room.panel.setParent(room.window)
    room.panel.show()
    room.qtbot.wait(400)
    assert not ready
    room.panel.set_up.click()
    room.qtbot.waitUntil(lambda: len(ready) == 1, timeout=60_000)
    assert ready[0].start[0] == 1
    assert room.panel.state.text() == ""
    room.viewer.set_depth(Plane.XY, 2)
    room.qtbot.waitUntil(lambda: len(ready) == 2, timeout=60_000)
    room.panel.hide()
    room.viewer.set_depth(Plane.XY, 0)
    room.qtbot.wait(400)
    assert len(ready) == 2


def test_a_proposal_is_refined_by_the_slices_on_both_sides(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    refined = []
    work = LivePixels.refine

    def refine(self: LivePixels, request: LiveRequest, ctx: JobContext) -> LiveAnswer | None:
        answer = work(self, request, ctx)
        refined.append(answer)
        return answer

    monkeypatch.setattr(LivePixels, "refine", refine)
    room.strokes()
    room.propose()
    room.qtbot.waitUntil(lambda: bool(refined) and room.panel.proposer.answer is refined[0], timeout=60_000)
