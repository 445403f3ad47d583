"""Tabs with words below their icons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QLabel, QTabWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.theme.theme import current_colors
from desktop_app.gui.widgets.stacked_tabs import StackedTabs

WORDS = ("Label", "Objects", "Scribble", "Layers", "Preview", "History")


@pytest.fixture
def tabs(qtbot) -> QTabWidget:
    tabs = QTabWidget()
    tabs.setTabBar(StackedTabs())
    for word in WORDS:
        tabs.addTab(QLabel(word), icon("labels"), word)
    qtbot.addWidget(tabs)
    tabs.show()
    return tabs


@pytest.mark.parametrize("width", [1, 300, 700])
def test_each_word_has_room_in_a_panel_of_any_width(tabs: QTabWidget, width: int) -> None:
    tabs.resize(width, 200)
    bar = tabs.tabBar()
    metrics = QFontMetrics(bar._font())
    for index, word in enumerate(WORDS):
        assert bar.tabRect(index).width() >= metrics.horizontalAdvance(word)
    assert bar.tabRect(len(WORDS) - 1).right() < max(tabs.width(), tabs.minimumSizeHint().width())


def test_six_tabs_fit_into_a_narrow_panel(tabs: QTabWidget) -> None:
    assert tabs.minimumSizeHint().width() <= 330


def test_a_click_opens_a_tab_and_draws_a_line_below_it(tabs: QTabWidget, qtbot) -> None:
    bar = tabs.tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(5).center())
    assert tabs.currentIndex() == 5
    picture = bar.grab().toImage()

    def below(index: int) -> QColor:
        box = bar.tabRect(index)
        return picture.pixelColor(QPoint(box.center().x(), box.bottom()))

    assert below(5) == QColor(current_colors().accent)
    assert below(0) != below(5)
