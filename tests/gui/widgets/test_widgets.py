"""Small widgets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.curve_plot import CurvePlot
from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.gui.widgets.thumbnail import LabelThumbnail


def test_curves_grow(qtbot):
    plot = CurvePlot("Loss", y_range=(0, 1))
    qtbot.addWidget(plot)
    for step in range(5):
        plot.add_point("train", step, 1 / (step + 1))
    plot.add_point("validation", 4, 0.3)
    assert plot.points("train")[1][-1] == pytest.approx(0.2)
    qtbot.waitUntil(lambda: len(plot.listDataItems()) == 2)
    plot.clear_curves()
    assert plot.listDataItems() == []
    assert plot.points("train") == ([], [])


def test_ticks_of_curves_say_small_values_as_they_are(qtbot):
    plot = CurvePlot("Loss", y_title="Loss", y_range=(0, 0.6))
    qtbot.addWidget(plot)
    for step in range(3):
        plot.add_point("loss", step, 0.2 + 0.1 * step)
    plot.show()
    plot._restyle()
    plot._restyle()
    assert [plot.getAxis(side).autoSIPrefixScale for side in ("bottom", "left")] == [1, 1]


def test_steps_are_drawn_from_the_beginning_even_for_one_point(qtbot):
    plot = CurvePlot("Scores", y_range=(0, 1))
    qtbot.addWidget(plot)
    plot.add_point("F1", 200, 0.9)
    qtbot.waitUntil(lambda: len(plot.listDataItems()) == 1)
    start, stop = plot.viewRange()[0]
    assert start <= 0 < 200 <= stop < 220


def test_a_thumbnail_draws_labels_over_the_picture(qtbot):
    thumbnail = LabelThumbnail("cell 1", opacity=1.0)
    qtbot.addWidget(thumbnail)
    thumbnail.resize(206, 200 + thumbnail.fontMetrics().height() + 10)
    image = np.full((10, 10), 128, np.uint8)
    labels = np.zeros((10, 10), np.uint32)
    labels[:, 5:] = 70_000
    thumbnail.set_picture(image, labels)
    shown = thumbnail.grab().toImage()
    left, right = shown.pixelColor(40, 100), shown.pixelColor(160, 100)
    assert (left.red(), left.green(), left.blue()) == (128, 128, 128)
    assert right.saturation() > 60


def test_a_dropped_file_gives_its_folder_to_a_folder_field(qtbot, tmp_path):
    file = tmp_path / "a.tif"
    file.touch()
    chooser = PathChooser("folder")
    qtbot.addWidget(chooser)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(
        QPointF(1, 1),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(chooser.path_changed) as signal:
        chooser.dropEvent(event)
    assert signal.args == [tmp_path]
    chooser.set_path("")
    assert chooser.path() is None
    chooser.set_path('"/data/x y"')
    assert chooser.path() == Path("/data/x y")


def test_banner_hides_without_words(qtbot):
    banner = Banner()
    qtbot.addWidget(banner)
    assert banner.isHidden()
    banner.show_text("Two images have no labels.", "warning")
    assert not banner.isHidden()
    banner.show_text("")
    assert banner.isHidden()


def test_section_folds(qtbot):
    section = CollapsibleSection("More")
    qtbot.addWidget(section)
    assert section.body.isHidden()
    section.button.click()
    assert not section.body.isHidden()


def test_empty_state_has_buttons_that_act(qtbot):
    empty = EmptyState("images", "No images", "Add some.")
    qtbot.addWidget(empty)
    button = empty.add_button("Add images…", "add-image", primary=True)
    with qtbot.waitSignal(button.clicked):
        button.click()
