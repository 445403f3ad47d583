"""Images converted from the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from desktop_app.core.imaging import Volume
from desktop_app.gui.projects import convert_commands
from desktop_app.gui.projects.convert_commands import ConvertCommands
from desktop_app.gui.projects.convert_dialog import ConvertDialog, what_is_lost
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.data.convert_many import ImageToConvert, Prospect


@pytest.fixture
def commands(qtbot, shell_session, shell_runner, said):
    window = QWidget()
    qtbot.addWidget(window)
    return ConvertCommands(WindowContext(shell_session, shell_runner, said, window))


def _idle(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs(), timeout=20_000)


def _prospects(tmp_path: Path) -> tuple[Prospect, ...]:
    images = [ImageToConvert(tmp_path / name) for name in ("a.tif", "b.tif", "c.tif", "d.tif")]
    lost = {".npy": ("NumPy does not keep the voxel size.",)}
    return (
        Prospect(images[0], "", 10**7, lost),
        Prospect(images[1], "", 10**7, lost),
        Prospect(images[2], "", 10**7, {}, {".npy": "Too many channels."}),
        Prospect(images[3], "It is cut off."),
    )


def test_losses_are_said_for_the_chosen_format(qtbot, tmp_path: Path) -> None:
    prospects = _prospects(tmp_path)
    assert what_is_lost(prospects, ".npy") == [
        "NumPy does not keep the voxel size. (2 images)", "Left out: Too many channels.", "It is cut off.",
    ]  # fmt: skip
    dialog = ConvertDialog(prospects, tmp_path / "out", "NumPy (.npy)")
    qtbot.addWidget(dialog)
    assert [i.path.name for i in dialog.conversion().images] == ["a.tif", "b.tif"]
    assert dialog.words.text().startswith("2 images (20 MB of grey values), the first as a.npy.")
    dialog.kinds.setCurrentIndex(dialog.kinds.findText("OME-Zarr 0.5 (.ome.zarr)"))
    conversion = dialog.conversion()
    assert (len(conversion.images), conversion.ending, conversion.flavour) == (3, ".ome.zarr", "0.5")
    dialog.pyramid.setChecked(False)
    assert dialog.conversion().pyramid is False
    dialog.chooser.set_path(None)
    assert not dialog.go.isEnabled()


def test_files_are_looked_at_and_converted(qtbot, commands, shell_runner, said, tmp_path, monkeypatch) -> None:
    for name in ("a", "b"):
        volume = Volume.from_array(np.full((3, 8, 9), 7, np.uint8))
        write_volume(tmp_path / f"{name}.tif", volume.source, volume)
    monkeypatch.setattr(ConvertDialog, "exec", lambda self: ConvertDialog.DialogCode.Accepted)
    files = [str(tmp_path / "a.tif"), str(tmp_path / "b.tif")]
    monkeypatch.setattr(convert_commands.QFileDialog, "getOpenFileNames", lambda *_: (files, ""))
    commands._kind = "OME-Zarr (.ome.zarr)"
    commands.ask()
    qtbot.waitUntil(lambda: said.said("info") != [], timeout=20_000)
    assert int(open_volume(tmp_path / "converted/b.ome.zarr").read().min()) == 7
    assert said.said("info") == ["2 images are converted."]
    _idle(qtbot, shell_runner)
    commands.ask_files()
    qtbot.waitUntil(lambda: len(said.said("info")) > 1, timeout=20_000)
    assert said.said("info")[-1] == "2 images are converted. 2 of them were there already."


def test_images_of_the_project_are_a_choice(qtbot, commands, shell_session, said, project_folder) -> None:
    from desktop_app.io.projects import open_project

    shell_session.adopt(open_project(project_folder))
    shell_session.select_item(shell_session.project.items[0].id)
    said.texts = [None]
    commands.ask()
    assert said.questions == ["Which ones?"]
