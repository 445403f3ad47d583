from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.gui.widgets.step_window import StepWindow


class Page(StepPage):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.step = self.title = name
        self.missing: list[str] = []
        self.entered = self.stopped = 0
        self.spin = QSpinBox()
        column(self).addWidget(self.spin)

    def enter(self) -> None:
        self.entered += 1

    def problems(self) -> list[str]:
        return self.missing

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def window(qtbot: QtBot) -> StepWindow:
    window = StepWindow("Steps", [Page("one"), Page("two"), Page("three")])
    qtbot.addWidget(window)
    window.show()
    return window


def test_it_goes_forward_and_back(window: StepWindow) -> None:
    assert not window.back_button.isVisible()
    window.next_button.click()
    window.next_button.click()
    assert window.page is window.pages[2]
    window.back_button.click()
    assert window.page is window.pages[1]
    window.rail.clicked.emit(0)
    assert window.page is window.pages[0]


def test_a_problem_keeps_the_page_and_is_said(window: StepWindow) -> None:
    page = window.page
    assert isinstance(page, Page)
    page.missing = ["Choose something."]
    page.changed.emit()
    assert not window.next_button.isEnabled()
    window.next()
    assert window.page is page
    page.missing = []
    page.changed.emit()
    assert window.next_button.isEnabled()


def test_enter_goes_on_but_not_out_of_a_number(qtbot: QtBot, window: StepWindow) -> None:
    page = window.page
    assert isinstance(page, Page)
    page.spin.setFocus()
    qtbot.keyClick(page.spin, Qt.Key.Key_Return)
    assert window.page is page
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Return)
    assert window.page is window.pages[1]


def test_the_end_and_escape_close_it_and_stop_all_pages(qtbot: QtBot, window: StepWindow) -> None:
    window.go_to(2)
    with qtbot.waitSignal(window.closed):
        window.next_button.click()
    assert [page.stopped for page in window.pages if isinstance(page, Page)] == [1, 1, 1]
    window.show()
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, Qt.Key.Key_Escape)


def test_a_narrow_window_shows_the_numbers_of_the_steps_alone(qtbot) -> None:
    window = StepWindow("A window", [StepPage(), StepPage()])
    qtbot.addWidget(window)
    window.resize(1000, 500)
    window.show()
    wide = window.rail.sizeHint().width()
    window.resize(600, 500)
    qtbot.waitUntil(lambda: window.rail.sizeHint().width() < wide)
    assert window.rail.toolTip().count("\n") == 1
    window.resize(1000, 500)
    qtbot.waitUntil(lambda: window.rail.sizeHint().width() == wide)
    assert window.rail.toolTip() == ""
