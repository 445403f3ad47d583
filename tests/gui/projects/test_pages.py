"""Start page and dialogs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.project import Item, Project
from desktop_app.gui.projects.new_project_dialog import NewProjectDialog
from desktop_app.gui.projects.no_image_page import NoImagePage
from desktop_app.gui.projects.properties_dialog import PropertiesDialog
from desktop_app.gui.projects.start_page import StartPage


def test_recent_projects_that_are_gone_can_only_be_forgotten(qtbot, project_folder, tmp_path):
    page = StartPage()
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    page.show_recent([project_folder, tmp_path / "gone.vwproj"])
    there, gone = page.rows
    assert (there.exists, gone.exists) == (True, False)

    with qtbot.waitSignal(page.project_chosen) as signal:
        qtbot.mouseClick(there, Qt.MouseButton.LeftButton)
    assert signal.args == [project_folder]
    with qtbot.assertNotEmitted(page.project_chosen):
        qtbot.mouseClick(gone, Qt.MouseButton.LeftButton)


def test_a_narrow_window_is_used_in_its_whole_width(qtbot):
    """Titles of tiles were cut off between empty sides."""
    page = StartPage()
    qtbot.addWidget(page)
    page.resize(840, 440)  # a screen of 1280 pixels at one and a half times the size
    page.show()
    left, right = (tile.mapTo(page, tile.rect().topLeft()).x() for tile in (page.new_tile, page.sample_tile))
    assert right + page.sample_tile.width() - left >= 760  # px: all but margins and a scroll bar


@pytest.fixture
def dialog(qtbot, tmp_path):
    dialog = NewProjectDialog(tmp_path)
    qtbot.addWidget(dialog)
    return dialog


def test_a_new_project_gets_a_folder_and_a_scheme(dialog, tmp_path):
    dialog.name_field.setText("Embryo")
    assert dialog.problem() == ""
    assert dialog.folder() == tmp_path / "Embryo.vwproj"
    assert dialog.scheme().kind == "objects"
    dialog.classes_card.click()
    assert dialog.scheme().kind == "classes"
    assert dialog.scheme().zero_is_background
    dialog.strokes_choice.setChecked(True)
    scheme = dialog.scheme()
    assert not scheme.zero_is_background
    assert scheme.class_names == ("Background", "Structure")


def test_the_first_name_is_free(qtbot, tmp_path):
    for name in ("My project", "My project 2"):
        (tmp_path / f"{name}.vwproj").mkdir()
    dialog = NewProjectDialog(tmp_path)
    qtbot.addWidget(dialog)
    assert (dialog.name(), dialog.problem()) == ("My project 3", "")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "what?", "dot."])
def test_names_that_no_folder_can_have_are_refused(dialog, name):
    dialog.name_field.setText(name)
    assert dialog.problem()


def test_a_taken_or_missing_place_is_refused(dialog, tmp_path):
    (tmp_path / "Taken.vwproj").mkdir()
    dialog.name_field.setText("Taken")
    assert "already" in dialog.problem()
    dialog.place_field.set_path(tmp_path / "nowhere")
    assert "exists" in dialog.problem()


def test_properties_give_back_only_a_size_that_was_set(qtbot):
    volume = Volume.from_array(np.zeros((3, 5, 7), np.uint16), voxel_size=VoxelSize(z=2, y=0.5, x=0.5))
    dialog = PropertiesDialog(Item(name="a", image="a.tif"), volume, "nm")
    qtbot.addWidget(dialog)
    assert dialog.voxel_size() is None
    dialog.own_size.setChecked(True)
    assert dialog.voxel_size() == VoxelSize(z=2, y=0.5, x=0.5)


def test_an_unknown_size_starts_with_the_unit_of_the_project(qtbot):
    volume = Volume.from_array(np.zeros((3, 5, 7), np.uint16), path=Path("a.tif"))
    dialog = PropertiesDialog(Item(name="a", image="a.tif"), volume, "nm")
    qtbot.addWidget(dialog)
    dialog.own_size.setChecked(True)
    assert dialog.voxel_size() == VoxelSize(unit="nm")


def test_the_middle_says_what_to_do_next(qtbot):
    page = NoImagePage()
    qtbot.addWidget(page)
    page.show_project(Project(name="p"))
    assert "first images" in page.empty.title.text()
    page.show_project(Project(name="p", items=(Item(name="a", image="a.tif"),)))
    assert "Choose an image" in page.empty.text.text()
