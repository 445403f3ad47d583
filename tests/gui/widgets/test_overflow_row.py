"""Controls leave a row that is too narrow, stay usable, and come back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.widgets.overflow_row import OverflowRow


@pytest.fixture
def row(qtbot):
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    row = OverflowRow()
    row.buttons = [QPushButton(name) for name in ("one", "two", "three")]
    for button, leaves in zip(row.buttons, (3, 1, 2), strict=True):
        button.setFixedWidth(100)
        row.add_part(button, button.text(), leaves=leaves)
    column.addWidget(row)
    qtbot.addWidget(holder)
    holder.show()
    row.holder = holder
    return row


def resize(row: OverflowRow, width: int) -> None:
    row.holder.resize(width, 60)
    row.arrange()


def words(row: OverflowRow) -> list[str]:
    return [button.text() for button in row.away()]


def test_all_stay_where_there_is_room(row) -> None:
    resize(row, 400)
    assert (words(row), row.more.isVisible()) == ([], False)
    assert all(button.isVisible() for button in row.buttons)


@pytest.mark.parametrize(("width", "away"), [(300, ["two"]), (200, ["two", "three"]), (60, ["one", "two", "three"])])
def test_the_least_wanted_leave_first(row, width, away) -> None:
    resize(row, width)
    assert words(row) == away
    assert row.more.isVisible()
    assert row.minimumSizeHint().width() <= 60


def test_what_left_works_on_the_sheet_and_comes_back_in_its_place(row, qtbot) -> None:
    clicked = []
    row.buttons[1].clicked.connect(lambda: clicked.append(1))
    resize(row, 200)
    row.open_sheet()
    assert row.buttons[1].isVisible()
    qtbot.mouseClick(row.buttons[1], Qt.MouseButton.LeftButton)
    assert clicked == [1]
    resize(row, 400)
    row.holder.layout().activate()
    assert [b.x() for b in row.buttons] == sorted(b.x() for b in row.buttons)
    assert not row.sheet.isVisible()


def test_hidden_parts_take_no_room_and_stay_hidden(row) -> None:
    row.buttons[0].hide()
    resize(row, 230)
    assert words(row) == []
    resize(row, 60)
    assert row.buttons[0] not in row.away()
    row.buttons[0].show()
    row.arrange()
    assert row.buttons[0] in row.away()


def test_a_switched_off_row_switches_its_sheet_off(row) -> None:
    resize(row, 60)
    row.setEnabled(False)
    assert not row.buttons[0].isEnabled()
