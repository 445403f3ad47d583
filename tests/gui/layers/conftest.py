from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QApplication

from desktop_app.core.labelling.layers import LabelLayer, LayerLook
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.layers.panel import LayersPanel
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.labels.layer_file import open_layer
from desktop_app.io.projects import open_project

SHAPE = (4, 20, 24)


@pytest.fixture
def viewer(qtbot, shell_session: Session, project_folder: Path) -> Iterator[ViewerWidget]:
    """A viewer of the first image of a project."""
    viewer = ViewerWidget(shell_session.layers)
    qtbot.addWidget(viewer)
    viewer.resize(700, 600)
    viewer.show()
    SessionLink(shell_session, viewer)
    shell_session.adopt(open_project(project_folder))
    shell_session.select_item(shell_session.project.items[0].id)
    QApplication.processEvents()
    yield viewer
    viewer.stop()


@pytest.fixture
def panel(
    qtbot, viewer: ViewerWidget, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier
) -> LayersPanel:
    """The panel of that viewer."""
    panel = LayersPanel(WindowContext(shell_session, shell_runner, said), viewer)
    qtbot.addWidget(panel)
    panel.resize(340, 700)
    panel.show()
    QApplication.processEvents()
    return panel


@pytest.fixture
def result(viewer: ViewerWidget, shell_session: Session, tmp_path: Path) -> LabelLayer:
    """A result in a file, over the image: objects 7 and 9."""
    labels = np.zeros(SHAPE, np.uint16)
    labels[:, 2:8, 2:8], labels[1:3, 10:18, 10:20] = 7, 9
    tifffile.imwrite(tmp_path / "found.tif", labels, imagej=True, metadata={"axes": "ZYX"})
    layer = open_layer(tmp_path / "found.tif", viewer.volume, LabelScheme(), look=LayerLook())
    shell_session.layers.put(layer)
    return layer
