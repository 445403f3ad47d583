from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane
from desktop_app.core.labelling.tools import TOOLS, OtherButton, ToolPoint

RIGHT = Qt.MouseButton.RightButton


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def choose(menu: QMenu, text: str) -> None:
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_a_right_click_opens_the_menu_and_changes_nothing(classes, qtbot) -> None:
    classes.drag((20, 20), (20, 40))
    before = classes.labels.copy()
    with qtbot.waitSignal(classes.panel.controller.menu_wanted) as wanted:
        classes.drag((20, 30), button=RIGHT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()
    assert wanted.args[0].voxel == (3, 20, 30)
    assert (classes.labels == before).all()
    assert classes.session.history.undo_title.startswith("Brush")


def test_a_right_drag_erases_without_a_menu(classes, qtbot) -> None:
    classes.drag((20, 20), (20, 40))
    with qtbot.assertNotEmitted(classes.panel.controller.menu_wanted):
        classes.drag((20, 20), (20, 30), (20, 40), button=RIGHT)
    assert not classes.labels.any()


@pytest.mark.parametrize("tool", [name for name, info in TOOLS.items() if info.other_button is OtherButton.MENU])
def test_a_right_click_is_the_menu_with_every_tool_and_changes_nothing(classes, qtbot, tool: str) -> None:
    classes.session.set_tool("brush")
    classes.drag((20, 20), (20, 40))
    before = classes.labels.copy()
    classes.session.set_tool(tool)
    with qtbot.waitSignal(classes.panel.controller.menu_wanted):
        classes.drag((20, 20), button=RIGHT)
    QApplication.activePopupWidget().close()
    assert (classes.labels == before).all()


def test_a_right_click_takes_the_last_corner_back(classes, qtbot) -> None:
    classes.session.set_tool("polygon")
    classes.drag((10, 10))
    with qtbot.assertNotEmitted(classes.panel.controller.menu_wanted):
        classes.drag((20, 20), button=RIGHT)


def test_what_the_menu_does(classes) -> None:
    classes.session.set_active_value(2)
    classes.drag((20, 20), (20, 40))
    classes.drag((50, 20))
    classes.session.set_active_value(1)
    menu = classes.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 20, 30))
    assert texts(menu) == [
        "Paint with Membrane", "Delete this piece", "Delete this piece in this slice", "Change class…",
        "Fit edges to the image…", "Fill between drawn slices", "Centre here", "Maximise this plane", "Slice done",
    ]  # fmt: skip
    choose(menu, "Paint with Membrane")
    assert classes.session.active_value == 2
    choose(menu, "Delete this piece in this slice")
    assert not classes.labels[3, 20, 20:40].any()
    assert classes.labels[3, 50, 20] == 2
    classes.session.undo()
    assert classes.labels[3, 20, 30] == 2
    assert texts(classes.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 5, 70)))[0] == "Centre here"
    assert classes.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, -5, 70)) is None


def test_an_object_goes_with_all_its_pieces(objects, qtbot) -> None:
    objects.drag((20, 20))
    objects.viewer.set_depth(Plane.XY, 4)
    objects.drag((20, 20))
    objects.drag((40, 60))
    choose(objects.panel.point_menu.menu_for(ToolPoint(Plane.XY, 4, 20, 20)), "Delete this piece")
    assert objects.labels.max() == 1
    assert (objects.labels[4, 40, 60], objects.labels[4, 20, 20]) == (1, 0)
    choose(objects.panel.point_menu.menu_for(ToolPoint(Plane.XY, 4, 40, 60)), "Delete this object")
    qtbot.waitUntil(lambda: not objects.labels.any())
    assert objects.session.history.undo_title.startswith("Delete")


def test_a_locked_label_cannot_be_deleted(classes) -> None:
    classes.drag((20, 20))
    classes.panel.classes.rows[1].lock.click()
    menu = classes.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 20, 20))
    assert not menu.actions()[1].isEnabled()


def test_a_large_operation_is_written_by_a_job_and_nothing_else_meanwhile(objects, qtbot, monkeypatch) -> None:
    monkeypatch.setattr("desktop_app.gui.labelling.object_operations._AT_ONCE_VOXELS", 0)
    objects.drag((20, 20), (20, 40))
    before = objects.labels.copy()
    blocked: list[str] = []

    def try_things(job: object) -> None:
        del job
        if objects.session.carrying_out:
            objects.drag((50, 20), (50, 60))
            objects.session.undo()
            with pytest.raises(UserError, match="is changing these labels"):
                objects.session.close_item()
            blocked.append(objects.session.carrying_out)

    objects.panel.operations._runner.job_added.connect(try_things)
    menu = objects.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 20.5, 30.5))
    choose(menu, "Delete this object")
    qtbot.waitUntil(lambda: bool(blocked) and not objects.session.carrying_out)
    assert not objects.labels.any()
    assert objects.session.history.titles()[-1] == blocked[0]
    objects.session.undo()
    np.testing.assert_array_equal(objects.labels, before)
