from __future__ import annotations

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.later import later
from tests.conftest import ROOT


def test_it_is_called_once_from_the_event_loop(qtbot: QtBot) -> None:
    owner, called = QObject(), list[int]()
    later(owner, lambda: called.append(1))
    assert called == []
    qtbot.waitUntil(lambda: not owner.children())
    assert called == [1]


def test_what_is_gone_is_not_called(qtbot: QtBot) -> None:
    owner, other, called = QObject(), QObject(), list[str]()
    later(owner, lambda: called.append("gone"))
    owner.deleteLater()
    later(other, lambda: called.append("there"), 20)
    qtbot.waitUntil(lambda: called != [])
    assert called == ["there"]


def test_no_errors_are_lost_by_the_timer_that_loses_them() -> None:
    """With an owner, ``QTimer.singleShot`` of PySide 6.9 tells nobody of an error; with a callable alone it does."""
    owned = []
    for path in sorted((ROOT / "desktop_app").rglob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            inside = line.partition("QTimer.singleShot(")[2]
            if inside and not inside.startswith("0, partial("):
                owned.append(f"{path.name}: {line.strip()}")
    assert owned == []
