"""Docks fold to icons as the user wishes and as there is room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMainWindow, QWidget

from desktop_app.gui.widgets.folding_dock import RAIL, FoldingDock
from desktop_app.gui.widgets.side_panels import SidePanels

LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    window.setMinimumSize(100, 100)
    window.setCentralWidget(QWidget())
    window.panels = SidePanels(window)
    window.docks = {}
    for name, area in (("left", LEFT), ("right", RIGHT)):
        dock = FoldingDock(name, name.title(), 250, window)
        for title in ("One", "Two"):
            page = QLabel(title)
            page.setMinimumWidth(200)
            dock.add_panel(page, title, "labels")
        window.addDockWidget(area, dock)
        window.panels.add(dock)
        window.docks[name] = dock
    qtbot.addWidget(window)
    window.show()
    return window


def folded(window, width: int) -> list[str]:
    window.resize(width, 300)
    window.panels.arrange()
    return [name for name, dock in window.docks.items() if dock.folded]


def test_both_are_open_where_there_is_room(window) -> None:
    assert folded(window, 1000) == []


@pytest.mark.parametrize(("width", "expected"), [(800, ["left"]), (300, ["left"])])
def test_the_one_used_longest_ago_folds_first(window, width, expected) -> None:
    assert folded(window, width) == expected
    window.panels.want("left", True)
    assert folded(window, width) == ["right"]


def test_they_open_again_when_there_is_room_unless_the_user_folded_them(window) -> None:
    folded(window, 300)
    assert folded(window, 1000) == []
    window.panels.want("right", False)
    assert folded(window, 1000) == ["right"]
    assert window.panels.unwanted() == ("right",)
    window.panels.fold_again(["left"])
    assert folded(window, 1000) == ["left", "right"]


def test_an_icon_opens_its_panel(window) -> None:
    dock = window.docks["left"]
    window.panels.want("left", False)
    assert (dock.minimumWidth(), dock.maximumWidth()) == (RAIL, RAIL)
    assert not dock.tabs.isVisible()
    dock.rail_buttons[1].click()
    assert not dock.folded
    assert dock.tabs.currentWidget().widget().text() == "Two"


def test_the_fold_button_folds_and_tells(window, qtbot) -> None:
    dock = window.docks["right"]
    folded(window, 1000)
    button = dock.fold_button("fold-right")
    qtbot.addWidget(button)
    with qtbot.waitSignal(window.panels.folded) as told:
        button.click()
    assert told.args == ["right", True]
