"""The list of models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from desktop_app.gui.inference.pages.model_page import card_note, score_badge
from desktop_app.gui.models import models_dialog
from desktop_app.gui.models.card_view import card_facts
from desktop_app.gui.models.models_dialog import ModelsDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import export_model, save_model
from desktop_app.io.projects import open_project
from desktop_app.jobs.models.export_network import ExportedNetwork
from desktop_app.jobs.models.model_files import rename_model
from tests.cards import semantic_card

CARD = semantic_card(
    name="Nuclei", patch_size=(16, 64, 48), divisor=(8, 8, 8), metrics={"score/f1": 0.9123, "score/dice": 0.8}
)


def made(folder: Path, name: str = "Nuclei", weight: float = 1.0) -> Path:
    path = folder / f"{name}.vwmodel"
    preview = np.full((20, 30, 3), 90, np.uint8)
    save_model(path, CARD, {"w": np.full(3, weight, np.float32)}, preview=preview)
    return path


@pytest.fixture
def dialog(qtbot, shell_session, shell_runner, said, project_folder):
    shell_session.adopt(open_project(project_folder))
    dialog = ModelsDialog(WindowContext(shell_session, shell_runner, said))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    return dialog


def test_facts_are_words():
    facts = dict(card_facts(CARD))
    assert "Made" in facts
    foreign = CARD.model_copy(update={"training": {"imported_from": "weights.pth"}})
    assert "Imported" in dict(card_facts(foreign))
    assert card_note(CARD).startswith("trained ")
    assert card_note(foreign).startswith("imported ")
    assert facts["Network"] == "Residual U-Net, 3D"
    assert facts["Patch (x, y, z)"] == "48 × 64 × 16 px"
    assert "Licence" not in facts


def test_the_score_of_a_model_is_told_in_words():
    assert score_badge(CARD) == "Objects found rightly: 91%"
    assert score_badge(CARD.model_copy(update={"metrics": {"test/dice": 0.8}})) == "Overlap with the truth: 80%"
    assert score_badge(CARD.model_copy(update={"metrics": {}})) == ""


def test_models_of_the_project_are_listed_and_damaged_ones_explained(dialog, shell_session):
    assert dialog.models() == []
    good = made(shell_session.open_project.models_folder())
    bad = made(shell_session.open_project.models_folder(), "Other", 2.0)
    (bad / "model.json").write_text("{")
    dialog.refresh(good)
    assert [m.path.stem for m in dialog.models()] == ["Nuclei", "Other"]
    assert dialog._buttons["batch"].isEnabled()
    dialog.list.setCurrentRow(1)
    assert dialog.chosen().problem
    assert not dialog._buttons["batch"].isEnabled()


def test_a_model_can_be_tried_also_while_no_image_is_open(dialog, shell_session):
    made(shell_session.open_project.models_folder())
    dialog.refresh()
    button = dialog._buttons["try"]
    assert (button.text(), button.isEnabled()) == ("Try on an image…", True)
    shell_session.select_item(shell_session.project.items[0].id)
    assert (button.text(), button.isEnabled()) == ("Try on this image", True)


def test_the_copy_in_the_run_is_not_listed_twice(dialog, shell_session):
    made(shell_session.open_project.models_folder())
    made(shell_session.open_project.new_run_folder("nuclei"))
    dialog.refresh()
    assert len(dialog.models()) == 1


def test_the_model_of_a_run_is_shown_where_it_is_listed(dialog, shell_session):
    models = shell_session.open_project.models_folder()
    made(models, "Aardvark", 2.0)
    path = made(models)
    dialog.refresh(made(shell_session.open_project.new_run_folder("nuclei")))
    assert dialog.chosen().path == path


def test_a_deleted_model_does_not_come_back_from_its_run(dialog, shell_session, said):
    models = shell_session.open_project.models_folder()
    path, other = made(models), made(models, "Other", 2.0)
    copy = made(shell_session.open_project.new_run_folder("nuclei"))
    dialog.refresh(path)
    said.answers = [True]
    dialog.ask_remove()
    assert [m.path for m in dialog.models()] == [other]
    assert not copy.exists()


def test_import_export_rename_and_delete(qtbot, dialog, shell_session, shell_runner, said, tmp_path):
    source = made(tmp_path)
    packed = export_model(source, tmp_path / "packed.vwmodel")
    dialog.import_path(packed)
    qtbot.waitUntil(lambda: not shell_runner.jobs())
    assert [m.card.name for m in dialog.models()] == ["Nuclei"]
    said.texts = ["Nuclei, late"]
    dialog.ask_rename()
    assert dialog.chosen().path.stem == "Nuclei_ late"
    assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == ["Nuclei_ late"]
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert words.count("Nuclei_ late") == 1
    assert words[words.index("First named") + 1] == "Nuclei"
    said.answers = [False, True]
    dialog.ask_remove()
    assert len(dialog.models()) == 1
    dialog.ask_remove()
    assert dialog.models() == []
    assert packed.exists()


def test_a_taken_name_is_refused(dialog, shell_session, said):
    folder = shell_session.open_project.models_folder()
    first = made(folder)
    made(folder, "Other", 2.0)
    dialog.refresh(first)
    said.texts = ["Other"]
    dialog.ask_rename()
    assert "already a model" in said.said("error")[0]
    assert rename_model(first, "Third").exists()


def test_requests_name_the_model(qtbot, dialog, shell_session):
    path = made(shell_session.open_project.models_folder())
    dialog.refresh(path)
    with qtbot.waitSignal(dialog.finetune_requested) as signal:
        dialog._buttons["finetune"].click()
    assert signal.args == [path]


def test_the_network_is_written_for_other_programs(
    qtbot, dialog, shell_session, shell_runner, said, tmp_path, monkeypatch
):
    path = made(shell_session.open_project.models_folder())
    dialog.refresh(path)
    asked = []

    def export(model, target, ctx):
        asked.append((model, target))
        return ExportedNetwork(target, target.with_name(f"{target.name}.json"), 0.0, False, "PyTorch")

    monkeypatch.setattr(models_dialog, "export_network", export)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), "TorchScript (*.pt)"))
    dialog.ask_network_export()
    qtbot.waitUntil(lambda: bool(said.said("info")))
    assert asked == [(path, tmp_path / "net.pt")]
    assert "one size alone" in said.said("info")[0]


def test_a_model_opened_from_outside_is_shown_where_its_twin_is_listed(dialog, shell_session, said, tmp_path):
    models = shell_session.open_project.models_folder()
    made(models, "Aardvark", 2.0)
    path = made(models)
    twin = made(tmp_path, "Elsewhere")
    dialog.refresh(twin)
    dialog.offer(twin)
    assert dialog.chosen().path == path
    assert said.questions == []


def test_a_model_opened_from_outside_is_imported_if_the_user_agrees(
    qtbot, dialog, shell_session, shell_runner, said, tmp_path
):
    made(shell_session.open_project.models_folder(), "Aardvark", 2.0)
    other = made(tmp_path, "Elsewhere")
    dialog.refresh(other)
    said.answers = [False, True]
    for listed in (["Aardvark"], ["Aardvark", "Nuclei"]):
        dialog.offer(other)
        qtbot.waitUntil(lambda: not shell_runner.jobs(), timeout=10_000)
        assert [model.path.stem for model in dialog.models()] == listed
    assert dialog.chosen().path.stem == "Nuclei"
    assert "open project" in said.questions[0]
