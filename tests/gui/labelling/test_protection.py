from __future__ import annotations

from desktop_app.core.imaging import Plane
from desktop_app.core.labelling.tools import ToolPoint


def test_a_done_image_asks_once_before_it_changes(classes) -> None:
    classes.drag((20, 20))
    classes.panel.done.toggle_image()
    before = classes.labels.copy()
    classes.said.answers = [False]
    classes.drag((40, 40))
    assert (classes.labels == before).all()
    classes.said.answers = [True]
    classes.drag((40, 40))
    classes.drag((40, 60))
    assert classes.labels[3, 40, 40] == classes.labels[3, 40, 60] == 1
    assert len(classes.said.questions) == 2
    assert "marked as done" in classes.said.questions[0]


def test_looking_and_picking_ask_nothing(classes) -> None:
    classes.drag((20, 20))
    classes.panel.done.toggle_image()
    for tool in ("look", "pick"):
        classes.session.set_tool(tool)
        classes.drag((20, 20))
    assert classes.said.questions == []


def test_operations_ask_too(objects) -> None:
    objects.drag((20, 20))
    objects.panel.done.toggle_image()
    objects.said.answers = [False]
    menu = objects.panel.point_menu.menu_for(ToolPoint(Plane.XY, 3, 20, 20))
    next(action for action in menu.actions() if action.text() == "Delete this piece").trigger()
    assert objects.labels.any()
    assert len(objects.said.questions) == 1
