"""Panels beside the image."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.folding_dock import FoldingDock


def test_a_panel_that_opens_takes_no_keys(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = FoldingDock("panels", "Panels", 300, window)
    first, second, field = QPushButton("Do"), QWidget(), QLineEdit()
    QVBoxLayout(second).addWidget(field)
    dock.add_panel(first, "First", "labels")
    dock.add_panel(second, "Second", "objects")
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.show()
    qtbot.waitUntil(window.isVisible)
    window.activateWindow()
    first.setFocus()
    dock.open_panel(second)
    QApplication.processEvents()
    assert not field.hasFocus()
    field.setFocus()
    assert field.hasFocus(), "who clicks into it types there"
