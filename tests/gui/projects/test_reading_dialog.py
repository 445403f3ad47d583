"""Axes and voxel size set by hand: proposed, previewed, kept; what cannot be is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QDialogButtonBox

from desktop_app.core.imaging import AS_STATED, ImageReading
from desktop_app.core.job import RecordingContext
from desktop_app.gui.projects.reading_dialog import ReadingDialog
from desktop_app.io.projects import create_project
from desktop_app.jobs.data.readings import check_reading


@pytest.fixture
def film(tmp_path: Path) -> Path:
    voxels = np.arange(5 * 16 * 24, dtype=np.uint16).reshape(5, 16, 24)
    tifffile.imwrite(tmp_path / "film.tif", voxels, imagej=True, metadata={"axes": "TYX"})
    return tmp_path / "film.tif"


def saving(dialog: ReadingDialog) -> bool:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Save).isEnabled()


def test_what_becomes_of_a_file_is_shown(qtbot: Any, film: Path) -> None:
    dialog = ReadingDialog(film, AS_STATED, "µm", 2, None)
    qtbot.addWidget(dialog)
    assert [box.currentData() for box in dialog.axes] == ["T", "Y", "X"]
    assert dialog.words.text().startswith("5 time points, 24 × 16 pixels")
    assert dialog.own_size.isChecked()
    dialog.axes[0].setCurrentIndex(dialog.axes[0].findData("Z"))
    assert dialog.words.text().startswith("24 × 16 × 5 voxels")
    assert dialog.reading().axes == "ZYX"
    dialog.axes[0].setCurrentIndex(dialog.axes[0].findData("Y"))
    assert "is there twice" in dialog.problem.text()
    assert not saving(dialog)
    dialog.axes[0].setCurrentIndex(dialog.axes[0].findData("T"))
    dialog.exchange.setChecked(True)
    assert (dialog.reading().axes, dialog.reading().time_as_z, saving(dialog)) == ("", True, True)


def test_labels_that_would_not_fit_any_more_are_kept(qtbot: Any, film: Path) -> None:
    dialog = ReadingDialog(film, AS_STATED, "µm", 0, ((1, 16, 24), 5))
    qtbot.addWidget(dialog)
    assert saving(dialog)
    dialog.exchange.setChecked(True)
    assert "has labels" in dialog.problem.text()
    assert not saving(dialog)


def test_images_of_a_folder_are_checked_each(film: Path, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "flat.tif", np.zeros((9, 9), np.uint8))
    with create_project(tmp_path, "p") as opened:
        project = opened.project
        for name in ("film", "flat", "done"):
            file = film if name == "done" else tmp_path / f"{name}.tif"
            project, item = project.with_item(opened.relative(file), name)
        project = project.replaced(item.model_copy(update={"status": "in progress"}))
        opened.save(project)
        film_item, flat, done = project.items
        ctx = RecordingContext()
        checked = check_reading(opened, project.items, ImageReading(axes="ZYX"), ctx)
        assert checked.other == (film_item.id,)
        assert len(checked.refused) == 2
        assert any("has labels" in text for text in checked.refused)
        same = check_reading(opened, [flat, done], ImageReading(), ctx)
        assert same.same == (flat.id, done.id)
