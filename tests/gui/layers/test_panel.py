from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFormLayout

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.labelling.layers import AGREEMENT, OWN, LabelLayer, LabelStyle
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.layers.panel import LayersPanel
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.color_maps import TITLES
from desktop_app.gui.viewer.viewer import ViewerWidget


def test_the_topmost_layer_stands_first(panel: LayersPanel, shell_session: Session, result: LabelLayer) -> None:
    assert list(panel.list.rows) == [result.key, OWN]
    assert panel.list.chosen.key == result.key, "what has just come is chosen"
    panel.details.down.click()
    assert list(panel.list.rows) == [OWN, result.key]
    assert not panel.details.down.isEnabled()


def test_the_look_of_a_layer_is_changed(panel: LayersPanel, shell_session: Session, result: LabelLayer) -> None:
    def look():
        return shell_session.layers.get(result.key).look

    details = panel.details
    details.opacity.set_value(20)
    details.style_box.activated.emit(details.style_box.findData(LabelStyle.CONTOUR))
    details.palette_box.activated.emit(details.palette_box.findData("safe"))
    details.solo.setValue(9)
    assert (look().opacity, look().style, look().palette, look().solo) == (0.2, LabelStyle.CONTOUR, "safe", 9)
    panel.list.rows[result.key].eye.click()
    assert not look().visible
    assert shell_session.layers.get(OWN).look.solo == 0, "other layers stay"


def test_a_layer_is_taken_away_and_its_file_stays(panel: LayersPanel, shell_session, result: LabelLayer) -> None:
    row = panel.list.rows[result.key]
    row.row.itemAt(row.row.count() - 1).widget().click()
    assert shell_session.layers.results == ()
    assert result.path.exists()


def test_the_bar_and_the_panel_say_the_same(panel: LayersPanel, viewer: ViewerWidget) -> None:
    panel.list.choose(OWN)
    panel.details.opacity.set_value(70)
    assert viewer.toolbar.label_opacity == pytest.approx(0.7)
    viewer.toolbar.cycle_style()
    assert panel.details.style_box.currentData() == LabelStyle.CONTOUR
    viewer.toolbar.cycle_style()
    assert not panel.list.rows[OWN].eye.isChecked()
    panel.list.rows[OWN].eye.click()
    assert viewer.toolbar.label_style is LabelStyle.CONTOUR


def test_two_layers_are_compared_in_colours_and_numbers(
    qtbot, panel: LayersPanel, viewer: ViewerWidget, shell_session: Session, shell_runner, result: LabelLayer
) -> None:
    box = panel.comparing
    assert box.first.currentData() != box.second.currentData()
    box.button.click()
    qtbot.waitUntil(lambda: panel.comparison.whole is not None)
    assert panel.comparison.whole.partners == 0
    assert "2 only in the second" in box.scores.text()
    corner = viewer.grid.views[Plane.XY].canvas.hud
    qtbot.waitUntil(lambda: "Objects that agree (F1): 0.000" in corner.state.corner)
    store = shell_session.labels.labels
    region = Region((0, 2, 2), (4, 8, 8))
    edit = Edit.between(region, store.read(region), np.full(region.shape, 3, np.uint32), "Fill")
    edit.apply(store)
    shell_session.commit_edit(edit)
    assert box.again.isVisible()
    assert "Before the last change" in box.scores.text()
    qtbot.waitUntil(lambda: "Objects that agree (F1): 0.667" in corner.state.corner)
    box.again.click()
    qtbot.waitUntil(lambda: panel.comparison.whole.partners == 1 and not panel.comparison.busy)
    box.button.click()
    assert corner.state.corner == ""
    assert shell_session.layers.get(AGREEMENT) is None
    qtbot.waitUntil(lambda: not shell_runner.jobs())


def test_one_layer_alone_is_not_compared(panel: LayersPanel) -> None:
    assert not panel.comparing.isVisible()


def test_titles_of_layers_are_followed(panel: LayersPanel, shell_session: Session, result: LabelLayer) -> None:
    shell_session.layers.put(replace(result, title="Other"))
    assert panel.list.rows[result.key].name.text() == "Other"
    assert "Other" in {panel.comparing.first.itemText(n) for n in range(panel.comparing.first.count())}


def test_a_row_is_chosen_by_key(panel: LayersPanel, result: LabelLayer) -> None:
    QTest.keyClick(panel.list.rows[OWN], Qt.Key.Key_Return)
    assert panel.list.chosen.key == OWN


@pytest.fixture
def two_channels(panel: LayersPanel, viewer: ViewerWidget) -> LayersPanel:
    """An image of two channels instead."""
    data = np.zeros((2, 4, 20, 24), np.uint16)
    data[0, ::2], data[1, ::2] = 100, 4000
    viewer.set_volume(Volume.from_array(data, channel_names=("DAPI", "GFP")))
    return panel


def test_channels_are_shown_and_coloured(two_channels: LayersPanel, viewer: ViewerWidget) -> None:
    box = two_channels.channels
    assert [row.name.text() for row in box.rows] == ["DAPI", "GFP"]
    box.rows[1].eye.click()
    assert viewer.channels.look.shown == (1,)
    box.mode.activated.emit(box.mode.findData("composite"))
    assert viewer.channels.look.shown == (0, 1)
    box.rows[0].eye.click()
    assert viewer.channels.look.shown == (1,)
    menu = box.colors[1].menu()
    menu.aboutToShow.emit()
    menu.aboutToShow.emit()
    titles = [action.text() for action in menu.actions()]
    assert titles == list(TITLES.values())
    menu.actions()[titles.index("Fire")].trigger()
    assert viewer.channels.look.channels[1].color == "fire"
    assert viewer.toolbar.channel.currentText() == "All channels"


def test_contrast_is_typed_dragged_and_found(two_channels: LayersPanel, viewer: ViewerWidget) -> None:
    box, channels = two_channels.channels, viewer.channels
    box.low.setText("10")
    box.high.setText("60.5")
    box.high.editingFinished.emit()
    assert channels.window(0) == Window(10, 60.5)
    box.high.setText("5")
    box.high.editingFinished.emit()
    assert channels.window(0) == Window(10, 60.5), "dark must be below bright"
    assert box.high.value() == 60.5
    box.histogram.setValue((20.0, 50.0))
    assert channels.window(0) == Window(20, 50)
    box.auto.click()
    assert channels.window(0).high == pytest.approx(100)
    box.rows[1].chosen.emit()
    assert channels.window(1).high == pytest.approx(4000)
    assert box.high.value() == pytest.approx(4000)


def test_curve_inversion_and_back_to_the_first_look(two_channels: LayersPanel, viewer: ViewerWidget) -> None:
    box, channels = two_channels.channels, viewer.channels
    box.gamma.set_value(0.5)
    box.inverted.click()
    assert (channels.chosen.gamma, channels.chosen.inverted) == (0.5, True)
    box.logarithmic.click()
    box.reset.click()
    assert (channels.chosen.gamma, channels.chosen.inverted) == (1.0, False)
    assert not box.reset.isEnabled()


def test_one_channel_has_no_list_to_choose_from(panel: LayersPanel) -> None:
    assert not panel.channels.mode.isVisible()
    assert not panel.channels.rows[0].eye.isVisible()


def test_titles_stand_level_with_their_fields(panel: LayersPanel) -> None:
    form = panel.details.findChild(QFormLayout)
    for field in (panel.details.opacity, panel.details.solo):
        assert form.labelForField(field).minimumHeight() == field.sizeHint().height()
