"""Picking patches in the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.imaging import Plane, Volume, VoxelSize
from desktop_app.core.imaging.patch_places import place_at
from desktop_app.gui.projects.image_commands import ImageCommands
from desktop_app.gui.projects.patch_gallery import PatchGallery, _flat_sources, _where
from desktop_app.gui.projects.patches_dialog import PatchesDialog, what_will_happen
from desktop_app.gui.projects.store_patches_dialog import StorePatchesDialog
from desktop_app.gui.projects.tree_nodes import Node
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import create_project

SETTINGS = PatchSettings(number=4, size=64)


@pytest.fixture
def images(qtbot, shell_session, shell_runner, said, tmp_path) -> ImageCommands:
    """Commands over a project with one textured volume."""
    window = QWidget()
    qtbot.addWidget(window)
    grey = np.random.default_rng(0).integers(0, 250, (6, 140, 130)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "cell.tif", grey, imagej=True, metadata={"axes": "ZYX"})
    opened = create_project(tmp_path / "new.vwproj", "New")
    project, _ = opened.project.with_item(opened.relative(tmp_path / "cell.tif"), "cell")
    opened.save(project)
    shell_session.adopt(opened)
    return ImageCommands(WindowContext(shell_session, shell_runner, said, window))


def wait(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=10_000)


def test_patches_come_into_the_project_in_one_go_and_the_first_opens(qtbot, images, shell_session, shell_runner, said):
    changes: list[int] = []
    shell_session.project_changed.connect(lambda project: changes.append(len(project.items) if project else 0))
    images.rooms.patches.pick(shell_session.project.items[0], SETTINGS)
    wait(qtbot, shell_runner)
    assert changes == [5]
    assert shell_session.item.name == shell_session.project.items[1].name
    assert shell_session.item.name.startswith("cell_xy_z")
    assert shell_session.volume.shape == (1, 64, 64)
    (words,) = said.said("info")
    assert words.startswith("4 patches are in the project. Label every object in each patch, mark it done, then train.")


def test_names_that_are_taken_get_a_number(qtbot, images, shell_session, shell_runner):
    item = shell_session.project.items[0]
    for _ in range(2):
        images.rooms.patches.pick(item, SETTINGS)
        wait(qtbot, shell_runner)
        for table in (shell_session.open_project.folder / "datasets").rglob("patches.csv"):
            table.unlink()
    names = [i.name for i in shell_session.project.items]
    assert len(names) == 9
    assert sum(name.endswith("(2)") for name in names) == 4


def test_too_little_room_is_said(qtbot, images, shell_session, shell_runner, said):
    images.rooms.patches.pick(shell_session.project.items[0], PatchSettings(number=40, size=128))
    wait(qtbot, shell_runner)
    assert "6 of 40 patches are in the project" in said.said("warning")[0]


def test_a_patch_is_removed_like_any_other_image(qtbot, images, shell_session, shell_runner):
    images.rooms.patches.pick(shell_session.project.items[0], SETTINGS)
    wait(qtbot, shell_runner)
    patch = shell_session.item
    images.remove(patch)
    assert patch.id not in {i.id for i in shell_session.project.items}
    assert shell_session.open_project.image_path(patch).exists()


def test_a_project_that_was_closed_meanwhile_is_left_as_it_is(qtbot, images, shell_session, shell_runner, said):
    images.rooms.patches.pick(shell_session.project.items[0], SETTINGS)
    shell_session.close_project()
    wait(qtbot, shell_runner)
    assert shell_session.project is None
    assert "not open any more" in said.said("warning")[0]


def test_cancelling_adds_nothing(qtbot, images, shell_session, shell_runner):
    images.rooms.patches.pick(shell_session.project.items[0], PatchSettings(number=3000, size=64))
    shell_runner.cancel_all()
    wait(qtbot, shell_runner)
    assert len(shell_session.project.items) == 1
    assert shell_session.open_project.datasets() == []


def test_the_menu_of_an_image_asks_and_picks(qtbot, images, shell_session, shell_runner, monkeypatch):
    seeds: list[int] = []

    def answer(self: PatchesDialog) -> int:
        seeds.append(self.settings().seed)
        self.form.set_value(SETTINGS.model_copy(update={"seed": seeds[-1]}))
        return int(PatchesDialog.DialogCode.Accepted)

    monkeypatch.setattr(PatchesDialog, "exec", answer)
    item = shell_session.project.items[0]
    images.do("pick_patches", Node("image", item.id, item.name))
    wait(qtbot, shell_runner)
    assert len(shell_session.project.items) == 5
    images.do("pick_patches", Node("image", item.id, item.name))
    wait(qtbot, shell_runner)
    assert seeds == [1, 2]


def test_a_missing_image_is_said(images, shell_session, said, tmp_path: Path):
    (tmp_path / "cell.tif").unlink()
    images.rooms.patches.ask(shell_session.project.items[0])
    assert "cell.tif" in said.said("error")[0]


@pytest.fixture
def cube() -> Volume:
    return Volume.from_array(np.zeros((300, 300, 300), np.uint8), voxel_size=VoxelSize(z=5, y=5, x=5, unit="nm"))


def test_the_dialog_says_what_will_happen_as_the_form_changes(qtbot, cube):
    dialog = PatchesDialog("cell", cube, False, PatchSettings())
    qtbot.addWidget(dialog)
    assert "Copies 16 pieces of 256 × 256 px from “cell” (xy, xz and yz)" in dialog.words.text()
    dialog.form.set_value(PatchSettings(number=1, planes="xy"))
    assert "Copies one piece of 256 × 256 px from “cell” (xy)" in dialog.words.text()


def test_the_dialog_says_where_an_image_is_smaller_than_a_patch(cube):
    flat = Volume.from_array(np.zeros((40, 300, 300), np.uint8), voxel_size=cube.voxel_size)
    picture = Volume.from_array(np.zeros((1, 200, 250), np.uint8))
    for volume, size, planes, words in (
        (picture, 256, "xy", "own. The image is no larger than that, so it is taken whole. The"),
        (cube, 256, "xy", "own. The image itself"),
        (cube, 512, "xy", "own. The image is no larger than that, so each is a whole slice. The"),
        (flat, 256, "xy", "own. The image itself"),
        (flat, 256, "all", "own. They end where the image does, which is smaller. The"),
    ):
        assert words in what_will_happen("cell", volume, PatchSettings(size=size, planes=planes))


def test_the_dialog_refuses_an_edge_between_the_steps(qtbot, cube):
    dialog = PatchesDialog("cell", cube, False, PatchSettings())
    qtbot.addWidget(dialog)
    dialog.form.editor("size").setValue(250)
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    assert "multiple of 16" in dialog.words.text()


def test_labels_are_offered_where_there_are_some(qtbot, cube):
    for labelled in (True, False):
        dialog = PatchesDialog("cell", cube, labelled, PatchSettings())
        qtbot.addWidget(dialog)
        assert dialog.take_labels.isHidden() != labelled
        assert not dialog.with_labels()


def test_a_picture_has_no_planes_to_choose_from(qtbot):
    picture = Volume.from_array(np.zeros((300, 300), np.uint8))
    dialog = PatchesDialog("cell", picture, False, PatchSettings())
    qtbot.addWidget(dialog)
    assert dialog.form.editor("planes").isHidden()
    assert "(" not in what_will_happen("cell", picture, PatchSettings())


def test_of_a_movie_one_time_point_or_all_are_offered(qtbot, cube):
    movie = Volume.of_times(np.zeros((3, 1, 2, 128, 128), np.uint8))
    dialog = PatchesDialog("cell", movie, False, PatchSettings(), time=1)
    qtbot.addWidget(dialog)
    assert dialog.time() is None
    dialog.times.which.setCurrentIndex(1)
    assert dialog.time() == 1
    alone = PatchesDialog("cell", cube, False, PatchSettings())
    qtbot.addWidget(alone)
    assert alone.times.isHidden()
    assert alone.time() is None


@pytest.fixture
def gallery(qtbot, images, shell_session, shell_runner) -> PatchGallery:
    """The gallery over four patches."""
    images.rooms.patches.pick(shell_session.project.items[0], SETTINGS)
    wait(qtbot, shell_runner)
    assert images.rooms.patches.show()
    shown = images.rooms.patches.gallery
    qtbot.waitUntil(lambda: not shell_runner.jobs(), timeout=10_000)
    return shown


def _texts(gallery: PatchGallery) -> list[str]:
    return [gallery.list.item(row).text().split(" · ")[1] for row in range(gallery.list.count())]


def test_the_gallery_follows_what_is_done(qtbot, gallery, images, shell_session) -> None:
    assert _texts(gallery) == ["to do"] * 4
    assert gallery.words.text() == "0 of 4 done"
    assert not gallery.improve_button.isEnabled()
    gallery.list.item(1).setSelected(True)
    gallery.list.item(3).setSelected(True)
    qtbot.mouseClick(gallery.done_button, Qt.MouseButton.LeftButton)
    assert _texts(gallery) == ["to do", "done", "to do", "done"]
    assert [item.all_done for item in shell_session.project.items[1:]] == [False, True, False, True]
    assert gallery.improve_button.isEnabled()
    assert gallery.done_button.text() == "Mark as not done"
    qtbot.mouseClick(gallery.done_button, Qt.MouseButton.LeftButton)
    assert gallery.words.text() == "0 of 4 done"


def test_patches_are_labelled_one_after_the_other(qtbot, gallery, shell_session) -> None:
    ids = [shown.item.id for shown in gallery.patches()]
    gallery.list.itemActivated.emit(gallery.list.item(2))
    assert shell_session.item.id == ids[2]
    qtbot.mouseClick(gallery.next_button, Qt.MouseButton.LeftButton)
    assert shell_session.item.id == ids[3]
    qtbot.mouseClick(gallery.next_button, Qt.MouseButton.LeftButton)
    assert shell_session.item.id == ids[0], "and round to the first"


def test_one_click_leads_from_labelled_patches_to_the_training(qtbot, gallery, images) -> None:
    asked: list[Path] = []
    images.rooms.patches.improve_requested.connect(asked.append)
    gallery.list.item(0).setSelected(True)
    qtbot.mouseClick(gallery.done_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(gallery.improve_button, Qt.MouseButton.LeftButton)
    assert asked == [gallery.folder]


def test_patches_of_pictures_tell_where_they_begin_and_no_slice(gallery, shell_session) -> None:
    texts = [gallery.list.item(row).text() for row in range(gallery.list.count())]
    assert all(text.startswith("xy ") for text in texts)
    pictures = [
        replace(shown, patch=replace(shown.patch, place=place_at(Plane.XY, (0, 8, 16), 64, 64, 1)))
        for shown in gallery.patches()
    ]
    flat = _flat_sources(pictures)
    assert {_where(shown.patch, flat=shown.patch.source in flat) for shown in pictures} == {"x 16, y 8"}


def test_a_set_grows_and_the_gallery_with_it(qtbot, gallery, images, shell_session, shell_runner) -> None:
    source = shell_session.project.items[0]
    images.rooms.patches.pick(source, SETTINGS.model_copy(update={"number": 2}), into=gallery.folder)
    wait(qtbot, shell_runner)
    assert gallery.list.count() == 6
    assert gallery.sets.count() == 1


def test_the_dialog_offers_the_sets_that_are_there(qtbot, tmp_path) -> None:
    volume = Volume.from_array(np.zeros((6, 140, 130), np.uint8))
    dialog = PatchesDialog("cell", volume, False, SETTINGS, None, 0, [tmp_path / "one"], tmp_path / "one")
    qtbot.addWidget(dialog)
    assert dialog.into() == tmp_path / "one"
    dialog.sets.setCurrentIndex(0)
    assert dialog.into() is None


def test_a_project_without_patches_says_where_they_come_from(images, said) -> None:
    assert not images.rooms.patches.show()
    assert said.said("info") == ["This project has no patches yet. Project ▸ Pick patches to label… makes some."]


@pytest.fixture
def flipbooks(qtbot, images, shell_session, shell_runner) -> PatchGallery:
    """The gallery over four flipbooks."""
    settings = SETTINGS.model_copy(update={"kind": "flipbook", "neighbours": 1})
    images.rooms.patches.pick(shell_session.project.items[0], settings)
    wait(qtbot, shell_runner)
    assert images.rooms.patches.show()
    wait(qtbot, shell_runner)
    return images.rooms.patches.gallery


def test_flipbooks_are_leafed_through_in_the_gallery(qtbot, flipbooks, shell_runner) -> None:
    assert flipbooks.leaf.isVisible()
    assert flipbooks.leaf.words.text() == "The labelled slice"
    assert all("flipbook" in flipbooks.list.item(row).text() for row in range(flipbooks.list.count()))
    before = flipbooks.list.item(0).icon().pixmap(64).toImage()
    flipbooks.leaf.slider.setValue(flipbooks.leaf.slider.minimum())
    wait(qtbot, shell_runner)
    assert flipbooks.leaf.words.text() == "1 slice before"
    assert any(flipbooks.list.item(row).icon().pixmap(64).toImage() != before for row in range(flipbooks.list.count()))


def test_single_slices_are_not_leafed_through(gallery) -> None:
    assert gallery.leaf.isHidden()


def test_labelled_patches_are_stored_from_the_gallery(
    qtbot, flipbooks, images, shell_session, shell_runner, said, tmp_path, monkeypatch
) -> None:
    assert not flipbooks.store_button.isEnabled()
    flipbooks.list.item(0).setSelected(True)
    qtbot.mouseClick(flipbooks.done_button, Qt.MouseButton.LeftButton)

    def answer(self: StorePatchesDialog) -> int:
        assert not self.go.isEnabled()
        self.out.set_path(tmp_path / "stored")
        assert self.go.isEnabled()
        self.layouts.setCurrentIndex(1)
        return int(StorePatchesDialog.DialogCode.Accepted)

    monkeypatch.setattr(StorePatchesDialog, "exec", answer)
    qtbot.mouseClick(flipbooks.store_button, Qt.MouseButton.LeftButton)
    wait(qtbot, shell_runner)
    (file,) = (tmp_path / "stored" / "images").iterdir()
    assert tifffile.imread(file).shape == (64, 64)
    assert said.said("info")[-1] == "1 patch is in stored. 3 are not done yet and left out."


def test_the_dialog_of_storing_adds_to_what_is_there(qtbot, tmp_path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.tif").write_bytes(b"")
    dialog = StorePatchesDialog(tmp_path / "set")
    qtbot.addWidget(dialog)
    dialog.out.set_path(tmp_path / "new")
    assert (dialog.config().add, dialog.layouts.isEnabled()) == (False, True)
    dialog.out.set_path(tmp_path / "there")
    assert (dialog.config().add, dialog.layouts.isEnabled()) == (True, False)
    assert "They are added" in dialog.words.text()


def test_the_dialog_says_what_a_flipbook_is(qtbot, cube) -> None:
    dialog = PatchesDialog("cell", cube, False, PatchSettings())
    qtbot.addWidget(dialog)
    assert dialog.form.editor("neighbours").isHidden()
    dialog.form.set_value(PatchSettings(kind="flipbook"))
    assert not dialog.form.editor("neighbours").isHidden()
    assert "256 × 256 px × 5 slices" in dialog.words.text()
    assert "Of each the middle slice is to be labelled." in dialog.words.text()
