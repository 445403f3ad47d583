"""The project tree and its panel."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from desktop_app.core.project import Item, Project
from desktop_app.gui.projects.tree_nodes import Shelves, done_words, project_nodes
from desktop_app.gui.projects.tree_panel import ProjectPanel
from desktop_app.io.projects import open_project

ITEMS = (
    Item(id="1", name="a", image="a.tif", status="done", all_done=True),
    Item(id="2", name="b", image="b.tif", status="in progress", done_slices=(0, 3)),
    Item(id="3", name="c", image="c.tif", notes="blurred"),
)


def test_sections_states_and_badges():
    shelves = Shelves(
        models=(Path("m/nuclei.vwmodel"),), runs=(Path("r/2026-11-03-091500-Nuclei v1.2"), Path("r/9999-99-99-odd"))
    )
    nodes = project_nodes(Project(name="p", items=ITEMS), {"3"}, {"1", "2"}, shelves)
    assert [n.title for n in nodes] == ["Images", "Labels", "Datasets", "Models", "Runs", "Results"]
    images = nodes[0].children
    assert [n.state for n in images] == ["done", "2 slices done", "missing"]
    assert [n.color for n in images] == ["success", "accent", "warning"]
    assert [n.title for n in nodes[1].children] == ["a", "b"]
    assert nodes[3].children[0].title == "nuclei"
    assert [(n.title, n.state) for n in nodes[4].children] == [("Nuclei v1.2", "3 Nov"), ("9999-99-99-odd", "")]
    assert nodes[2].state == ""


@pytest.mark.parametrize(("item", "words"), [(ITEMS[0], "done"), (ITEMS[1], "2 slices done"), (ITEMS[2], "")])
def test_progress_in_words(item, words):
    assert done_words(item) == words


@pytest.fixture
def panel(qtbot, shell_session, project_folder):
    shell_session.adopt(open_project(project_folder))
    panel = ProjectPanel(shell_session)
    qtbot.addWidget(panel)
    return panel


def test_the_panel_follows_the_session(panel, shell_session):
    assert [n.title for n in panel.tree.nodes("image")] == ["a", "b", "c"]
    item = shell_session.project.items[1]
    shell_session.update_item(item.model_copy(update={"name": "renamed"}))
    assert [n.title for n in panel.tree.nodes("image")] == ["a", "renamed", "c"]
    shell_session.select_item(item.id)
    assert panel.tree.current_node().title == "renamed"
    shell_session.close_project()
    assert panel.tree.nodes("image") == []


def test_choosing_an_image_asks_to_open_it_but_following_the_session_does_not(qtbot, panel, shell_session):
    first, second, _ = shell_session.project.items
    with qtbot.assertNotEmitted(panel.requested):
        shell_session.select_item(first.id)
    panel.tree.setFocus()
    with qtbot.waitSignal(panel.requested) as signal:
        qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert signal.args[0] == "open"
    assert signal.args[1].key == second.id


def test_delete_asks_to_remove(qtbot, panel, shell_session):
    panel.tree.select("image", shell_session.project.items[0].id)
    with qtbot.waitSignal(panel.requested) as signal:
        qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert signal.args[0] == "remove"


def test_a_missing_image_is_marked_and_not_opened_by_a_look(qtbot, panel, shell_session, image_folder):
    (image_folder / "b.tif").unlink()
    panel.refresh()
    assert [n.state for n in panel.tree.nodes("image")] == ["", "missing", ""]
    panel.tree.select("image", shell_session.project.items[0].id)
    with qtbot.assertNotEmitted(panel.requested):
        qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.requested):
        qtbot.keyClick(panel.tree, Qt.Key.Key_Return)


def test_closed_sections_stay_closed(panel, shell_session):
    index = panel.tree.model().index(0, 0)
    panel.tree.setExpanded(index, False)
    item = shell_session.project.items[0]
    shell_session.update_item(item.model_copy(update={"notes": "x"}))
    assert not panel.tree.isExpanded(panel.tree.model().index(0, 0))


def test_a_change_of_one_image_leaves_the_other_rows_alone(qtbot, panel, shell_session):
    item = shell_session.project.items[0]
    with qtbot.assertNotEmitted(panel.tree.model().rowsRemoved):
        shell_session.update_item(item.model_copy(update={"status": "done", "all_done": True}))
    assert [n.state for n in panel.tree.nodes("image")] == ["done", "", ""]
    assert panel.tree.model().item(0).child(0, 1).text() == "done"


def test_a_section_opens_with_its_first_row(panel, shell_session):
    (shell_session.open_project.folder / "results" / "first").mkdir(parents=True)
    panel.refresh()
    model = panel.tree.model()
    results = next(model.index(r, 0) for r in range(model.rowCount()) if model.index(r, 0).data() == "Results")
    assert panel.tree.isExpanded(results)
