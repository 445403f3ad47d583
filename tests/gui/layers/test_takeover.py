from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.layers import PREVIEW, LabelLayer
from desktop_app.gui.layers.panel import LayersPanel
from desktop_app.gui.layers.takeover import Takeover
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext

LEFT = Qt.MouseButton.LeftButton


def labels(session: Session) -> np.ndarray:
    store = session.labels.labels
    return store.read(Region.whole(store.shape))


def place(viewer: ViewerWidget, row: float, column: float) -> QPoint:
    x, y = viewer.grid.views[Plane.XY].canvas.screen_of(row, column)
    return QPoint(round(x), round(y))


def click(viewer: ViewerWidget, row: float, column: float) -> None:
    QTest.mouseClick(viewer.grid.views[Plane.XY].canvas.viewport(), LEFT, pos=place(viewer, row, column))


def idle(qtbot, runner) -> None:
    qtbot.waitUntil(lambda: not runner.jobs())


def test_a_clicked_object_comes_into_the_labels_and_undo_takes_it_back(
    qtbot, panel: LayersPanel, viewer: ViewerWidget, shell_session: Session, shell_runner, result: LabelLayer
) -> None:
    panel.list.choose(result.key)
    panel.taking.one.click()
    assert panel.taking.hint.isVisible()
    click(viewer, 14.5, 14.5)
    idle(qtbot, shell_runner)
    assert not panel.taking.hint.isVisible()
    found = labels(shell_session)
    assert set(np.unique(found)) == {0, 1}
    assert (found[1:3, 10:18, 10:20] == 1).all()
    assert shell_session.history.undo_title == "Take over object 9 of found"
    assert shell_session.layers.get(result.key).look.visible
    shell_session.undo()
    assert not labels(shell_session).any()


def test_a_region_of_this_slice_alone(
    qtbot, panel: LayersPanel, viewer: ViewerWidget, shell_session: Session, shell_runner, result: LabelLayer
) -> None:
    panel.list.choose(result.key)
    panel.taking.region.click()
    viewport = viewer.grid.views[Plane.XY].canvas.viewport()
    QTest.mousePress(viewport, LEFT, pos=place(viewer, 0.5, 0.5))
    QTest.mouseMove(viewport, place(viewer, 5.5, 9.5))
    QTest.mouseRelease(viewport, LEFT, pos=place(viewer, 5.5, 9.5))
    idle(qtbot, shell_runner)
    found = labels(shell_session)
    depth = viewer.current_depth(Plane.XY)
    assert (found[depth, 2:6, 2:8] == 1).all()
    assert np.count_nonzero(found) == 4 * 6


def test_all_of_it_leaves_or_replaces_what_is_labelled(
    qtbot, panel: LayersPanel, shell_session: Session, shell_runner, said, result: LabelLayer
) -> None:
    store = shell_session.labels.labels
    box = Region((0, 2, 2), (1, 5, 5))
    store.write(box, np.full(box.shape, 5, np.uint32))
    panel.list.choose(result.key)
    panel.taking.all.click()
    idle(qtbot, shell_runner)
    assert (store.read(box) == 5).all()
    assert set(np.unique(labels(shell_session))) == {0, 5, 6, 7}
    panel.taking.all.click()
    idle(qtbot, shell_runner)
    assert "nothing to take over" in said.said("info")[-1]
    panel.taking.gently.setChecked(False)
    panel.taking.all.click()
    idle(qtbot, shell_runner)
    assert not (store.read(box) == 5).any()


def test_a_result_that_is_all_in_the_labels_does_not_lie_over_them(
    qtbot, panel: LayersPanel, shell_session: Session, shell_runner, said, result: LabelLayer
) -> None:
    panel.list.choose(result.key)
    panel.taking.all.click()
    idle(qtbot, shell_runner)
    assert not shell_session.layers.get(result.key).look.visible
    assert "All of “found” is in your labels now" in said.said("info")[-1]


def test_locked_labels_stay(
    qtbot, panel, viewer: ViewerWidget, shell_session: Session, shell_runner, said, result: LabelLayer
) -> None:
    store = shell_session.labels.labels
    box = Region((0, 2, 2), (4, 8, 8))
    store.write(box, np.full(box.shape, 5, np.uint32))
    takeover = Takeover(WindowContext(shell_session, shell_runner, said), viewer, lambda: frozenset({5}))
    takeover.keep_existing = False
    takeover.take_all(result)
    idle(qtbot, shell_runner)
    assert (store.read(box) == 5).all()


def test_a_click_beside_the_objects_says_so(panel: LayersPanel, viewer: ViewerWidget, said, result: LabelLayer) -> None:
    panel.list.choose(result.key)
    panel.taking.one.click()
    click(viewer, 19.5, 0.5)
    assert said.said("info") == ["“found” has nothing there."]


def test_a_preview_is_kept_beside_the_next_one(panel: LayersPanel, viewer: ViewerWidget, shell_session) -> None:
    for _ in range(2):
        viewer.show_preview_labels(Region((1, 2, 2), (2, 9, 9)), np.full((1, 7, 7), 3, np.uint32))
        panel.list.choose(PREVIEW)
        panel.taking.keep.click()
    viewer.show_preview_labels(Region((1, 2, 2), (2, 9, 9)), None)
    assert [layer.title for layer in shell_session.layers.results] == ["Kept preview", "Kept preview (2)"]
    kept = shell_session.layers.results[0].store.read(Region((1, 0, 0), (2, 20, 24)))
    assert np.count_nonzero(kept == 3) == 49


def test_only_results_and_previews_can_be_taken_over(panel: LayersPanel, result: LabelLayer) -> None:
    panel.list.choose(result.key)
    assert panel.taking.isVisible()
    assert not panel.taking.keep.isVisible()
    panel.list.choose("labels")
    assert not panel.taking.isVisible()
