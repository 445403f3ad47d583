"""Widgets go into as many rows as the width asks for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.gui.widgets.flow_layout import FlowLayout


@pytest.fixture
def flow(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    layout = FlowLayout(holder, spacing=2)
    for name in "abcd":
        button = QPushButton(name)
        button.setFixedSize(40, 20)
        layout.addWidget(button)
    holder.show()
    yield layout
    assert layout.parentWidget() is holder


@pytest.mark.parametrize(("width", "height"), [(166, 20), (165, 42), (82, 42), (81, 86), (10, 86)])
def test_height_follows_the_width(flow, width, height) -> None:
    assert flow.heightForWidth(width) == height


def test_places(flow) -> None:
    flow.setGeometry(QRect(0, 0, 90, 100))
    places = [(w.x(), w.y()) for w in (flow.itemAt(i).widget() for i in range(4))]
    assert places == [(0, 0), (42, 0), (0, 22), (42, 22)]


def test_hidden_widgets_leave_no_gap(flow) -> None:
    flow.itemAt(0).widget().hide()
    assert flow.heightForWidth(124) == 20
    assert flow.itemAt(9) is None
    assert flow.takeAt(9) is None
