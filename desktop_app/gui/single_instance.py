"""One window for each user: a second start hands over what it was to open, and brings the first one forward.

macOS starts no program twice; it sends the one that runs, or has just been started, an event for each file.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from desktop_app.core.json_text import parse_json
from desktop_app.io.settings import settings_folder

_KNOCK_MS = 1500  # to find the door of a program that runs; it is there at once or not at all
_ANSWER_MS = 10_000  # a busy window answers late; one that hangs must not hold up a second start for ever
_LONGEST = 10**6  # bytes of a message
_DIGITS = 16  # hexadecimal; the name of a socket must be short


class SingleInstance(QObject):
    """The door at which further starts knock.

    Args:
        name: Of the door; by default one for each user and folder of settings.

    Signals:
        opened: A list of ``Path``s that a second start was given; empty where it was given none.
    """

    opened = Signal(object)

    def __init__(self, name: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name or door_name()
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_knock)

    def hand_over(self, arguments: Sequence[str]) -> bool:
        """Give the arguments of this start to the window that runs; False if none does, and then be it."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(_KNOCK_MS):
            paths = [str(Path(text).absolute()) for text in arguments if not text.startswith("-")]
            socket.write(json.dumps(paths).encode() + b"\n")
            socket.flush()
            taken = socket.bytesAvailable() > 0 or socket.waitForReadyRead(_ANSWER_MS)
            socket.disconnectFromServer()
            if taken:
                return True
        QLocalServer.removeServer(self._name)  # what a killed program left
        self._server.listen(self._name)
        return False

    def close(self) -> None:
        """Let the next start be the first again."""
        self._server.close()

    def _on_knock(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._on_message)
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._read(socket)

    def _on_message(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _LONGEST:
                socket.abort()
            return
        line = bytes(socket.readLine(_LONGEST).data())
        socket.write(b"ok\n")
        socket.flush()
        try:
            paths = parse_json(line)
        except ValueError:
            return
        if isinstance(paths, list):
            self.opened.emit([Path(text) for text in paths if isinstance(text, str)])


class FileRequests(QObject):
    """An event filter of the application that hears which files macOS wants to be opened.

    Signals:
        opened: A list with one ``Path``.
    """

    opened = Signal(object)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit([Path(event.file())])
            return True
        return super().eventFilter(watched, event)


def door_name() -> str:
    """The same for all starts of one user with one folder of settings."""
    whose = f"{getpass.getuser() if os.name == 'nt' else os.getuid()}|{settings_folder().absolute()}"
    return f"voxelwright-{hashlib.sha256(whose.encode()).hexdigest()[:_DIGITS]}"
