from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from desktop_app.gui.widgets.window_place import resize_to_screen


def test_a_window_is_never_larger_than_the_screen(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    resize_to_screen(window, QSize(300, 200))
    assert window.size() == QSize(300, 200)
    resize_to_screen(window, QSize(30_000, 20_000))
    room = window.screen().availableGeometry()
    assert 200 < window.width() < room.width()
    assert 200 < window.height() < room.height()
