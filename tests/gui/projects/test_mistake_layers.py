"""What lies over an image where a model went wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.advice.record import MistakePlace
from desktop_app.core.imaging import Region
from desktop_app.core.labelling.layers import OWN
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session

SHAPE = (4, 20, 24)


@pytest.fixture
def place(tmp_path: Path, window: MainWindow, shell_session: Session) -> MistakePlace:
    """In an image of a folder that the project does not know yet: with its labels, and what was found near."""
    assert shell_session.open_project is not None
    folder = tmp_path / "set"
    folder.mkdir()
    metadata = {"axes": "ZYX"}
    true = np.zeros(SHAPE, np.uint16)
    true[1, 2:6, 3:9] = 300
    tifffile.imwrite(folder / "c.tif", np.full(SHAPE, 9, np.uint8), imagej=True, metadata=metadata)
    tifffile.imwrite(folder / "labels.tif", true, imagej=True, metadata=metadata)
    tifffile.imwrite(folder / "found.tif", np.full((1, 3, 4), 7, np.uint8), imagej=True, metadata=metadata)
    return MistakePlace(
        mistake=Mistake.MISSED, image="c", file=str(folder / "c.tif"), voxel=(1, 4, 5), picture="1.png", edge=10,
        labels=str(folder / "labels.tif"), found=str(folder / "found.tif"), found_at=(1, 5, 6),
    )  # fmt: skip


def test_true_labels_and_result_lie_over_the_image(
    window: MainWindow, shell_session: Session, said: RecordingNotifier, place: MistakePlace
) -> None:
    window.windows.mistake_requested.emit(place)
    layers = {layer.title: layer for layer in shell_session.layers.results}
    assert list(layers) == ["True labels", "Result of the model"]
    whole = Region.whole(SHAPE)
    np.testing.assert_array_equal(layers["True labels"].store.read(whole), tifffile.imread(place.labels))
    found = layers["Result of the model"].store.read(whole)
    assert (np.argwhere(found).min(axis=0).tolist(), int((found == 7).sum())) == ([1, 5, 6], 12)
    assert said.said("info")[-1].startswith("“True labels” and “Result of the model” lie over the image")
    window.windows.mistake_requested.emit(place)
    assert (len(shell_session.layers.results), len(said.said("info"))) == (2, 1)


def test_the_files_of_a_data_set_stay_as_they_are(
    window: MainWindow, shell_session: Session, place: MistakePlace
) -> None:
    before = Path(place.labels).read_bytes()
    window.windows.mistake_requested.emit(place)
    own = shell_session.layers.get(OWN)
    assert own is not None
    assert not own.store.read(Region.whole(SHAPE)).any()
    assert shell_session.labels is not None
    shell_session.labels.labels.write(Region((1, 2, 2), (2, 4, 4)), np.full((1, 2, 2), 5, np.uint32))
    shell_session.save()
    assert Path(place.labels).read_bytes() == before


def test_labels_of_the_project_itself_lie_there_already(
    window: MainWindow, shell_session: Session, place: MistakePlace
) -> None:
    assert shell_session.open_project is not None
    inside = shell_session.open_project.folder / "labels" / "x.ome.zarr"
    window.windows.mistake_requested.emit(place.model_copy(update={"labels": str(inside), "found": ""}))
    assert shell_session.layers.results == ()


def test_labels_that_are_gone_are_told_and_the_rest_is_shown(
    window: MainWindow, shell_session: Session, said: RecordingNotifier, place: MistakePlace
) -> None:
    window.windows.mistake_requested.emit(place.model_copy(update={"labels": str(Path(place.file).parent / "no.tif")}))
    assert window.viewer.navigator.position == (1, 4, 5)
    assert [layer.title for layer in shell_session.layers.results] == ["Result of the model"]
    assert any("no.tif is not there any more" in text for text in said.said("error"))
