"""The list of steps shows what was done, and a click goes there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop_app.gui.labelling.history_panel import HistoryPanel


@pytest.fixture
def panel(classes, qtbot) -> HistoryPanel:
    panel = HistoryPanel(classes.session)
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    panel.show()
    return panel


def shown(panel: HistoryPanel) -> list[str]:
    return [panel.model.index(row).data() for row in range(panel.model.rowCount())]


def grey(panel: HistoryPanel) -> list[int]:
    role = Qt.ItemDataRole.ForegroundRole
    return [row for row in range(panel.model.rowCount()) if panel.model.index(row).data(role) is not None]


def click(panel: HistoryPanel, row: int) -> None:
    place = panel.list.visualRect(panel.model.index(row)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def test_a_click_goes_to_a_step_and_back(classes, panel) -> None:
    states = [classes.labels.copy()]
    for row in (10, 25, 40):
        classes.drag((row, 20), (row, 40))
        states.append(classes.labels.copy())
    assert shown(panel) == ["Beginning", *["Brush: Nucleus"] * 3]
    assert panel.list.currentIndex().row() == 3
    for row in (1, 3, 0, 2):
        click(panel, row)
        assert (classes.labels == states[row]).all()
        assert panel.list.currentIndex().row() == row
        assert grey(panel) == list(range(row + 1, 4))
    classes.drag((50, 20), (50, 40))
    assert len(shown(panel)) == 4
    assert grey(panel) == []


def test_several_steps_are_told_as_one(classes, panel) -> None:
    classes.drag((10, 20), (10, 40))
    classes.drag((40, 20), (40, 40))
    told: list[object] = []
    classes.session.labels_edited.connect(told.append)
    click(panel, 0)
    assert len(told) == 1
    assert told[0].contains((3, 10, 30))
    assert told[0].contains((3, 40, 30))
    assert classes.session.item.status == "new"


def test_without_an_image_there_are_no_steps(classes, panel) -> None:
    classes.session.close_item()
    assert shown(panel) == []
    assert not panel.list.isEnabled()
