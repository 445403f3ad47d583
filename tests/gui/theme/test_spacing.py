from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.gui.theme.spacing import level_titles
from desktop_app.gui.widgets.path_chooser import PathChooser


def test_a_title_stands_in_the_middle_beside_its_field(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    around, form, field = QVBoxLayout(window), QFormLayout(), PathChooser("folder")
    field.line.setFixedHeight(60)
    form.addRow("Images", field)
    level_titles(form)  # as dialogs do, before the form has a window
    around.addLayout(form)
    window.show()
    title = form.labelForField(field)
    assert isinstance(title, QLabel)
    assert abs(title.geometry().center().y() - field.geometry().center().y()) <= 1


def test_a_title_stands_in_the_middle_beside_a_row_of_fields(qtbot: QtBot) -> None:
    window, row = QWidget(), QHBoxLayout()
    qtbot.addWidget(window)
    around, form, field = QVBoxLayout(window), QFormLayout(), QLabel("12 px")
    field.setFixedHeight(60)
    row.addWidget(field)
    form.addRow("Size", row)
    level_titles(form)
    around.addLayout(form)
    window.show()
    title = form.labelForField(row)
    assert isinstance(title, QLabel)
    assert abs(title.geometry().center().y() - field.geometry().center().y()) <= 1
