"""The button that sets smallest sizes by a drawn box."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.gui.widgets.size_by_box import HearsBox, SizeByBox


def in_low_window(qtbot: QtBot, box: SizeByBox) -> QScrollArea:
    """An area that shows 120 px of a page of 500, with the button at its end."""
    area, page, above = QScrollArea(), QWidget(), QWidget()
    above.setFixedHeight(500)
    column = QVBoxLayout(page)
    column.addWidget(above)
    column.addWidget(box)
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.resize(300, 120)
    qtbot.addWidget(area)
    area.show()
    return area


def test_what_the_box_said_is_seen_without_scrolling(qtbot: QtBot) -> None:
    fields: type[BaseModel] = SemanticDecode
    waiting: list[HearsBox] = []
    box = SizeByBox(waiting.append, lambda: Volume.from_array(np.zeros((9, 40, 40), np.uint8)))
    area = in_low_window(qtbot, box)
    box.offer(fields.model_fields)
    with qtbot.waitSignal(box.sized) as sized:
        box.button.click()
        waiting[0](Region((3, 10, 10), (4, 18, 20)))
    assert set(sized.args[0]) >= {"min_size"}
    qtbot.waitUntil(lambda: not box.note.visibleRegion().isEmpty())
    assert box.note.visibleRegion().boundingRect().height() == box.note.height()
    assert area.verticalScrollBar().value() > 0
