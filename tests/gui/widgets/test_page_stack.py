from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.page_stack import PageStack


def test_only_the_page_that_is_shown_needs_room(qtbot: QtBot) -> None:
    stack, small, large = PageStack(), QWidget(), QWidget()
    qtbot.addWidget(stack)
    small.setMinimumSize(50, 60)
    large.setMinimumSize(500, 600)
    stack.addWidget(small)
    stack.addWidget(large)
    assert stack.minimumSizeHint().toTuple() == (50, 60)
    stack.setCurrentWidget(large)
    assert stack.minimumSizeHint().toTuple() == (500, 600)
