"""A viewer and a labelling panel over a small project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from desktop_app.core.imaging import Plane
from desktop_app.core.labelling import LabelClass, LabelScheme
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.labelling_actions import labelling_actions
from desktop_app.gui.actions.object_actions import object_actions
from desktop_app.gui.actions.viewer_actions import VIEWER_ACTIONS
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.labelling.panel import LabellingPanel
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.projects import create_project

SHAPE = (6, 60, 80)
CLASSES = LabelScheme(
    kind="classes",
    classes=(
        LabelClass(value=1, name="Nucleus", color=(255, 0, 0)),
        LabelClass(value=2, name="Membrane", color=(0, 255, 0)),
    ),
)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier


@dataclass
class Bench:
    """Everything a test needs to label like a person."""

    session: Session
    viewer: ViewerWidget
    panel: LabellingPanel
    registry: ActionRegistry
    said: RecordingNotifier

    @property
    def labels(self) -> np.ndarray:
        """All label voxels."""
        assert self.session.labels is not None
        store = self.session.labels.labels
        from desktop_app.core.imaging import Region

        return store.read(Region.whole(store.shape))

    def at(self, row: float, column: float, plane: Plane = Plane.XY) -> QPoint:
        """Where a pixel is on the canvas."""
        x, y = self.viewer.grid.views[plane].canvas.screen_of(row + 0.5, column + 0.5)
        return QPoint(round(x), round(y))

    def drag(
        self, *path: tuple[float, float], button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE,
        plane: Plane = Plane.XY, release: bool = True,
    ) -> None:  # fmt: skip
        """Press, move along the path, release."""
        target = self.viewer.grid.views[plane].canvas.viewport()
        QTest.mousePress(target, button, keys, self.at(*path[0], plane))
        for place in path[1:]:
            QTest.mouseMove(target, self.at(*place, plane))
            QApplication.processEvents()
        if release:
            QTest.mouseRelease(target, button, keys, self.at(*path[-1], plane))

    def key(self, key: Qt.Key) -> None:
        """Press a key over the image."""
        canvas = self.viewer.grid.views[self.viewer.current_plane()].canvas
        canvas.setFocus()
        QTest.keyClick(canvas, key)

    def do(self, action_id: str) -> None:
        """Trigger an action."""
        self.registry.action(action_id).trigger()


def bench_for(scheme: LabelScheme, folder: Path, said: RecordingNotifier, qtbot) -> Bench:
    for name in ("a", "b"):
        tifffile.imwrite(folder / f"{name}.tif", np.full(SHAPE, 100, np.uint8), imagej=True, metadata={"axes": "ZYX"})
    opened = create_project(folder / "cells.vwproj", "Cells")
    project = opened.project.model_copy(update={"scheme": scheme})
    for name in ("a", "b"):
        project, _ = project.with_item(opened.relative(folder / f"{name}.tif"), name)
    opened.save(project)
    session, window = Session(), QWidget()
    qtbot.addWidget(window)
    registry = ActionRegistry(window, (*VIEWER_ACTIONS, *labelling_actions(), *object_actions()))
    viewer = ViewerWidget()
    viewer.link = SessionLink(session, viewer)
    panel = LabellingPanel(session, viewer, JobRunner(window), said)
    panel.connect_actions(registry)
    panel.controller.choices.set_size(20)
    row = QHBoxLayout(window)
    row.addWidget(viewer, 1)
    row.addWidget(panel)
    window.resize(1200, 700)
    window.show()
    session.adopt(opened)
    session.select_item(project.items[0].id)
    session.set_tool("brush")
    qtbot.waitUntil(lambda: not viewer.is_late(Plane.XY))
    QApplication.processEvents()
    return Bench(session, viewer, panel, registry, said)


@pytest.fixture
def classes(tmp_path: Path, said: RecordingNotifier, qtbot) -> Iterator[Bench]:
    """A project with two classes."""
    bench = bench_for(CLASSES, tmp_path, said, qtbot)
    yield bench
    bench.session.close_project()
    bench.viewer.stop()


@pytest.fixture
def objects(tmp_path: Path, said: RecordingNotifier, qtbot) -> Iterator[Bench]:
    """A project with numbered objects."""
    bench = bench_for(LabelScheme(), tmp_path, said, qtbot)
    yield bench
    bench.session.close_project()
    bench.viewer.stop()
