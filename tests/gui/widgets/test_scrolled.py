from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.gui.widgets.scrolled import Scrolled


def test_it_is_as_low_as_it_must_be_and_as_wide_as_what_it_holds(qtbot) -> None:
    inside = QWidget()
    column = QVBoxLayout(inside)
    label = QLabel()
    label.setMinimumSize(200, 500)
    column.addWidget(label)
    area = Scrolled(inside)
    qtbot.addWidget(area)
    area.show()
    assert area.minimumSizeHint().height() < 200
    assert area.minimumWidth() > 200
    area.resize(260, 100)
    QApplication.processEvents()
    assert area.verticalScrollBar().maximum() > 300
    area.resize(260, 900)
    QApplication.processEvents()
    assert area.verticalScrollBar().maximum() == 0
    assert label.height() > 800
    label.setMinimumSize(300, 500)
    QApplication.processEvents()
    assert area.minimumWidth() > 300
    across = Scrolled(QLabel("a"), across=True)
    qtbot.addWidget(across)
    assert across.minimumWidth() == 0


def test_buttons_of_an_empty_page_stand_below_each_other_where_it_is_narrow(qtbot) -> None:
    empty = EmptyState("drop", "Nothing", "Do something.")
    qtbot.addWidget(empty)
    buttons = [empty.add_button(text) for text in ("Add images here", "Add a folder here")]
    empty.show()
    for width, beside in ((600, True), (160, False)):
        empty.resize(width, 400)
        QApplication.processEvents()
        assert (buttons[0].y() == buttons[1].y()) == beside
        assert all(button.width() >= button.sizeHint().width() for button in buttons)
