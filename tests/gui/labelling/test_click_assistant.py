from __future__ import annotations

import numpy as np
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.layers import PROPOSAL, BoxLabels, LabelLayer, LayerKind

RIGHT, ALT = Qt.MouseButton.RightButton, Qt.KeyboardModifier.AltModifier


def with_squares(bench, qtbot) -> None:
    """Show an image of two bright squares, labelled with the click assistant."""
    image = np.full((6, 60, 80), 50, np.uint8)
    image[:, 15:35, 10:30] = image[:, 15:35, 45:65] = 200
    item = bench.session.project.items[1]
    tifffile.imwrite(bench.session.open_project.folder.parent / "b.tif", image, imagej=True, metadata={"axes": "ZYX"})
    bench.session.select_item(item.id)
    bench.session.set_tool("click")
    qtbot.waitUntil(lambda: not bench.viewer.is_late(Plane.XY))
    QApplication.processEvents()


def square(labels: np.ndarray, column: int) -> bool:
    """Whether just one of the squares is labelled in the slice shown."""
    wanted = np.zeros((60, 80), bool)
    wanted[15:35, column : column + 20] = True
    found = labels[3] > 0
    return (found & wanted).sum() / (found | wanted).sum() > 0.85


def test_a_click_proposes_and_enter_takes_it_over_as_one_step(objects, qtbot) -> None:
    with_squares(objects, qtbot)
    objects.drag((25, 20))
    assert not objects.labels.any()
    assert objects.viewer.layers.get(PROPOSAL) is not None
    objects.key(Qt.Key.Key_Return)
    objects.do("label.finish")
    assert square(objects.labels, 10)
    assert objects.session.history.titles() == ["Click assistant: Object 1"]
    assert objects.viewer.layers.get(PROPOSAL) is None
    assert objects.session.active_value == 2
    objects.session.undo()
    assert not objects.labels.any()


def test_right_and_alt_clicks_take_away_and_escape_drops_all(objects, qtbot) -> None:
    with_squares(objects, qtbot)
    objects.drag((25, 20))
    objects.drag((25, 55))
    objects.drag((25, 20), button=RIGHT)
    objects.do("label.finish")
    assert square(objects.labels, 45)
    objects.drag((25, 20))
    objects.drag((25, 20), keys=ALT)
    assert objects.viewer.layers.get(PROPOSAL) is not None
    objects.do("label.corner_back")
    objects.do("label.cancel")
    assert objects.viewer.layers.get(PROPOSAL) is None
    assert len(objects.session.history.titles()) == 1


def test_an_object_of_a_result_is_a_start(objects, qtbot) -> None:
    with_squares(objects, qtbot)
    region = Region((3, 5, 5), (4, 50, 40))
    shown = BoxLabels((6, 60, 80), region, np.full(region.shape, 7, np.uint32))
    objects.viewer.layers.put(LabelLayer("result", "Result", shown, LayerKind.RESULT))
    objects.drag((25, 20))
    objects.do("label.finish")
    np.testing.assert_array_equal(objects.labels[region.slices], 1)
    assert np.count_nonzero(objects.labels) == region.size


def test_another_tool_or_image_drops_the_proposal(objects, qtbot) -> None:
    with_squares(objects, qtbot)
    objects.drag((25, 20))
    objects.session.set_tool("brush")
    assert objects.viewer.layers.get(PROPOSAL) is None
    objects.session.set_tool("click")
    objects.drag((25, 20))
    objects.session.select_item(objects.session.project.items[0].id)
    assert objects.viewer.layers.get(PROPOSAL) is None
    assert not objects.labels.any()


def test_a_box_is_drawn_while_dragging(objects, qtbot) -> None:
    with_squares(objects, qtbot)
    objects.drag((10, 5), (25, 25), (40, 35))
    objects.do("label.finish")
    assert square(objects.labels, 10)
