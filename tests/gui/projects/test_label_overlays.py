"""Labels of others over the open image: what is told of them, and the way into the labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.uncertainty import LOOK
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session

TAKE_OVER = "Take over into the labels"


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """What a batch found in the first image: one object."""
    folder = tmp_path / "2026-11-21-nuclei"
    folder.mkdir()
    labels = np.zeros((4, 20, 24), np.uint16)
    labels[1, 2:6, 3:9] = 300
    tifffile.imwrite(folder / "a.tif", labels, imagej=True, metadata={"axes": "ZYX"})
    return folder / "a.tif"


def test_one_click_makes_labels_of_what_was_found_and_one_undo_takes_it_back(
    qtbot, window: MainWindow, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, found: Path
) -> None:
    window.images.rooms.overlays.add(found)
    assert "“nuclei, 21 Nov” lies over the image" in said.said("info")[-1]
    said.actions[TAKE_OVER]()
    qtbot.waitUntil(lambda: not shell_runner.jobs())
    labels = shell_session.labels.labels
    taken = labels.read(Region.whole(labels.shape))
    assert np.argwhere(taken).tolist() == np.argwhere(tifffile.imread(found)).tolist()
    shell_session.undo()
    assert not labels.read(Region.whole(labels.shape)).any()


def test_who_begins_to_draw_beside_a_result_is_offered_it_once_more(
    window: MainWindow, shell_session: Session, said: RecordingNotifier, found: Path
) -> None:
    window.images.rooms.overlays.add(found)
    shell_session.set_tool("pick")  # changes nothing
    assert len(said.said("info")) == 1
    shell_session.set_tool("brush")
    assert said.said("info") == 2 * said.said("info")[:1]
    shell_session.set_tool("eraser")
    assert len(said.said("info")) == 2


def test_who_took_a_result_over_draws_undisturbed(
    qtbot, window: MainWindow, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, found: Path
) -> None:
    window.images.rooms.overlays.add(found)
    said.actions[TAKE_OVER]()
    qtbot.waitUntil(lambda: not shell_runner.jobs())
    before = said.said("info")
    assert "All of “nuclei, 21 Nov” is in your labels now" in before[-1]
    shell_session.set_tool("brush")
    assert said.said("info") == before


def test_how_uncertain_a_batch_was_is_told_in_colours(
    window: MainWindow, shell_session: Session, said: RecordingNotifier, found: Path
) -> None:
    percent = np.zeros((4, 20, 24), np.uint8)
    percent[1] = 25
    path = found.with_name("a_uncertainty.tif")
    tifffile.imwrite(path, percent, imagej=True, metadata={"axes": "ZYX"})
    window.images.rooms.overlays.add(path)
    assert "“Uncertainty of nuclei, 21 Nov” lies over the image: pale yellow" in said.said("info")[-1]
    assert TAKE_OVER not in said.actions
    (layer,) = [one for one in shell_session.layers.stack if one.path == path]
    assert layer.look == LOOK
    window.viewer.show_preview_labels(Region((1, 0, 0), (2, 4, 4)), None)
    assert layer in shell_session.layers.stack


def test_a_result_brings_along_how_uncertain_it_is(
    window: MainWindow, shell_session: Session, said: RecordingNotifier, found: Path
) -> None:
    path = found.with_name("a_uncertainty.tif")
    tifffile.imwrite(path, np.full((4, 20, 24), 25, np.uint8), imagej=True, metadata={"axes": "ZYX"})
    window.images.rooms.overlays.add(found)
    stack = shell_session.layers.stack
    assert [layer.title for layer in stack if layer.path in (path, found)] == [
        "Uncertainty of nuclei, 21 Nov", "nuclei, 21 Nov",
    ]  # fmt: skip
    assert stack[0].path == path  # below the labels of the project, too
    assert stack[0].look == LOOK
    (told,) = said.said("info")
    assert "how uncertain it is: pale yellow" in told


def test_a_result_is_shown_also_where_what_tells_its_uncertainty_is_damaged(
    window: MainWindow, shell_session: Session, said: RecordingNotifier, found: Path
) -> None:
    found.with_name("a_uncertainty.tif").write_bytes(b"II*")
    window.images.rooms.overlays.add(found)
    assert [layer.path for layer in shell_session.layers.results] == [found]
    assert "a_uncertainty.tif" in said.said("error")[0]
    assert "uncertain" not in said.said("info")[-1]


def test_a_layer_that_has_gone_is_told(
    window: MainWindow, shell_session: Session, shell_runner: JobRunner, said: RecordingNotifier, found: Path
) -> None:
    window.images.rooms.overlays.add(found)
    shell_session.layers.remove(shell_session.layers.results[0].key)
    said.actions[TAKE_OVER]()
    assert "does not lie over the image any more" in said.said("info")[-1]
    assert shell_runner.jobs() == ()
    assert shell_session.labels.labels.max_id() == 0
