from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.labelling.layers import OWN, LabelStyle, LayerLook
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.labels.layer_file import open_layer
from desktop_app.io.projects import open_project


@pytest.fixture
def viewer(qtbot, shell_session: Session, project_folder: Path) -> Iterator[ViewerWidget]:
    viewer = ViewerWidget(shell_session.layers)
    qtbot.addWidget(viewer)
    SessionLink(shell_session, viewer)
    shell_session.adopt(open_project(project_folder))
    shell_session.select_item(shell_session.project.items[0].id)
    yield viewer
    viewer.stop()


def add_result(viewer: ViewerWidget, path: Path) -> None:
    tifffile.imwrite(path, np.ones((4, 20, 24), np.uint16), imagej=True, metadata={"axes": "ZYX"})
    viewer.layers.put(open_layer(path, viewer.volume, LabelScheme(), look=LayerLook(opacity=0.3)))


def test_each_image_is_looked_at_as_it_was(viewer: ViewerWidget, shell_session: Session, tmp_path: Path) -> None:
    first, second, _ = shell_session.project.items
    add_result(viewer, tmp_path / "r.tif")
    key = viewer.layers.results[0].key
    viewer.layers.set_look(key, style=LabelStyle.CONTOUR)
    viewer.channels.change(0, gamma=0.5, color="magma", low=3.0, high=80.0)
    look = viewer.channels.look
    shell_session.select_item(second.id)
    assert viewer.layers.results == ()
    assert viewer.channels.look != look
    folder = shell_session.open_project.folder
    shell_session.close_project()
    shell_session.adopt(open_project(folder))
    shell_session.select_item(first.id)
    assert viewer.channels.look == look
    assert [layer.key for layer in viewer.layers.stack] == [OWN, key]
    assert viewer.layers.get(key).look == LayerLook(opacity=0.3, style=LabelStyle.CONTOUR)


def test_a_result_that_has_gone_is_passed_over(viewer: ViewerWidget, shell_session: Session, tmp_path: Path) -> None:
    first, second, _ = shell_session.project.items
    add_result(viewer, tmp_path / "r.tif")
    add_result(viewer, tmp_path / "s.tif")
    shell_session.select_item(second.id)
    (tmp_path / "r.tif").unlink()
    shell_session.select_item(first.id)
    assert [layer.title for layer in viewer.layers.results] == ["s"]


def test_looking_writes_nothing_while_nothing_changes(viewer: ViewerWidget, shell_session: Session) -> None:
    folder = shell_session.open_project.folder
    for item in (*shell_session.project.items, shell_session.project.items[0]):
        shell_session.select_item(item.id)
    assert not any((folder / "views").iterdir())


def test_a_disk_that_refuses_loses_only_the_look(viewer: ViewerWidget, shell_session: Session) -> None:
    views = shell_session.open_project.folder / "views"
    views.rmdir()
    views.write_text("in the way")
    viewer.channels.change(0, gamma=0.5)
    shell_session.select_item(shell_session.project.items[1].id)
    assert viewer.volume is not None


def test_the_palette_of_the_settings_colours_labels(viewer: ViewerWidget, shell_session: Session) -> None:
    canvas = next(iter(viewer.grid.views.values())).canvas
    before = canvas.layers[OWN]._table.copy()
    shell_session.update_settings(shell_session.settings.model_copy(update={"label_palette": "safe"}))
    assert (canvas.layers[OWN]._table != before).any()
    viewer.layers.set_look(OWN, palette="lively")
    assert (canvas.layers[OWN]._table == before).all()
