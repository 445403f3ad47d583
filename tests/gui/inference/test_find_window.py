from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.core.config.finding import FindConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.imaging.reading import ImageReading
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import JobContext, Preview, Progress
from desktop_app.gui.inference.batch_draft import BatchSettings
from desktop_app.gui.inference.find_commands import FindCommands
from desktop_app.gui.inference.find_window import FindWindow
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.session.offered_models import model_title, offered_models
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import open_project
from desktop_app.jobs.batch.find_preview import FirstLooks, Wish


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Nuclei of 10 px radius in a picture of 120 px."""
    made = nuclei_phantom(PhantomParameters((1, 120, 120), 14, 10.0, 0.3), seed=2)
    tifffile.imwrite(tmp_path / "cells.tif", made.image[0])
    return tmp_path / "cells.tif"


@pytest.fixture
def context(shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier) -> WindowContext:
    return WindowContext(shell_session, shell_runner, said)


@pytest.fixture
def window(qtbot: QtBot, context: WindowContext, starters: tuple[Path, ...]) -> FindWindow:
    window = FindWindow(context)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(window)
    window.show()
    return window


def found(qtbot: QtBot, window: FindWindow, picture: Path) -> None:
    window.open_image(picture)
    qtbot.waitUntil(lambda: window.look is not None)


def test_before_an_image_nothing_can_be_done_with_it(window: FindWindow) -> None:
    assert window.picture.is_empty
    assert not any(b.isEnabled() for b in (window.save_button, window.improve_button, window.batch_button))
    assert window.open_button.isEnabled()
    assert not window.slider.isEnabled()


def test_an_image_is_looked_at_at_once(qtbot: QtBot, window: FindWindow, picture: Path) -> None:
    found(qtbot, window, picture)
    assert window.look is not None
    assert window.look.objects > 5
    assert not window.picture.is_empty
    assert window.slices.isHidden()
    assert "in the whole image" in window.status.text()
    assert "(estimated)" in window.status.text()
    assert window.pixels.value() == pytest.approx(window.look.object_size, abs=1)
    assert window.save_button.isEnabled()


def test_the_button_that_leads_on_is_coloured(qtbot: QtBot, window: FindWindow, picture: Path) -> None:
    def coloured() -> list[str]:
        return [button.text() for button in window.findChildren(QPushButton) if button.property("role") == "primary"]

    assert coloured() == ["Open an image…"]
    window.open_image(picture.with_name("gone.tif"))
    qtbot.waitUntil(lambda: "gone.tif" in window.status.text())
    assert coloured() == ["Open an image…"]
    found(qtbot, window, picture)
    assert coloured() == ["Save the labels…"]


def test_noise_is_called_so(qtbot: QtBot, window: FindWindow, said: RecordingNotifier, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    found(qtbot, window, tmp_path / "noise.tif")
    assert window.look is not None
    assert window.look.noise_words
    assert window.look.noise_words in window.status.text()
    window.save(tmp_path / "labels.tif")
    qtbot.waitUntil(lambda: any("This looks like noise" in text for text in said.said("warning")))


def test_while_it_computes_the_image_is_shown_and_what_is_done(
    qtbot: QtBot, window: FindWindow, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, stop = threading.Event(), threading.Event()

    def slow(_looks: FirstLooks, wish: Wish, ctx: JobContext) -> None:
        read.wait(20)
        ctx.report(Preview(wish.image.name, 0, np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint32)))
        ctx.report(Progress(0, 0, "Loading the model"))
        stop.wait(20)
        raise UserError("Cannot open cells.tif: it is cut off.")

    monkeypatch.setattr(FirstLooks, "look", slow)
    assert "Open an image" in window.picture.empty_text
    window.open_image(picture)
    assert window.picture.is_empty
    assert window.picture.empty_text == "cells.tif is being read…"
    read.set()
    qtbot.waitUntil(lambda: window.status.text() == "Loading the model")
    assert not window.picture.is_empty
    assert not window.save_button.isEnabled()
    stop.set()
    qtbot.waitUntil(lambda: "cut off" in window.status.text())
    assert "Open an image" in window.picture.empty_text


def test_the_slider_looks_again(qtbot: QtBot, window: FindWindow, picture: Path) -> None:
    found(qtbot, window, picture)
    first = window.look
    window.slider.setValue(window.slider.value() + 60)
    qtbot.waitUntil(lambda: window.look is not first)
    assert window.look is not None
    assert first is not None
    assert window.look.object_size == pytest.approx((first.object_size or 0) * 100**0.3, rel=0.05)
    assert window.pixels.value() == pytest.approx(window.look.object_size, abs=1)
    assert "(estimated)" not in window.status.text()


def test_what_is_no_image_is_said_and_nothing_else(qtbot: QtBot, window: FindWindow, tmp_path: Path) -> None:
    (tmp_path / "bad.tif").write_bytes(b"nothing")
    window.open_image(tmp_path / "bad.tif")
    qtbot.waitUntil(lambda: "bad.tif" in window.status.text())
    assert not window.save_button.isEnabled()


def test_labels_of_the_whole_image_are_saved(
    qtbot: QtBot, window: FindWindow, picture: Path, said: RecordingNotifier
) -> None:
    found(qtbot, window, picture)
    target = picture.with_name("out.tif")
    window.save(target)
    qtbot.waitUntil(lambda: any("out.tif" in text for text in said.said("info")))
    assert window.look is not None
    assert np.array_equal(tifffile.imread(target), window.look.labels[0])
    assert target.with_suffix(".csv").exists()


def test_the_next_image_is_looked_for_beside_the_last(
    qtbot: QtBot, window: FindWindow, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(qtbot, window, picture)
    asked: list[str] = []

    def none_chosen(_parent: object, _title: str, place: str, _filter: str) -> tuple[str, str]:
        asked.append(place)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", none_chosen)
    window.open_button.click()
    assert asked == [str(picture.parent)]


def test_a_dropped_image_is_opened(qtbot: QtBot, window: FindWindow, picture: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(picture))])
    left = Qt.MouseButton.LeftButton
    event = QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, left, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.look is not None)


def test_a_batch_gets_model_and_size(qtbot: QtBot, window: FindWindow, picture: Path) -> None:
    found(qtbot, window, picture)
    with qtbot.waitSignal(window.batch_wanted) as asked:
        window.batch_button.click()
    assert window.look is not None
    assert asked.args == [window.look.model, BatchSettings({}, window.look.prediction)]


def test_the_channel_that_shows_nuclei_is_taken_and_can_be_changed(
    qtbot: QtBot, window: FindWindow, picture: Path, said: RecordingNotifier
) -> None:
    found(qtbot, window, picture)
    assert not window.channel.isVisible()
    nuclei = tifffile.imread(picture)
    shade = np.broadcast_to(np.linspace(0, 99, nuclei.shape[1]), nuclei.shape).astype(nuclei.dtype)
    described = {"axes": "CYX", "Channel": {"Name": ["Membrane", "DAPI"]}}
    both = picture.with_name("both.ome.tif")
    tifffile.imwrite(both, np.stack([shade, nuclei]), metadata=described)
    found(qtbot, window, both)
    assert window.channel.isVisible()
    assert window.channel.currentText() == "DAPI"
    assert "one of 2 channels: DAPI" in window.status.text()
    first = window.look
    assert first is not None
    with qtbot.waitSignal(window.batch_wanted) as asked:
        window.batch_button.click()
    assert asked.args[1].channels == (1,)
    target = picture.with_name("out.tif")
    window.save(target)
    qtbot.waitUntil(lambda: any("out.tif" in text for text in said.said("info")))
    assert np.array_equal(tifffile.imread(target), first.labels[0])
    window.channel.setCurrentIndex(0)
    window.channel.activated.emit(0)
    qtbot.waitUntil(lambda: window.look is not first)
    assert window.look is not None
    assert window.look.channels == (0,)
    assert window.look.objects < first.objects


def test_improving_puts_image_and_labels_into_a_project_first(
    qtbot: QtBot, context: WindowContext, picture: Path, project_folder: Path, starters: tuple[Path, ...],
    said: RecordingNotifier,
) -> None:  # fmt: skip
    commands = FindCommands(context)
    commands.project_needed.connect(lambda: context.session.adopt(open_project(project_folder)))
    window = commands.find(picture)
    qtbot.waitUntil(lambda: window.look is not None)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    results, trainings = list[tuple[Path, Path]](), list[Path]()
    commands.result_requested.connect(lambda image, labels: results.append((image, labels)))
    commands.train_requested.connect(trainings.append)
    window.improve_button.click()
    qtbot.waitUntil(lambda: any("Take what was found over" in text for text in said.said("info")))
    ((image, labels),) = results
    assert image == picture
    assert labels.is_relative_to(project_folder / "results")
    assert labels.exists()
    assert window.isHidden()
    assert trainings == []
    said.actions["Improve the model…"]()
    assert window.look is not None
    assert trainings == [window.look.model]
    window.deleteLater()


def test_what_the_project_says_of_an_image_holds(
    qtbot: QtBot, window: FindWindow, picture: Path, project_folder: Path
) -> None:
    session, said = window._session, ImageReading(voxel_size=VoxelSize(z=9, y=2, x=2, unit="µm"))
    opened = open_project(project_folder)
    session.adopt(opened)
    item = opened.project.items[0]
    session.update_item(item.model_copy(update={"reading": said}))
    found(qtbot, window, opened.image_path(item))
    assert window.look is not None
    assert window.look.wish.reading.voxel_size == said.voxel_size
    found(qtbot, window, picture)
    assert window.look.wish.reading == ImageReading()


def test_without_a_project_nothing_is_made(qtbot: QtBot, context: WindowContext, picture: Path) -> None:
    commands = FindCommands(context)
    window = commands.find()
    window.project_wanted.emit(FindConfig(image=str(picture), output=""), None)
    assert not window.isHidden()
    window.close()
    assert context.runner.jobs() == ()


def test_models_that_come_with_the_program_are_marked(
    shell_session: Session, starters: tuple[Path, ...], tmp_path: Path
) -> None:
    assert offered_models(shell_session) == list(starters)
    assert model_title(starters[0]).endswith("(comes with Voxelwright)")
    assert model_title(tmp_path / "mine.vwmodel") == "mine"
