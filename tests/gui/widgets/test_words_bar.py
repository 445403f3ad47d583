"""Buttons of the tool bar lose their words before they leave it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from desktop_app.gui.theme import icon
from desktop_app.gui.widgets.words_bar import WordsBar


def test_words_go_and_come_back(qtbot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    bar = WordsBar("Main", window)
    window.addToolBar(bar)
    buttons = []
    for text in ("Train a model", "Run on many images"):
        action = QAction(icon("train"), text, window)
        bar.addAction(action)
        buttons.append(bar.widgetForAction(action))
        bar.show_words(buttons[-1])
    window.resize(800, 200)
    window.show()
    whole = bar.sizeHint().width()
    for width, words in ((800, True), (whole - 20, False), (whole + 20, True)):
        window.resize(width, 200)
        qtbot.waitUntil(
            lambda words=words: all(
                (b.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon) == words for b in buttons
            )
        )
