"""Making, opening, filling and repairing projects."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QWidget

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import LabelClass, LabelScheme
from desktop_app.gui.projects.adding_questions import BOTH, BOTH_DONE, IMAGES_ALONE
from desktop_app.gui.projects.commands import ProjectCommands
from desktop_app.gui.projects.image_check import check_images, summary
from desktop_app.gui.projects.image_commands import ImageCommands
from desktop_app.gui.projects.missing_dialog import MissingDialog
from desktop_app.gui.projects.no_image_page import NoImagePage
from desktop_app.gui.projects.recent_menu import RecentMenu
from desktop_app.gui.projects.start_page import StartPage
from desktop_app.gui.projects.tree_nodes import Node
from desktop_app.gui.projects.tree_panel import ProjectPanel
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.projects import create_project, open_project


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def commands(window, shell_session, shell_runner, said):
    return ProjectCommands(WindowContext(shell_session, shell_runner, said, window))


@pytest.fixture
def images(window, shell_session, shell_runner, said):
    return ImageCommands(WindowContext(shell_session, shell_runner, said, window))


def wait(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=10_000)


def test_opening_shows_the_first_image_and_remembers_the_project(commands, shell_session, project_folder):
    commands.open_folder(project_folder)
    assert shell_session.item.name == "a"
    assert commands.recent() == [project_folder]
    commands.forget(project_folder)
    assert commands.recent() == []


def test_the_recent_menu_lists_projects_that_are_there(commands, shell_session, project_folder, tmp_path):
    menu = RecentMenu(commands)
    menu.fill()
    assert [(a.text(), a.isEnabled()) for a in menu.actions()] == [("No project yet", False)]
    commands.open_folder(project_folder)
    commands.close()
    gone = (*shell_session.settings.recent_projects, str(tmp_path / "gone.vwproj"))
    shell_session.settings = shell_session.settings.model_copy(update={"recent_projects": gone})
    menu.fill()
    assert [a.text() for a in menu.actions()] == ["cells"]
    menu.actions()[0].trigger()
    assert shell_session.project.name == "Cells"


def test_what_cannot_be_opened_is_said_and_the_open_project_stays(commands, shell_session, said, project_folder):
    commands.open_folder(project_folder)
    commands.open_folder(project_folder.parent / "gone.vwproj")
    assert shell_session.project.name == "Cells"
    assert len(said.said("error")) == 1


def test_a_project_open_elsewhere_is_refused_with_a_clear_message(commands, shell_session, said, project_folder):
    with open_project(project_folder):
        commands.open_folder(project_folder)
    assert shell_session.project is None
    assert "already open" in said.said("error")[0]


def test_good_images_come_in_and_bad_ones_stay_out_with_one_message(
    qtbot, commands, shell_session, shell_runner, said, tmp_path
):
    shell_session.adopt(create_project(tmp_path / "new.vwproj", "New"))
    folder = tmp_path / "mixed"
    folder.mkdir()
    tifffile.imwrite(folder / "good.tif", np.zeros((2, 8, 8), np.uint16), imagej=True, metadata={"axes": "ZYX"})
    (folder / "text.tif").write_text("this is no image")
    (folder / "empty.tif").touch()
    (folder / "notes.txt").write_text("notes")
    commands.add_paths([folder])
    wait(qtbot, shell_runner)
    assert [i.name for i in shell_session.project.items] == ["good"]
    assert shell_session.item.name == "good"
    assert len(said.said("warning")) == 1
    assert "2 files cannot be opened" in said.said("warning")[0]
    commands.add_paths([folder / "good.tif"])
    wait(qtbot, shell_runner)
    assert len(shell_session.project.items) == 1
    assert "already" in said.said("warning")[1]


def test_check_passes_over_foreign_files(tmp_path):
    note = tmp_path / "notes.txt"
    note.write_text("x")
    checked = check_images([note], {}, RecordingContext())
    assert checked.foreign == (note,)
    assert "no image" in summary(checked)


def test_a_drop_without_a_project_says_what_to_do(qtbot, commands, said, image_folder):
    said.answers = [False]
    commands.add_paths([image_folder])
    qtbot.waitUntil(lambda: bool(said.questions))
    assert said.questions[0].startswith(f"“{image_folder.name}” is no project.")


def test_a_damaged_first_image_does_not_keep_the_project_from_opening(
    commands, shell_session, said, project_folder, image_folder
):
    (image_folder / "a.tif").write_bytes(b"II*\0cut")
    commands.open_folder(project_folder)
    assert shell_session.project.name == "Cells"
    assert shell_session.item is None
    assert len(said.said("error")) == 1


def test_a_dropped_project_is_opened(commands, shell_session, project_folder):
    commands.add_paths([project_folder])
    assert shell_session.project.name == "Cells"


def test_moved_images_are_found_with_their_siblings(
    qtbot, commands, images, shell_session, said, project_folder, image_folder, monkeypatch
):
    moved = image_folder.rename(image_folder.with_name("moved"))
    commands.open_folder(project_folder)
    assert shell_session.item is None
    assert "3 images are not where" in said.said("warning")[0]
    item = shell_session.project.items[1]

    def answer(dialog: MissingDialog) -> int:
        dialog.chooser.set_path(moved / "b.tif")
        return MissingDialog.DialogCode.Accepted

    monkeypatch.setattr(MissingDialog, "exec", answer)
    images.do("open", Node("image", item.id, item.name))
    assert shell_session.item.name == "b"
    assert shell_session.open_project.missing_items() == []
    assert said.said("info") == ["Found this image and 2 more."]


def test_rename_notes_and_remove(commands, images, shell_session, said, project_folder, image_folder):
    commands.open_folder(project_folder)
    a, b, _ = shell_session.project.items
    said.texts = ["cell 1", "a note", "b"]
    node = Node("image", a.id, a.name)
    images.do("rename", node)
    images.do("notes", node)
    assert (shell_session.item.name, shell_session.item.notes) == ("cell 1", "a note")
    images.do("rename", node)
    assert "already an image named" in said.said("error")[0]
    said.answers = [False, True]
    images.do("remove", node)
    assert len(shell_session.project.items) == 3
    images.do("remove", node)
    assert shell_session.project.items[0].id == b.id
    assert (image_folder / "a.tif").exists()


def labels_file(folder: Path, shape=(4, 20, 24)) -> Path:
    labels = np.zeros(shape, np.uint16)
    labels[1, 2:6, 3:9] = 300
    tifffile.imwrite(folder / "labels.tif", labels, imagej=True, metadata={"axes": "ZYX"})
    return folder / "labels.tif"


def test_labels_come_in_and_go_out_unchanged(
    qtbot, commands, images, shell_session, shell_runner, said, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    item = shell_session.item
    source = labels_file(tmp_path)
    images.import_label_path(item, source)
    assert shell_session.labels is None
    wait(qtbot, shell_runner)
    assert shell_session.labels.labels.max_id() == 300
    assert shell_session.item.all_done
    assert shell_session.item.imported_labels.endswith("labels.tif")
    images.export_label_path(shell_session.item, tmp_path / "out.tif")
    wait(qtbot, shell_runner)
    assert np.array_equal(open_volume(tmp_path / "out.tif").read(), open_volume(source).read())
    assert said.said("info") == ["Saved out.tif."]


def test_labels_of_another_shape_are_refused_and_the_old_ones_stay(
    qtbot, commands, images, shell_session, shell_runner, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    failed = []
    shell_runner.job_added.connect(lambda job: job.failed.connect(failed.append))
    images.import_label_path(shell_session.item, labels_file(tmp_path, (4, 20, 23)))
    wait(qtbot, shell_runner)
    assert "does not fit" in str(failed[0])
    assert shell_session.labels.labels.max_id() == 0
    assert shell_session.item.status == "new"


def test_results_are_opened_beside_the_labels_and_replace_nothing(
    qtbot, commands, images, shell_session, shell_runner, said, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    other = tmp_path / "d.tif"
    shutil.copy(tmp_path / "images" / "a.tif", other)
    for day in ("2026-11-21", "2026-11-22", "2026-11-22"):
        folder = tmp_path / f"{day}-Nuclei{len(shell_session.layers.stack)}"
        folder.mkdir()
        images.open_result(other, shutil.copy(labels_file(tmp_path), folder / "d.tif"))
    assert shell_session.item.name == "d"
    assert shell_session.item.status == "new"
    assert shell_session.labels.labels.max_id() == 0
    assert said.questions == []
    assert [layer.title for layer in shell_session.layers.results] == [
        "Nuclei0, 21 Nov", "Nuclei1, 22 Nov", "Nuclei2, 22 Nov",
    ]  # fmt: skip
    images.open_result(other, tmp_path / "2026-11-21-Nuclei0" / "d.tif")
    assert len(shell_session.layers.results) == 3
    assert shell_runner.jobs() == ()


def test_where_no_image_is_open_one_of_the_project_is_chosen(commands, images, shell_session, said, project_folder):
    commands.open_folder(project_folder)
    assert images.open_one()
    assert said.questions == []  # one was open
    shell_session.close_item()
    assert not images.open_one()  # the user thought better of it
    name = shell_session.project.items[-1].name
    said.texts = [name]
    assert images.open_one()
    assert shell_session.item.name == name
    shell_session.close_item()
    shell_session.update_project(shell_session.project.model_copy(update={"items": ()}))
    assert not images.open_one()
    assert "add one" in said.said("warning")[-1]


def test_a_file_is_shown_and_joins_the_project_if_it_must(
    qtbot, commands, images, shell_session, said, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    known = len(shell_session.project.items)
    assert images.open_file(tmp_path / "images" / "a.tif", "a", 0)
    assert (shell_session.item.name, len(shell_session.project.items)) == ("a", known)
    shutil.copy(tmp_path / "images" / "a.tif", tmp_path / "d.tif")
    assert images.open_file(tmp_path / "d.tif", "kept aside", 0)
    assert (shell_session.item.name, len(shell_session.project.items)) == ("kept aside", known + 1)


def test_a_result_that_does_not_fit_is_told_and_not_shown(
    commands, images, shell_session, said, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    images.rooms.overlays.add(labels_file(tmp_path, (4, 20, 23)))
    assert shell_session.layers.results == ()
    assert "does not fit" in said.said("error")[0]


def test_numbers_without_a_class_come_into_the_list(
    qtbot, commands, images, shell_session, shell_runner, said, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    scheme = LabelScheme(kind="classes", classes=(LabelClass(value=1, name="Class 300", color=(9, 9, 9)),))
    shell_session.update_project(shell_session.project.model_copy(update={"scheme": scheme}))
    images.import_label_path(shell_session.item, labels_file(tmp_path))
    wait(qtbot, shell_runner)
    assert [(c.value, c.name) for c in shell_session.project.scheme.classes] == [(1, "Class 300"), (300, "Class 300+")]
    assert "list of classes" in said.said("info")[0]


@pytest.mark.parametrize("fails", [False, True])
def test_the_sample_tile_says_that_it_is_busy(
    qtbot, commands, shell_session, shell_runner, project_folder, monkeypatch, fails
):
    gate = threading.Event()

    def make(_folder, _ctx):
        gate.wait(5)
        if fails:
            raise UserError("The disk is full.")
        return project_folder

    monkeypatch.setattr("desktop_app.gui.projects.commands._make_sample", make)
    start = StartPage()
    qtbot.addWidget(start)
    panel, no_image = ProjectPanel(shell_session), NoImagePage()
    for widget in (panel, no_image):
        qtbot.addWidget(widget)
    commands.attach(start, no_image, panel)
    start.sample_tile.click()
    assert not start.sample_tile.isEnabled()
    assert "few seconds" in start.sample_tile.accessibleDescription()
    gate.set()
    wait(qtbot, shell_runner)
    qtbot.waitUntil(start.sample_tile.isEnabled)
    assert "try everything" in start.sample_tile.accessibleDescription()
    assert (shell_session.open_project is None) == fails


@pytest.mark.parametrize(("stack", "names"), [(True, ["series"]), (False, ["z0", "z1", "z2"])])
def test_a_folder_of_slices_is_one_image_or_many(
    commands, shell_session, shell_runner, said, project_folder, tmp_path, qtbot, stack, names
):
    folder = tmp_path / "series"
    folder.mkdir()
    for number in range(3):
        picture = Volume.from_array(np.full((20, 30), number, np.uint8))
        write_volume(folder / f"z{number}.tif", picture.source, picture)
    said.answers = [stack]
    commands.open_folder(project_folder)
    before = len(shell_session.project.items)
    commands.add_paths([folder])
    wait(qtbot, shell_runner)
    qtbot.waitUntil(lambda: len(shell_session.project.items) > before)
    items = shell_session.project.items[before:]
    assert [item.name for item in items] == names
    shell_session.select_item(items[0].id)
    assert shell_session.volume.shape == ((3, 20, 30) if stack else (1, 20, 30))


def _with_labels(folder: Path) -> Path:
    for part, level in (("images", 7), ("labels", 1)):
        (folder / part).mkdir(parents=True)
        for name in "xy":
            stack = np.full((4, 20, 24), level, np.uint16)
            tifffile.imwrite(folder / part / f"{name}.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    return folder


@pytest.mark.parametrize(
    ("answer", "states", "added"),
    [
        (BOTH_DONE, ["done", "done"], 2), (BOTH, ["in progress", "in progress"], 2),
        (IMAGES_ALONE, ["new", "new"], 2), (None, [], 0),
    ],
)  # fmt: skip
def test_a_folder_of_images_and_labels_brings_both_if_wished(
    qtbot, commands, images, shell_session, shell_runner, said, project_folder, tmp_path, answer, states, added
):
    commands.labels_found.connect(lambda pairs, done: images.rooms.many.import_labels(pairs, done=done))
    commands.open_folder(project_folder)
    before = len(shell_session.project.items)
    said.texts = [answer]
    commands.add_paths([_with_labels(tmp_path / "set")])
    wait(qtbot, shell_runner)
    wait(qtbot, shell_runner)
    new = shell_session.project.items[before:]
    assert "2 of the images have their labels" in said.questions[-1]
    assert (len(new), [item.status for item in new]) == (added, states)
    if answer in (BOTH, BOTH_DONE):
        shell_session.select_item(new[0].id)
        assert shell_session.labels.labels.max_id() == 1


def test_images_of_folders_inside_are_offered(
    qtbot, commands, shell_session, shell_runner, said, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    before = len(shell_session.project.items)
    inner = _with_labels(tmp_path / "experiment" / "day 1")
    shutil.rmtree(inner / "labels")
    (inner / "images" / "y.tif").rename(inner / "y.tif")
    said.answers = [False, True]
    for total in (0, 2):
        commands.add_paths([tmp_path / "experiment"])
        wait(qtbot, shell_runner)
        wait(qtbot, shell_runner)
        assert "there are 2 images in 2 folders inside it" in said.questions[-1]
        assert len(shell_session.project.items) == before + total


def test_a_folder_without_images_is_told(qtbot, commands, shell_runner, said, project_folder, tmp_path):
    commands.open_folder(project_folder)
    (tmp_path / "empty").mkdir()
    commands.add_paths([tmp_path / "empty"])
    wait(qtbot, shell_runner)
    assert said.said("warning") == ["There is no image in this folder, nor in the folders inside it."]


def _file_of_several(path):
    with h5py.File(path, "w") as file:
        file["raw"], file["other/stack"] = np.zeros((3, 10, 12), np.uint8), np.ones((3, 10, 12), np.uint8)
    return path


def test_of_a_file_with_several_images_one_is_chosen(
    qtbot, commands, shell_session, shell_runner, said, project_folder
):
    commands.open_folder(project_folder)
    for number, (answer, series) in enumerate((("other/stack: QYX 3 × 10 × 12, uint8", "other/stack"), (None, ""))):
        said.texts = [answer]
        commands.add_paths([_file_of_several(project_folder.parent / f"{number}.h5")])
        wait(qtbot, shell_runner)
        assert "holds 2 images" in said.questions[-1]
        assert shell_session.project.items[-1].reading.series == series


def test_the_other_images_of_a_file_are_added_later_or_all_at_once(
    qtbot, commands, shell_session, shell_runner, said, project_folder
):
    commands.open_folder(project_folder)
    before = len(shell_session.project.items)
    path = _file_of_several(project_folder.parent / "seven.h5")
    for answer, total in ((None, 1), (None, 1), ("other/stack: QYX 3 × 10 × 12, uint8", 2), ("", 2)):
        said.texts = [answer]
        commands.add_paths([path])
        wait(qtbot, shell_runner)
        assert len(shell_session.project.items) == before + total
    said.texts = ["All 2, as images of their own"]
    commands.add_paths([_file_of_several(project_folder.parent / "eight.h5")])
    wait(qtbot, shell_runner)
    new = shell_session.project.items[before:]
    assert [(i.name, i.reading.series) for i in new] == [
        ("seven", ""), ("seven other/stack", "other/stack"), ("eight", ""), ("eight other/stack", "other/stack"),
    ]  # fmt: skip
    _, further = shell_session.open_project.readings()
    assert {Path(p).name: [r.series for r in rest] for p, rest in further.items()} == {
        "seven.h5": ["other/stack"], "eight.h5": ["other/stack"],
    }  # fmt: skip


def test_of_a_label_file_with_several_arrays_one_is_chosen(
    qtbot, images, shell_session, shell_runner, said, project_folder, monkeypatch
):
    shell_session.adopt(open_project(project_folder))
    item = shell_session.project.items[0]
    images.open(item)
    path, shape = project_folder.parent / "labels.h5", shell_session.volume.shape
    with h5py.File(path, "w") as file:
        file["first"], file["second"] = np.zeros(shape, np.uint8), np.full(shape, 4, np.uint8)
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getOpenFileName", lambda *_: (str(path), ""))
    said.texts = [f"second: QYX {' × '.join(map(str, shape))}, uint8"]
    images.import_labels(item)
    wait(qtbot, shell_runner)
    assert shell_session.labels.labels.max_id() == 4


def test_an_image_opened_from_outside_is_shown_whatever_is_open(
    qtbot, commands, shell_session, shell_runner, project_folder, tmp_path
):
    commands.open_folder(project_folder)
    shown = shell_session.item.name
    other = tmp_path / "from_outside.tif"
    tifffile.imwrite(other, np.zeros((7, 6, 5), np.uint8))
    commands.open_images([other])
    wait(qtbot, shell_runner)
    assert shell_session.item.name == "from_outside"
    commands.open_images([project_folder.parent / "nothing.tif"])
    wait(qtbot, shell_runner)
    assert shell_session.item.name == "from_outside"
    first = next(item for item in shell_session.project.items if item.name == shown)
    commands.open_images([shell_session.open_project.image_path(first)])
    assert shell_session.item.name == shown
    wait(qtbot, shell_runner)
    commands.open_images([other])
    wait(qtbot, shell_runner)
    assert shell_session.item.name == "from_outside"
    assert len(shell_session.project.items) == len({item.image for item in shell_session.project.items})
