"""What the object table is headed with."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.project.review import STATES
from desktop_app.gui.proofreading.columns import PLACES
from desktop_app.gui.proofreading.object_view import ObjectTableView
from desktop_app.gui.proofreading.table_model import ObjectTableModel
from desktop_app.objects.proofreading.facts import Facts, Said
from desktop_app.objects.proofreading.rows import Rows


def _facts(slices: int) -> Facts:
    labels = np.zeros((slices, 12, 12), np.uint32)
    labels[0, 2:6, 2:6] = 3
    said, rows = Said({}, {}, {}, frozenset(), 1, {1: "Cell"}, {}), Rows.measured((0, 0, 0), labels, None)
    return Facts.of(rows, np.ones(1, np.int32), labels.shape, VoxelSize.unknown(), said, STATES)


def _heads(model: ObjectTableModel) -> list[str]:
    return [str(model.headerData(n, Qt.Orientation.Horizontal)) for n in range(model.columnCount())]


def test_objects_of_pictures_have_pixels_and_areas_and_no_slices(qtbot: QtBot) -> None:
    model = ObjectTableModel()
    view = ObjectTableView(model)
    qtbot.addWidget(view)
    for slices, words in ((1, {"Pixels", "Area"}), (3, {"Voxels", "Volume"}), (1, {"Pixels", "Area"})):
        with qtbot.waitSignal(model.headerDataChanged if model.facts is not None else model.modelReset):
            model.show_facts(_facts(slices))
        assert {"Pixels", "Area", "Voxels", "Volume"}.intersection(_heads(model)) == words
        assert view.isColumnHidden(PLACES["slices"]) == (slices == 1)
