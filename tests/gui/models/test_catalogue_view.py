"""The page with published models."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDropEvent
from PySide6.QtWidgets import QFileDialog

from desktop_app.core.config.catalogue import Catalogue, CatalogueEntry
from desktop_app.gui.models.models_dialog import ModelsDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io import resuming
from desktop_app.io.projects import open_project
from desktop_app.jobs.models.library import list_models
from tests.file_server import file_server
from tests.jobs.foreign_models import write_description, write_exported
from tests.jobs.models.test_trusted_programs import program


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_exported(tmp_path_factory.mktemp("exported") / "tiny.pth").read_bytes()


@pytest.fixture
def server(monkeypatch, weights):
    monkeypatch.setattr(resuming, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server(files={"/tiny.pth": weights}) as running:
        entry = CatalogueEntry(
            name="Tiny_v1", title="Tiny", kind="model", url=running.url("/tiny.pth"), page="https://example.org/t?a=1&b",
            licence="CC0 <ask>", citation="Nobody 2026", class_names=("mito",), norms={"mean": 0.5, "std": 0.1},
            divisor=128,
        )  # fmt: skip
        for module in ("io.models.catalogue", "jobs.models.catalogue", "jobs.models.import_foreign"):
            monkeypatch.setattr(f"desktop_app.{module}.load_catalogue", lambda: Catalogue(entries=(entry,)))
        yield running


def opened(qtbot, session, runner, said) -> ModelsDialog:
    dialog = ModelsDialog(WindowContext(session, runner, said))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


@pytest.fixture
def dialog(qtbot, server, shell_session, shell_runner, said, project_folder):
    shell_session.adopt(open_project(project_folder))
    return opened(qtbot, shell_session, shell_runner, said)


def done(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=20_000)


def test_a_model_is_downloaded_into_the_project_and_shown(qtbot, dialog, shell_session, shell_runner, said):
    changes = []
    shell_session.models_changed.connect(lambda: changes.append(1))
    assert dialog.models() == []
    dialog.empty.findChildren(type(dialog._buttons["try"]))[0].click()
    assert dialog.tabs.currentWidget() is dialog.catalogue
    card = dialog.catalogue.cards["Tiny_v1"]
    assert card.button.text() == "Download"
    card.button.click()
    assert (card.state, card.button.text(), card.bar.isVisible()) == ("loading", "Cancel", True)
    done(qtbot, shell_runner)
    assert (card.state, card.button.text(), card.bar.isVisible()) == ("here", "Show", False)
    assert changes
    [model] = dialog.models()
    assert model.card.name == "Tiny"
    assert model.path.parent == shell_session.open_project.models_folder()
    assert list_models() == ()
    assert said.said("info") == ["Downloaded Tiny."]
    card.button.click()
    assert dialog.tabs.currentWidget() is not dialog.catalogue
    assert dialog.chosen().path == model.path
    assert dialog._buttons["finetune"].isEnabled()


def test_a_removed_model_can_be_had_again(qtbot, dialog, shell_runner):
    card = dialog.catalogue.cards["Tiny_v1"]
    card.button.click()
    done(qtbot, shell_runner)
    dialog.ask_remove()
    assert card.state == "absent"


def test_being_offline_is_said_on_the_card(qtbot, dialog, shell_runner, server):
    server.status = 503
    card = dialog.catalogue.cards["Tiny_v1"]
    card.button.click()
    done(qtbot, shell_runner)
    assert card.state == "absent"
    assert "127.0.0.1 is too busy" in card.banner.text()
    assert card.banner.property("role") == "banner-error"
    server.status = 0
    card.button.click()
    assert not card.banner.text()
    done(qtbot, shell_runner)
    assert card.state == "here"


def test_a_download_can_be_stopped_and_goes_on_in_a_new_window(
    qtbot, dialog, shell_session, shell_runner, said, server, weights
):
    server.stall = threading.Event()
    card = dialog.catalogue.cards["Tiny_v1"]
    card.button.click()
    qtbot.waitUntil(lambda: "MB of" in card._message.text(), timeout=10_000)
    second = opened(qtbot, shell_session, shell_runner, said)
    again = second.catalogue.cards["Tiny_v1"]
    assert again.state == "loading"
    again.button.click()
    done(qtbot, shell_runner)
    assert card.state == again.state == "absent"
    assert not card.banner.text()
    server.stall.set()
    server.stall = None
    again.button.click()
    done(qtbot, shell_runner)
    assert again.state == card.state == "here"
    assert server.requests[-1]


def test_links_are_opened_or_offered(dialog, said, monkeypatch):
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    dialog.catalogue.cards["Tiny_v1"]._links[0][0].linkActivated.emit("https://example.org/t")
    assert said.said("warning") == ["This system has no browser that opens https://example.org/t."]


def test_texts_from_the_catalogue_are_no_markup(dialog):
    words = [label.text() for label, _, _ in dialog.catalogue.cards["Tiny_v1"]._links]
    assert "CC0 &lt;ask&gt;" in words[0]
    assert 'href="https://example.org/t?a=1&amp;b"' in words[0]
    assert words[1] == "Nobody 2026"


def test_foreign_files_can_be_dropped(qtbot, dialog, shell_runner, said, tmp_path, weights):
    path = tmp_path / "mine.pth"
    path.write_bytes(weights)
    write_description(tmp_path / "mine.yaml")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    dialog.dropEvent(event)
    done(qtbot, shell_runner)
    assert dialog.chosen().card.name == "mine"
    assert said.said("info") == ["Imported mine."]


def test_a_description_is_asked_for(qtbot, dialog, shell_runner, said, tmp_path, weights, monkeypatch):
    path = tmp_path / "mine.pth"
    path.write_bytes(weights)
    other = write_description(tmp_path / "other.yaml", class_names={1: "nuclei"})
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(other), ""))
    said.answers = [False]
    dialog.import_path(path)
    done(qtbot, shell_runner)
    assert dialog.models() == []
    assert "no description of the model beside mine.pth" in said.questions[0]
    dialog.import_path(path)
    qtbot.waitUntil(lambda: len(dialog.models()) == 1, timeout=20_000)
    done(qtbot, shell_runner)
    assert dialog.chosen().card.class_names == ("nuclei",)


def test_what_is_no_model_is_said(qtbot, dialog, shell_runner, tmp_path):
    failures = []
    shell_runner.job_added.connect(lambda job: job.failed.connect(failures.append))
    (tmp_path / "a.pth").write_text("hello")
    dialog.import_path(tmp_path / "a.pth")
    done(qtbot, shell_runner)
    assert "it is text" in failures[0].message


def test_a_program_is_only_run_after_a_question(qtbot, dialog, shell_runner, said, tmp_path):
    path = program(tmp_path / "strange.pth")
    said.answers = [False, True]
    dialog.import_path(path)
    done(qtbot, shell_runner)
    assert dialog.models() == []
    assert "A program can do anything on this computer" in said.questions[0]
    dialog.import_path(path)
    qtbot.waitUntil(lambda: len(dialog.models()) == 1, timeout=20_000)
    done(qtbot, shell_runner)
    assert len(said.questions) == 2
    assert dialog._buttons["batch"].isEnabled()
    assert not dialog._buttons["finetune"].isEnabled()
