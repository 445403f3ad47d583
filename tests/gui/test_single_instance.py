"""A second start hands its files to the window that runs."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QThread
from PySide6.QtNetwork import QLocalSocket

from desktop_app.gui.single_instance import SingleInstance, door_name


class _Second(QThread):
    """Another start, which waits for its answer as a program of its own would."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        super().__init__()
        self._name, self._arguments = name, arguments
        self.taken = False

    def run(self) -> None:
        self.taken = SingleInstance(self._name).hand_over(self._arguments)


def test_the_first_gets_what_the_second_was_given(qtbot, tmp_path: Path) -> None:
    name = f"test-{uuid4().hex[:12]}"
    first = SingleInstance(name)
    assert not first.hand_over([])
    second = _Second(name, [str(tmp_path / "a b.vwproj"), "--flag"])
    with qtbot.waitSignal(first.opened) as said:
        second.start()
    assert said.args == [[tmp_path / "a b.vwproj"]]
    qtbot.waitUntil(second.isFinished, timeout=20_000)
    assert second.taken
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
