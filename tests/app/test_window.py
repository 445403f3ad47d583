"""The real window: starts, opens, saves, asks before it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.advice.record import MistakePlace
from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.actions import menus
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.io.labels import LabelFile
from desktop_app.io.projects import open_project

pytestmark = pytest.mark.app
ROOT = Path(__file__).resolve().parents[2]


class Answers(RecordingNotifier):
    """Records what is said; needs no window."""

    def attach(self, window) -> None:
        self.window = window


@pytest.fixture
def window(qtbot, qapp):
    window = MainWindow(Session(), JobRunner(), Answers())
    window.show()
    yield window
    window.notifier.answers = []
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setStyleSheet("")


@pytest.fixture
def project_folder(tmp_path):
    import tifffile

    from desktop_app.io.projects import create_project

    opened = create_project(tmp_path / "cells.vwproj", "Cells")
    project = opened.project
    for name in ("a", "b"):
        voxels = np.random.default_rng(1).integers(0, 255, (3, 30, 40), np.uint8)
        tifffile.imwrite(tmp_path / f"{name}.tif", voxels, imagej=True, metadata={"axes": "ZYX"})
        project, _ = project.with_item(opened.relative(tmp_path / f"{name}.tif"), name)
    opened.save(project)
    opened.close()
    return opened.folder


def paint(window: MainWindow, value: int) -> None:
    store, box = window.session.labels.labels, Region((1, 2, 3), (2, 6, 8))
    before, after = store.read(box), np.full(box.shape, value, np.uint32)
    store.write(box, after)
    window.session.commit_edit(Edit.between(box, before, after, "Brush"))


def run_program(home: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = (
        f"import sys; from desktop_app.gui.app import run_window\n{before}\nstatus = run_window(sys.argv[1:])\n"
        "print('torch' in sys.modules, 'monai' in sys.modules); sys.exit(status)"
    )
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "VOXELWRIGHT_HOME": str(home),
        "VOXELWRIGHT_QUIT_AFTER_MS": "400",
    }
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip


def test_the_program_starts_without_torch_writes_a_log_and_quits(tmp_path, project_folder):
    done = run_program(tmp_path / "home", str(project_folder))
    assert (done.returncode, done.stdout.split()) == (0, ["False", "False"]), done.stderr
    assert "Traceback" not in done.stderr
    log = (tmp_path / "home" / "logs" / "voxelwright.log").read_text(encoding="utf-8")
    assert "Started" in log
    assert "Closed" in log
    assert not (project_folder / "lock.json").exists()


def test_a_job_that_begins_while_the_window_closes_is_waited_for(tmp_path):
    late = (
        "import time; from PySide6.QtWidgets import QApplication; import desktop_app.gui.app as app\n"
        "def first_steps(window, files):\n"
        "    start = lambda: window.runner.start('Late', lambda ctx: time.sleep(1))\n"
        "    QApplication.instance().lastWindowClosed.connect(start)\n"
        "app.first_steps = first_steps"
    )
    done = run_program(tmp_path / "home", before=late)
    assert (done.returncode, "QThread" in done.stderr) == (0, False), done.stderr


def test_settings_that_cannot_be_read_do_not_keep_it_from_starting(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.json").write_text('{"theme": "pink", "undo_memory_mb": 128}')
    done = run_program(home)
    assert done.returncode == 0, done.stderr
    assert "theme" in (home / "logs" / "voxelwright.log").read_text(encoding="utf-8")


def test_pages_follow_the_project(qtbot, window, project_folder):
    assert window._center.currentWidget() is window.start_page
    assert not window.actions_table.action("project.add_images").isEnabled()
    window.commands.open_folder(project_folder)
    assert window.windowTitle() == "Cells – Voxelwright"
    assert window._center.currentWidget() is window.viewer
    assert window.viewer.volume.name == window.session.volume.name
    assert all(window.actions_table.action(i).isEnabled() for i in (*menus.NEED_PROJECT, *menus.NEED_IMAGE))
    window.actions_table.action("project.close").trigger()
    assert window._center.currentWidget() is window.start_page
    assert [row.folder for row in window.start_page.rows] == [project_folder]


def test_undo_and_redo_by_menu(qtbot, window, project_folder):
    window.commands.open_folder(project_folder)
    undo, redo = (window.actions_table.action(i) for i in ("edit.undo", "edit.redo"))
    assert not undo.isEnabled()
    paint(window, 4)
    assert (undo.isEnabled(), undo.text()) == (True, "Undo brush")
    undo.trigger()
    assert window.session.labels.labels.max_id() == 4 or window.session.labels.labels.used_ids().size == 0
    assert (redo.isEnabled(), redo.text()) == (True, "Redo brush")
    redo.trigger()
    assert list(window.session.labels.labels.used_ids()) == [4]


def test_no_two_actions_share_keys(window):
    assert window.actions_table.conflicts() == []


def test_every_action_does_something(window):
    idle = [
        info.id
        for info in window.actions_table.infos()
        if window.actions_table.action(info.id).receivers("2triggered(bool)") == 0
        and window.actions_table.action(info.id).receivers("2toggled(bool)") == 0
    ]
    assert idle == []


def test_closing_asks_cancels_and_waits(qtbot, window, project_folder):
    window.commands.open_folder(project_folder)
    paint(window, 9)

    def long(ctx: JobContext) -> None:
        while True:
            ctx.raise_if_cancelled()
            time.sleep(0.005)

    job = window.runner.start("Train nuclei", long, lane="gpu")
    window.notifier.answers = [False]
    assert not window.close()
    assert job.active
    assert "Train nuclei" in window.notifier.questions[-1]
    window.notifier.answers = [True]
    assert window.close()
    assert job.state == "cancelled"
    assert window.session.project is None
    assert not (project_folder / "lock.json").exists()


def test_a_failed_job_is_told_once(qtbot, window):
    from desktop_app.core.errors import UserError

    def bad(ctx: JobContext) -> None:
        raise UserError("The disk is full.", hint="Free some space.")

    with qtbot.waitSignal(window.runner.idle):
        window.runner.start("Export", bad)
    qtbot.waitUntil(lambda: window.notifier.said("error") == ["The disk is full. Free some space."])


@pytest.mark.parametrize(("tells", "dropped"), [(True, False), (False, False), (False, True)])
def test_what_a_page_tells_itself_or_has_no_use_for_is_not_told_again(qtbot, window, tells, dropped):
    from desktop_app.core.errors import UserError
    from desktop_app.gui.jobs.latest import LatestJob

    gate = threading.Event()

    def bad(ctx: JobContext) -> None:
        gate.wait(5)
        raise UserError("No pairs were found.")

    latest = LatestJob(window.runner, "io", window, tells=tells)
    with qtbot.waitSignal(window.runner.idle):
        latest.start("Look", bad, print)
        if dropped:
            latest.drop()
        gate.set()
    told = [] if tells or dropped else ["No pairs were found."]
    qtbot.waitUntil(lambda: window.notifier.said("error") == told)


def test_the_window_comes_back_where_it_was(qtbot, window):
    screen = window.screen().availableGeometry()
    height = min(640, screen.height() - 40)  # room for the frame, which some systems count in
    window.resize(790, height)
    height = window.height()
    window.close()
    again = MainWindow(Session(), JobRunner(), Answers())
    qtbot.addWidget(again)
    assert abs(again.height() - height) <= 40


def test_panels_can_be_hidden_and_stay_so(qtbot, window, project_folder):
    window.resize(1300, 640)  # room for both
    window.commands.open_folder(project_folder)
    assert window.project_panel.isVisible()
    window.actions_table.action("view.project").trigger()
    assert not window.project_panel.isVisible()
    window.commands.close()
    window.commands.open_folder(project_folder)
    assert not window.project_panel.isVisible()
    assert window.labelling_panel.isVisible()


def test_files_dropped_on_the_window_come_into_the_project(window, project_folder, tmp_path, qtbot):
    window.commands.open_folder(project_folder)
    (tmp_path / "more").mkdir()
    (tmp_path / "a.tif").rename(tmp_path / "more" / "c.tif")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "more"))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))
    qtbot.waitUntil(lambda: [item.name for item in window.session.project.items] == ["a", "b", "c"])


def test_closing_all_the_same_gives_the_project_free(window, project_folder, monkeypatch) -> None:
    session = window.session
    session.adopt(open_project(project_folder))
    session.select_item(session.project.items[0].id)
    paint(window, 7)
    monkeypatch.setattr(LabelFile, "flush", refused)
    window.notifier.answers = [True]
    assert window.close()
    assert not (project_folder / "lock.json").exists()
    monkeypatch.undo()
    session.adopt(open_project(project_folder))
    session.select_item(session.project.items[0].id)
    assert session.labels.recovered == ("Brush",)
    assert session.labels.labels.read(Region.single((1, 2, 3))).item() == 7


def refused(_: LabelFile) -> None:
    raise UnwritableFileError("a", "the disk is full.")


def test_a_place_where_a_model_went_wrong_is_shown_in_its_image(window, project_folder):
    window.commands.open_folder(project_folder)
    session = window.session
    image = session.open_project.image_path(session.project.items[1])
    place = MistakePlace(mistake=Mistake.MISSED, image="b", file=str(image), voxel=(2, 10, 30), picture="1.png")
    window.windows.mistake_requested.emit(place)
    assert session.item.name == "b"
    assert window.viewer.navigator.position == (2, 10, 30)


def test_a_model_is_tried_on_an_image_that_is_chosen_where_none_is_open(window, project_folder, monkeypatch):
    window.commands.open_folder(project_folder)
    session = window.session
    session.close_item()
    tried: list[tuple[Path, str]] = []
    monkeypatch.setattr(window.preview_panel, "try_model", lambda model: tried.append((model, session.item.name)))
    window.windows.try_requested.emit(Path("Nuclei.vwmodel"))
    assert tried == []  # no image was chosen
    window.notifier.texts = ["b"]
    window.windows.try_requested.emit(Path("Nuclei.vwmodel"))
    assert tried == [(Path("Nuclei.vwmodel"), "b")]
