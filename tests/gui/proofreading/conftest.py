"""A viewer, the labelling panel and the object table over three cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.labelling_actions import labelling_actions
from desktop_app.gui.actions.object_actions import object_actions
from desktop_app.gui.actions.review_actions import REVIEW_ACTIONS
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.labelling.panel import LabellingPanel
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.proofreading.objects_panel import ObjectsPanel
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import OpenProject

BOXES = {1: ((0, 2, 2), (2, 8, 8)), 2: ((1, 10, 10), (3, 16, 20)), 3: ((0, 0, 15), (1, 4, 20))}


@dataclass
class Desk:
    """What a reviewer has in front of them."""

    session: Session
    viewer: ViewerWidget
    labelling: LabellingPanel
    panel: ObjectsPanel
    registry: ActionRegistry
    said: RecordingNotifier

    @property
    def labels(self) -> np.ndarray:
        """All label voxels."""
        assert self.session.labels is not None
        store = self.session.labels.labels
        return store.read(Region.whole(store.shape))

    def put(self, start: tuple[int, int, int], stop: tuple[int, int, int], number: int) -> None:
        """Write a box of labels as one step."""
        assert self.session.labels is not None
        store, region = self.session.labels.labels, Region(start, stop)
        before = store.read(region)
        after = np.full(region.shape, number, np.uint32)
        store.write(region, after)
        self.session.commit_edit(Edit.between(region, before, after, "Box"))

    def wait(self) -> None:
        """Until all is known again."""
        wait_for(lambda: not self.panel.reviewer.follower.busy and not self.panel.reviewer.follower._regions)

    def numbers(self) -> list[int]:
        """The objects as they are listed."""
        model = self.panel.reviewer.model
        return model.numbers(range(model.rowCount()))

    def cell(self, number: int, column: int) -> str:
        """The words of a cell."""
        model = self.panel.reviewer.model
        return str(model.index(model.rows_of([number])[0], column).data())


def wait_for(done: Callable[[], bool]) -> None:
    """Keep the window alive until something is true; fails after half a minute."""
    for _ in range(1500):
        if done():
            return
        QTest.qWait(20)
    raise AssertionError("it did not come true")


@pytest.fixture
def desk(
    project_folder: Path, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, qapp
) -> Iterator[Desk]:
    """Image “a” with three cells, looked at."""
    session = shell_session
    viewer = ViewerWidget(session.layers)
    link = SessionLink(session, viewer)
    labelling = LabellingPanel(session, viewer, shell_runner, said)
    panel = ObjectsPanel(WindowContext(session, shell_runner, said), viewer, labelling.operations)
    window = QWidget()
    row = QHBoxLayout(window)
    for part in (viewer, labelling, panel):
        row.addWidget(part)
    registry = ActionRegistry(window, (*labelling_actions(), *object_actions(), *REVIEW_ACTIONS))
    labelling.connect_actions(registry)
    panel.connect_actions(registry)
    session.adopt(OpenProject(project_folder))
    session.select_item(session.project.items[0].id)
    made = Desk(session, viewer, labelling, panel, registry, said)
    for number, (start, stop) in BOXES.items():
        made.put(start, stop, number)
    window.resize(1200, 700)
    window.show()
    made.wait()
    assert link is not None
    yield made
    viewer.stop()
    window.close()
