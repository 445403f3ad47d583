"""Labels against the truth: layers of the open image, files and folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMainWindow
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.layers import BoxLabels, LabelLayer
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.measuring.agreement_window import ERRORS, AgreementWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.widgets.value_table import ValueTable
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.tables import read_csv
from desktop_app.objects.matching import VALUES, Outcome
from tests.image_files import saved

TRUTH = np.zeros((4, 20, 24), np.uint32)
TRUTH[1:3, 2:8, 2:8], TRUTH[1:3, 12:18, 12:20] = 1, 2
FOUND = np.where(TRUTH == 2, 0, TRUTH)


def _layer(key: str, labels: np.ndarray) -> LabelLayer:
    return LabelLayer(key, f"The {key}", BoxLabels(labels.shape, Region.whole(labels.shape), labels))


@pytest.fixture
def window(
    qtbot: QtBot, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier
) -> Iterator[AgreementWindow]:
    main = QMainWindow()
    qtbot.addWidget(main)
    for key, labels in (("truth", TRUTH), ("result", FOUND)):
        shell_session.layers.put(_layer(key, labels))
    made = AgreementWindow(WindowContext(shell_session, shell_runner, said, main))
    made.show()
    yield made
    main.close()


def _compared(qtbot: QtBot, window: AgreementWindow) -> None:
    window.go.click()
    qtbot.waitUntil(lambda: window.evaluation is not None and window.go.isEnabled(), timeout=20_000)


def _headings(table: ValueTable) -> list[str]:
    model = table.values
    return [str(model.headerData(n, Qt.Orientation.Horizontal)) for n in range(model.columnCount())]


def test_two_layers_are_compared_and_errors_drawn(
    qtbot: QtBot, window: AgreementWindow, shell_session: Session
) -> None:
    assert (window.choice.found.currentData(), window.choice.truth.currentData()) == ("result", "truth")
    assert window.hint.text().startswith("Choose what was found")
    _compared(qtbot, window)
    assert window.evaluation is not None
    assert window.evaluation.mean["f1"] == pytest.approx(2 / 3)
    assert window.hint.text().startswith("Click a row to see its object")
    assert "Missed: only in the truth: 1" in window.scores.text()
    assert all(words in window.scores.text() for words in ("Objects found rightly (F1)", "0 is perfect here:"))
    overlaps, found_rightly = window.curve.points("objects found rightly (F1)")
    assert [overlaps[0], found_rightly[-1]] == pytest.approx([0.5, 2 / 3])
    layer = shell_session.layers.get(ERRORS)
    assert layer is not None
    seen = layer.store.read(Region.whole(TRUTH.shape))
    assert set(np.unique(seen[TRUTH == 2])) == {VALUES[Outcome.MISSED]}
    assert [one.key for one in shell_session.layers.stack if one.look.visible] == [ERRORS]
    window.errors.setChecked(False)
    assert shell_session.layers.get(ERRORS) is None
    assert [one.key for one in shell_session.layers.stack if one.look.visible] == ["truth", "result"]


def test_a_row_leads_to_its_object(qtbot: QtBot, window: AgreementWindow) -> None:
    _compared(qtbot, window)
    places: list[object] = []
    window.place_wanted.connect(places.append)
    spot = window.objects.visualRect(window.objects.values.index(1, 0)).center()
    qtbot.mouseClick(window.objects.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert places == [(2, 14, 16)]


@pytest.mark.parametrize("by", ["its button", "Esc"])
def test_the_layer_goes_with_the_window(qtbot: QtBot, window: AgreementWindow, shell_session: Session, by: str) -> None:
    _compared(qtbot, window)
    if by == "Esc":
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    else:
        window.close()
    assert shell_session.layers.get(ERRORS) is None
    assert [one.key for one in shell_session.layers.stack if one.look.visible] == ["truth", "result"]


def test_folders_have_a_row_for_each_image_and_are_saved(
    qtbot: QtBot, window: AgreementWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, labels in (("a", FOUND), ("b", TRUTH)):
        saved(tmp_path / "found" / f"{name}.tif", labels.astype(np.uint16))
        saved(tmp_path / "true" / f"{name}.tif", TRUTH.astype(np.uint16))
    window.choice.kind.setCurrentIndex(2)
    for chooser, name in zip(window.choice.folders, ("found", "true"), strict=True):
        chooser.set_path(tmp_path / name)
    _compared(qtbot, window)
    assert not window.errors.isEnabled()
    assert window.hint.text() == "A click on a heading sorts."
    assert window.objects.values.rowCount() == 4
    window.tabs.setCurrentWidget(window.images)
    titles = set(_headings(window.images))
    assert {"Overlap with the truth (Dice)", "Found rightly at 0.95"} <= titles
    assert not any("_" in title for title in titles)
    out = tmp_path / "scores.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(out), ""))
    window.save.click()
    assert [(row["image"], row["f1_at_0.50"]) for row in read_csv(out)] == [("a", "0.6666667"), ("b", "1")]


def test_classes_that_are_taken_for_objects_are_doubted_and_told_one_by_one(
    qtbot: QtBot, window: AgreementWindow, tmp_path: Path
) -> None:
    for name in "abc":
        for folder, labels in (("found", FOUND), ("true", TRUTH)):
            saved(tmp_path / folder / f"{name}.tif", labels.astype(np.uint8))
    window.choice.kind.setCurrentIndex(2)
    for chooser, name in zip(window.choice.folders, ("found", "true"), strict=True):
        chooser.set_path(tmp_path / name)
    _compared(qtbot, window)
    assert "All true labels have the same numbers (1, 2)." in window.banner.text()
    window.choice.classes.setChecked(True)
    window.evaluation = None
    _compared(qtbot, window)
    assert window.banner.text() == ""
    assert "Overlap of class 1 (Dice)" in window.scores.text()
    assert "Overlap of class 2 (Dice)" in window.scores.text()


def test_the_value_of_unlabelled_voxels_is_asked_for_and_told(
    qtbot: QtBot, window: AgreementWindow, tmp_path: Path
) -> None:
    truth = TRUTH.astype(np.uint8)
    truth[:, :, 21:] = 255
    window.choice.kind.setCurrentIndex(1)
    for chooser, name, labels in zip(window.choice.files, ("found", "true"), (TRUTH, truth), strict=True):
        chooser.set_path(saved(tmp_path / f"{name}.tif", labels.astype(np.uint8)))
    _compared(qtbot, window)
    assert "which is never found" in window.banner.text()
    assert window.choice.unlabelled.text() == "Unlabelled voxels: none"
    window.choice.unlabelled.setValue(255)
    assert window.choice.unlabelled.text() == "Unlabelled voxels: 255"
    window.evaluation = None
    _compared(qtbot, window)
    assert "12.5% of the true voxels are unlabelled (value 255) and do not count." in window.banner.text()
    assert window.evaluation is not None
    assert window.evaluation.mean["f1"] == 1.0


def test_what_is_missing_is_said(qtbot: QtBot, window: AgreementWindow, shell_session: Session) -> None:
    window.choice.kind.setCurrentIndex(1)
    window.go.click()
    assert "Say where" in window.banner.text()
    window.choice.kind.setCurrentIndex(0)
    shell_session.layers.remove("truth")
    window.go.click()
    assert "Two different layers" in window.banner.text()


def test_columns_of_objects_have_names_that_people_write(qtbot: QtBot, window: AgreementWindow) -> None:
    _compared(qtbot, window)
    titles = _headings(window.objects)
    assert titles[1:5] == ["Outcome", "True object", "Found object", "Overlap (IoU)"]
    assert not any("_" in title or "predicted" in title.lower() for title in titles)
