"""Images at web addresses in the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop_app.core.imaging import Volume
from desktop_app.gui.projects.commands import ProjectCommands
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images import web_store
from desktop_app.io.images.registry import write_volume
from tests.io.images.web_server import served

DATA = np.random.default_rng(1).integers(0, 200, (4, 20, 30), np.uint8)


@pytest.fixture
def commands(qtbot, shell_session, shell_runner, said, project_folder, monkeypatch):
    monkeypatch.setattr(web_store, "_PAUSES", (0.0, 0.0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    web_store.forget_descriptions()
    window = QWidget()
    qtbot.addWidget(window)
    commands = ProjectCommands(WindowContext(shell_session, shell_runner, said, window))
    commands.open_folder(project_folder)
    return commands


@pytest.fixture
def server(tmp_path: Path):
    volume = Volume.from_array(DATA)
    write_volume(tmp_path / "www/cells.ome.zarr", volume.source, volume)
    with served(tmp_path / "www") as server:
        yield server


def _idle(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=10_000)


def test_what_is_dropped_or_pasted_is_added(qtbot, commands, server, shell_session, shell_runner, said, tmp_path):
    address = f"{server.address}/cells.ome.zarr"
    dropped = QMimeData()
    dropped.setUrls([QUrl(address)])
    commands.take(dropped)
    _idle(qtbot, shell_runner)
    qtbot.waitUntil(lambda: shell_session.project.items[-1].image == "web/cells.web.json")
    volume = Volume.from_array(DATA)
    write_volume(tmp_path / "own.tif", volume.source, volume)
    copied = QMimeData()
    copied.setUrls([QUrl.fromLocalFile(str(tmp_path / "own.tif"))])
    QGuiApplication.clipboard().setMimeData(copied)
    commands.paste()
    _idle(qtbot, shell_runner)
    qtbot.waitUntil(lambda: shell_session.project.items[-1].name == "own")
    QGuiApplication.clipboard().setText("just words")
    commands.paste()
    assert said.said("warning")[-1].startswith("There is no image file and no web address")


def test_an_address_from_the_clipboard_becomes_an_image(qtbot, commands, server, shell_session, shell_runner, said):
    address = f"{server.address}/cells.ome.zarr"
    QGuiApplication.clipboard().setText(address)
    asked = []
    said.ask_text = lambda title, label, text="", **_: asked.append(text) or text
    commands.web.ask()
    _idle(qtbot, shell_runner)
    assert asked == [address]
    item = shell_session.project.items[-1]
    assert (item.name, item.image) == ("cells", "web/cells.web.json")
    commands._show(item)
    _idle(qtbot, shell_runner)
    np.testing.assert_array_equal(shell_session.volume.read(), DATA)


def test_a_server_that_is_away_changes_nothing(qtbot, commands, shell_session, shell_runner, tmp_path):
    before = shell_session.project.items
    commands.web.add_address("http://127.0.0.1:1/cells.ome.zarr")
    _idle(qtbot, shell_runner)
    assert shell_session.project.items == before
    assert list((shell_session.open_project.folder / "web").iterdir()) == []


def test_an_image_that_is_away_leaves_the_open_one(qtbot, commands, server, shell_session, shell_runner):
    commands.web.add_address(f"{server.address}/cells.ome.zarr")
    _idle(qtbot, shell_runner)
    server.close()
    web_store.forget_descriptions()
    opened = shell_session.item
    commands._show(shell_session.project.items[-1])
    _idle(qtbot, shell_runner)
    assert shell_session.item == opened
