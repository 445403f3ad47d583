"""From the preview in any plane to a batch in three directions and back into the viewer, in the real window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.gui.inference.batch_wizard import BatchWizard
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.io.images.registry import write_volume
from desktop_app.io.models import save_model
from desktop_app.io.projects import create_project
from tests.ml.recipes.panoptic.ideal_networks import LabelReadingNetwork, panoptic_card
from tests.objects.panoptic.ideal import ellipsoids
from tests.partition import same_partition

pytestmark = pytest.mark.app
SIZE = VoxelSize(z=8, y=8, x=8, unit="nm")
CARD = panoptic_card().model_copy(
    update={
        "name": "Balls",
        "normalisation": Normalisation(low=0, high=100),
        "voxel_size": SIZE,
        "decode": {"min_size": 0, "min_area": 0, "min_extent": 0, "median": 1},
    }
)
LEFT = Qt.MouseButton.LeftButton


class Window(RecordingNotifier):
    """Records what is said; needs no window."""

    def attach(self, window: Any) -> None:
        self.window = window


@pytest.fixture(scope="module")
def balls() -> Any:
    return ellipsoids((36, 40, 44), 4, (7, 9), seed=1, touching=False).astype(np.uint16)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, balls: Any) -> list[int]:
    """The model reads the labels from the image; how many pictures its network has seen."""
    import torch

    from desktop_app.ml.inference.loading import predictor_of

    pictures: list[int] = []

    def load(model: Path, device: str, _others: Sequence[Path] = ()) -> Any:
        network = LabelReadingNetwork(float(balls.max()), lambda images: pictures.append(len(images)))
        return predictor_of(CARD, network, torch.device("cpu"))

    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", load)
    return pictures


@pytest.fixture
def window(qtbot: Any, qapp: QApplication, tmp_path: Path, balls: Any, seen: list[int]) -> Any:
    image = Volume.from_array(balls, voxel_size=SIZE)
    write_volume(tmp_path / "balls.tif", image.source, image)
    opened = create_project(tmp_path / "Balls.vwproj", "Balls")
    project, _ = opened.project.with_item(opened.relative(tmp_path / "balls.tif"), "balls")
    opened.save(project)
    weights = {"layer.weight": np.zeros((1, 1, 1, 1), np.float32)}
    save_model(opened.models_folder() / "Balls.vwmodel", CARD, weights)
    opened.close()
    window = MainWindow(Session(), JobRunner(), Window())
    window.show()
    window.commands.open_folder(opened.folder)
    window.panels_dock.open_panel(window.preview_panel)
    QApplication.processEvents()
    yield window
    window.notifier.answers = []
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setStyleSheet("")


def preview(qtbot: Any, window: MainWindow) -> Any:
    presenter = window.preview_panel.presenter
    with qtbot.waitSignal(presenter.answered, timeout=20000, check_params_cb=lambda answer: answer is not None):
        window.preview_panel.run_button.click()
    return presenter.answer


def most_labels(window: MainWindow) -> int:
    labels = window.session.labels
    return int(labels.labels.max_id()) if labels is not None else 0


def test_a_slice_of_any_plane_is_previewed_drawn_and_accepted(
    qtbot: Any, window: MainWindow, balls: Any, seen: list[int]
) -> None:
    panel, viewer = window.preview_panel, window.viewer
    viewer.set_layout("all")
    QApplication.processEvents()
    canvas = viewer.grid.views[Plane.YZ].canvas
    QTest.mouseClick(canvas.viewport(), LEFT)
    assert window.session.history is not None
    assert window.session.history.undo_title == ""
    answer = preview(qtbot, window)
    depth = viewer.current_depth(Plane.YZ)
    slab = Plane.YZ.slab(balls.shape, depth)
    assert answer.request.region == slab
    assert same_partition(answer.labels, balls[slab.slices])
    network_runs = len(seen)
    with qtbot.waitSignal(panel.presenter.answered, timeout=20000):
        panel.forms.change({}, {"confidence": 0.7})
    assert len(seen) == network_runs
    panel.accept_button.click()
    assert window.session.labels is not None
    store = window.session.labels.labels
    assert same_partition(store.read(slab), balls[slab.slices])
    assert not np.delete(store.read(Region.whole(balls.shape)), depth, axis=2).any()


def test_a_drawn_rectangle_is_previewed(qtbot: Any, window: MainWindow, balls: Any) -> None:
    panel, canvas = window.preview_panel, window.viewer.grid.views[Plane.XY].canvas
    panel.place.set_area("rectangle")
    panel.run_button.click()
    start, stop = (QPoint(*(round(c) for c in canvas.screen_of(*place))) for place in ((5.5, 6.5), (24.5, 30.5)))
    with qtbot.waitSignal(panel.presenter.answered, timeout=20000, check_params_cb=lambda answer: answer is not None):
        QTest.mousePress(canvas.viewport(), LEFT, pos=start)
        QTest.mouseMove(canvas.viewport(), stop)
        QTest.mouseRelease(canvas.viewport(), LEFT, pos=stop)
    answer = panel.presenter.answer
    assert answer is not None
    assert answer.request.region == Region((18, 5, 6), (19, 25, 31))
    assert same_partition(answer.labels > 0, balls[answer.request.region.slices] > 0)
    assert canvas.hud.state.frame is not None


def test_three_directions_from_the_preview_to_the_results(
    qtbot: Any, window: MainWindow, balls: Any, tmp_path: Path
) -> None:
    panel = window.preview_panel
    assert "three directions" in panel.suggestions.words.text()
    panel.suggestions.apply_button.click()
    panel.place.box_button.setChecked(True)
    panel.place.around.setValue(18)
    assert panel.place.mode() == "ortho"
    answer = preview(qtbot, window)
    inside = balls[answer.request.region.slices]
    assert np.mean((answer.labels > 0) == (inside > 0)) > 0.97
    assert answer.objects == 4
    panel.forms.change({}, {"keep_directions": True})
    panel.batch_button.click()
    wizard = next(w for w in QApplication.topLevelWidgets() if isinstance(w, BatchWizard) and w.isVisible())
    wizard.files_page.add([tmp_path / "balls.tif"])
    while wizard.page is not wizard.run_page:
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    assert wizard.run is not None
    qtbot.waitUntil(lambda: wizard.run.state == "done", timeout=30000)
    assert wizard.run.count("done") == 1, wizard.run.cases[0].error
    found = {path.name for path in wizard.run.output.glob("*.tif")}
    assert found == {"balls.tif", "balls_xy.tif", "balls_xz.tif", "balls_yz.tif"}
    assert [action.text() for action in wizard.run_page.directions.actions()][1:] == ["Only xy", "Only xz", "Only yz"]
    wizard.run_page.directions.actions()[0].trigger()
    results = window.session.layers
    qtbot.waitUntil(lambda: any(layer.path is not None for layer in results.stack), timeout=20000)
    result = next(layer for layer in results.stack if layer.path is not None)
    assert result.store.read(Region.whole(result.store.shape)).max() == 4
    wizard.close()
