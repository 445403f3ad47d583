"""Runs inside the built program, behind its first steps: uses its windows as a user does, and notes what they say.

It is no test: `test_windows.py` puts it behind the steps of a copy of the app layer, and reads the notes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

_PATIENCE = 200.0  # s for one window: torch is read in the first of them


def drive(window: Any) -> None:
    """Use the windows one after the other, write the notes after each, close the program."""
    seen: dict[str, Any] = {}
    try:
        for part in (_welcome, _crash, _about, _computer, _gpu, _update):
            part(window, seen)
            Path(os.environ["VOXELWRIGHT_SEEN"]).write_text(json.dumps(seen), encoding="utf-8")
    except (AttributeError, LookupError, OSError, StopIteration, TimeoutError, TypeError) as error:
        seen["error"] = repr(error)
    Path(os.environ["VOXELWRIGHT_SEEN"]).write_text(json.dumps(seen), encoding="utf-8")
    window.close()


def _welcome(_window: Any, seen: dict[str, Any]) -> None:
    dialog = _opened("WelcomeDialog")
    seen["welcome"] = _words(dialog)
    _click(dialog, "Start")


def _crash(_window: Any, seen: dict[str, Any]) -> None:
    def fail() -> None:
        raise RuntimeError("made to fail")

    Thread(target=fail).start()  # an error of this thread might end these steps instead
    dialog = _opened("ErrorDialog")
    _click(dialog, "Copy report")
    seen["crash"] = QGuiApplication.clipboard().text()
    _click(dialog, "Go on")


def _about(window: Any, seen: dict[str, Any]) -> None:
    def read() -> None:
        dialog = _opened("AboutDialog")
        rows = range(dialog.table.rowCount())
        seen["about"] = [[dialog.table.item(row, column).text() for column in range(3)] for row in rows]
        seen["licences"] = []
        for row in rows:
            dialog.table.setCurrentCell(row, 0)
            seen["licences"].append(dialog.licence.toPlainText())
        dialog.accept()

    QTimer.singleShot(0, read)
    window.program.open_about()


def _computer(window: Any, seen: dict[str, Any]) -> None:
    window.program.check_computer()
    dialog = _opened("ComputerWindow")
    _wait(lambda: dialog.copy.isEnabled())
    _click(dialog, "Copy report")
    seen["computer"] = QGuiApplication.clipboard().text()
    dialog.accept()


def _gpu(window: Any, seen: dict[str, Any]) -> None:
    window.program.installed.get_gpu()
    dialog = _looked(os.environ["VOXELWRIGHT_TRY_GPU"])
    seen["gpu found"] = dialog.found.text()
    _click(dialog, "Get it")
    _wait(dialog.banner.text)
    seen["gpu"] = dialog.banner.text()
    dialog.reject()


def _update(window: Any, seen: dict[str, Any]) -> None:
    for word in ("update", "forged"):
        window.program.installed.update()
        dialog = _looked(os.environ[f"VOXELWRIGHT_TRY_{word.upper()}"])
        seen[word] = dialog.found.text() or dialog.banner.text()
        dialog.reject()
        _wait(lambda dialog=dialog: not _all("FetchDialog"))


def _looked(source: str) -> Any:
    dialog = _opened("FetchDialog")
    dialog.source.setText(source)
    _click(dialog, "Look")
    _wait(lambda: dialog.found.text() or dialog.banner.text())
    return dialog


def _all(kind: str) -> list[QWidget]:
    return [one for one in QApplication.topLevelWidgets() if type(one).__name__ == kind and one.isVisible()]


def _opened(kind: str) -> Any:
    _wait(lambda: _all(kind))
    return _all(kind)[0]


def _click(dialog: QWidget, words: str) -> None:
    next(button for button in dialog.findChildren(QPushButton) if button.text() == words).click()


def _words(dialog: QWidget) -> str:
    from PySide6.QtWidgets import QLabel

    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def _wait(true: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > end:
            shown = [
                f"{type(one).__name__}: {_words(one)}" for one in QApplication.topLevelWidgets() if one.isVisible()
            ]
            raise TimeoutError(f"Shown are {shown}")
        QApplication.processEvents()
        time.sleep(0.02)
