"""Several images at once: selecting, marking, removing, labels by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QMainWindow

from desktop_app.gui.projects.labels_dialog import LabelsDialog
from desktop_app.gui.projects.many_images import ManyImages
from desktop_app.gui.projects.tree_panel import ProjectPanel
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import open_project

SHAPE = (4, 20, 24)


@pytest.fixture
def many(qtbot, shell_session, shell_runner, said, project_folder):
    window = QMainWindow()
    qtbot.addWidget(window)
    shell_session.adopt(open_project(project_folder))
    many = ManyImages(WindowContext(shell_session, shell_runner, said, window))
    many.window = window
    return many


def write_labels(folder: Path, name: str, value: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    tifffile.imwrite(path, np.full(SHAPE, value, np.uint16), imagej=True, metadata={"axes": "ZYX"})
    return path


def keys(session) -> list[str]:
    return [item.id for item in session.project.items]


def test_marking_done_and_back(many, shell_session) -> None:
    many.do("done", keys(shell_session)[:2])
    assert [(i.status, i.all_done) for i in shell_session.project.items] == [("done", True)] * 2 + [("new", False)]
    many.do("not_done", keys(shell_session))
    assert [(i.status, i.all_done) for i in shell_session.project.items] == [("in progress", False)] * 2 + [
        ("new", False)
    ]


@pytest.mark.parametrize(("agreed", "left"), [(False, ["a", "b", "c"]), (True, ["b"])])
def test_removing_asks_once_and_closes_the_open_one(many, shell_session, said, agreed, left) -> None:
    first, _, last = keys(shell_session)
    shell_session.select_item(first)
    said.answers = [agreed]
    many.do("remove", [first, last])
    assert [item.name for item in shell_session.project.items] == left
    assert len(said.questions) == 1
    assert (shell_session.item is None) == agreed


def test_labels_of_many_are_imported_and_shown(qtbot, many, shell_session, said, tmp_path) -> None:
    shell_session.select_item(keys(shell_session)[0])
    pairs = [
        (i, write_labels(tmp_path / "l", f"{i.name}.tif", n)) for n, i in enumerate(shell_session.project.items, 1)
    ]
    many.import_labels(pairs[:2], done=True)
    qtbot.waitUntil(lambda: [i.status for i in shell_session.project.items] == ["done", "done", "new"])
    assert shell_session.labels.labels.max_id() == 1
    assert said.said("info") == ["2 images have their labels."]


def test_the_dialog_pairs_by_name_and_takes_what_is_ticked(qtbot, many, shell_session, tmp_path) -> None:
    folder = tmp_path / "masks"
    for name in ("a_mask.tif", "b.tif"):
        write_labels(folder, name, 1)
    odd = write_labels(tmp_path / "else", "odd.tif", 1)
    opened = shell_session.open_project
    dialog = LabelsDialog(opened, shell_session.project.items)
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    dialog.chooser.set_path(folder)
    assert [(i.name, f.name) for i, f in dialog.pairs()] == [("a", "a_mask.tif"), ("b", "b.tif")]
    assert dialog.go.text() == "Import 2"
    dialog.table.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    dialog.set_file(2, odd)
    assert ("c", "odd.tif") in [(i.name, f.name) for i, f in dialog.pairs()]
    dialog.chooser.set_path(tmp_path / "nowhere")
    assert dialog.pairs() == []


def test_the_rest_is_matched_in_order_only_when_asked(qtbot, many, shell_session, tmp_path) -> None:
    folder = tmp_path / "masks"
    for name in ("a.tif", "p.tif", "q.tif"):
        write_labels(folder, name, 1)
    dialog = LabelsDialog(shell_session.open_project, shell_session.project.items)
    qtbot.addWidget(dialog)
    dialog.chooser.set_path(folder)
    assert [f.name for _, f in dialog.pairs()] == ["a.tif"]
    assert not dialog.order_button.isHidden()
    dialog.order_button.click()
    assert [f.name for _, f in dialog.pairs()] == ["a.tif", "p.tif", "q.tif"]


def test_a_replacement_is_announced(qtbot, many, shell_session, tmp_path) -> None:
    many.do("done", keys(shell_session)[:1])
    write_labels(tmp_path / "masks", "a.tif", 1)
    dialog = LabelsDialog(shell_session.open_project, shell_session.project.items)
    qtbot.addWidget(dialog)
    dialog.chooser.set_path(tmp_path / "masks")
    assert dialog.table.item(0, 2).text() == "replaces its labels"
    assert "cannot be undone" in dialog.words.text()


def test_one_click_opens_every_kind_and_selecting_several_opens_none(qtbot, shell_session, project_folder) -> None:
    shell_session.adopt(open_project(project_folder))
    (shell_session.open_project.folder / "runs" / "one").mkdir(parents=True)
    panel = ProjectPanel(shell_session)
    qtbot.addWidget(panel)
    panel.show()
    panel.refresh()
    tree = panel.tree
    model = tree.model()
    sections = {model.index(r, 0).data(): model.index(r, 0) for r in range(model.rowCount())}
    for section, kind in (("Images", "image"), ("Runs", "run")):
        row = tree.visualRect(model.index(0, 0, sections[section])).center()
        with qtbot.waitSignal(panel.requested) as signal:
            qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=row)
        assert (signal.args[0], signal.args[1].kind) == ("open", kind)
    for row in (0, 2):
        index = model.index(row, 0, sections["Images"])
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        tree.selectionModel().select(index, flags)
    assert [node.title for node in tree.selected("image")] == ["a", "c"]
    with qtbot.waitSignal(panel.requested_for_many) as signal:
        qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert signal.args == ["remove", [shell_session.project.items[0].id, shell_session.project.items[2].id]]
