"""A second start hands its files to the window that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalSocket

from desktop_app.gui.single_instance import FileRequests, SingleInstance, door_name
from tests.conftest import PATIENCE_MS, ROOT

_SECOND = """
import sys
from PySide6.QtCore import QCoreApplication
from desktop_app.gui.single_instance import SingleInstance
app = QCoreApplication([])
sys.exit(0 if SingleInstance(sys.argv[1]).hand_over(sys.argv[2:]) else 1)
"""


def test_the_first_gets_what_the_second_was_given(qtbot, tmp_path: Path) -> None:
    name = f"test-{uuid4().hex[:12]}"
    first = SingleInstance(name)
    assert not first.hand_over([])
    command = [sys.executable, "-c", _SECOND, name, str(tmp_path / "a b.vwproj"), "--flag"]
    with subprocess.Popen(command, cwd=ROOT) as second:
        with qtbot.waitSignal(first.opened, timeout=PATIENCE_MS) as said:
            pass
        qtbot.waitUntil(lambda: second.poll() is not None, timeout=PATIENCE_MS)
    assert said.args == [[tmp_path / "a b.vwproj"]]
    assert second.returncode == 0
    first.close()
    third = SingleInstance(name)
    assert not third.hand_over([])
    third.close()


def test_nonsense_at_the_door_does_no_harm(qtbot) -> None:
    name = f"test-{uuid4().hex[:12]}"
    first = SingleInstance(name)
    assert not first.hand_over([])
    heard: list[object] = []
    first.opened.connect(heard.append)
    socket = QLocalSocket()
    socket.connectToServer(name)
    socket.write(b"{no json\n")
    qtbot.waitUntil(lambda: socket.bytesAvailable() > 0 or socket.state() == socket.LocalSocketState.UnconnectedState)
    assert heard == []
    socket.abort()
    first.close()


def test_settings_of_another_folder_have_a_door_of_their_own(monkeypatch) -> None:
    name = door_name()
    monkeypatch.setenv("VOXELWRIGHT_HOME", "elsewhere")
    assert door_name() != name


def test_a_file_that_a_mac_wants_opened_is_heard(qtbot, tmp_path: Path) -> None:
    requests, watched, heard = FileRequests(), QObject(), []
    watched.installEventFilter(requests)
    requests.opened.connect(heard.append)
    QCoreApplication.sendEvent(watched, QFileOpenEvent(str(tmp_path / "cells.tif")))
    assert heard == [[tmp_path / "cells.tif"]]
