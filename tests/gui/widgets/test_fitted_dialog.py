"""A dialog is as high as what it asks, and scrolls where the screen is lower."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.window_place import room_for

SENTENCE = "A sentence that is long enough to need several lines in a dialog of that width. " * 2


def shown(qtbot, sentences: int) -> FittedDialog:
    dialog = FittedDialog(300)
    qtbot.addWidget(dialog)
    for _ in range(sentences):
        label = QLabel(SENTENCE)
        label.setWordWrap(True)
        dialog.column.addWidget(label)
    dialog.footer.addWidget(QPushButton("Go on"))
    dialog.show()
    return dialog


@pytest.mark.parametrize(("sentences", "scrolls"), [(2, False), (60, True)])
def test_sentences_get_their_lines_or_scroll(qtbot, sentences, scrolls) -> None:
    dialog = shown(qtbot, sentences)
    labels = dialog.findChildren(QLabel)
    assert all(label.height() >= label.heightForWidth(label.width()) for label in labels)
    assert (dialog._area.verticalScrollBar().maximum() > 0) == scrolls
    assert dialog.height() <= room_for(dialog).height()
    button = dialog.findChild(QPushButton)
    assert dialog.rect().contains(button.geometry())


def test_it_grows_with_what_it_asks(qtbot) -> None:
    dialog = shown(qtbot, 1)
    before = dialog.height()
    more = QWidget()
    more.setFixedHeight(50)
    dialog.column.addWidget(more)
    qtbot.waitUntil(lambda: dialog.height() >= before + 50)
