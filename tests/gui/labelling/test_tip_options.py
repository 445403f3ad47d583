"""The size of the tip in units, tablets, and painting within a class."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.reading import ImageReading
from desktop_app.gui.labelling.choices import Choices

FINE = VoxelSize(z=1, y=0.2, x=0.2, unit="µm")
COARSE = VoxelSize(z=100, y=50, x=50, unit="nm")


def test_a_length_stays_the_same_in_an_image_of_other_voxels() -> None:
    choices = Choices()
    choices.set_size(20, FINE)
    choices.keep_length(FINE)
    choices.fit(COARSE, 7.0)
    assert choices.size_px == 80
    choices.set_size(10, COARSE)
    choices.fit(FINE, 7.0)
    assert choices.size_px == 2.5
    choices.keep_length(None)
    choices.fit(COARSE, 7.0)
    assert choices.size_px == 2.5, "the user has chosen a size"


def test_the_number_is_in_the_unit_that_is_chosen(classes) -> None:
    session, box = classes.session, classes.panel.options.size_box
    assert [box.unit.itemText(n) for n in range(box.unit.count())] == ["px"]
    known = session.item.model_copy(update={"reading": ImageReading(voxel_size=FINE)})
    session.update_project(session.project.model_copy(update={"items": (known, *session.project.items[1:])}))
    assert box.unit.itemText(1) == "µm"
    box.unit.setCurrentIndex(1)
    box.unit.activated.emit(1)
    assert (box.number.value(), box.other.text()) == (4.0, "20 px")
    box.number.setValue(2.0)
    assert classes.panel.controller.choices.size_px == 10
    box.unit.setCurrentIndex(0)
    box.unit.activated.emit(0)
    assert (box.number.value(), box.other.text()) == (10.0, "2 µm")


def test_the_first_size_follows_the_objects(objects) -> None:
    choices = objects.panel.controller.choices
    choices.sized = False
    objects.session.select_item(objects.session.project.items[1].id)
    assert choices.size_px == 3, "a fiftieth of 60 px, but no finer than 3"
    choices.set_size(24)
    objects.drag((30, 40))
    choices.sized = False
    objects.session.select_item(objects.session.project.items[0].id)
    objects.session.select_item(objects.session.project.items[1].id)
    assert choices.size_px == 12


def test_a_class_alone_is_painted_over(classes) -> None:
    box = classes.panel.options.within_box.box
    classes.drag((30, 20), (30, 40))
    box.setCurrentIndex(box.findText("Nucleus"))
    classes.key(Qt.Key.Key_2)
    before = classes.labels
    classes.drag((30, 30), (30, 70))
    now = classes.labels
    assert (now == 2).any()
    assert (before[now == 2] == 1).all()
    assert not now[:, :, 60:].any()


def test_only_objects_chosen_in_the_table_are_painted_over(objects) -> None:
    objects.drag((30, 20))
    box = objects.panel.options.within_box.box
    box.setCurrentIndex(box.findText("Objects chosen in the table"))
    objects.do("label.new_object")
    objects.drag((30, 25))
    assert not (objects.labels == 2).any()
    assert "Paint within" in objects.said.messages[-1][1]
    objects.session.reviewing.chosen = (1,)
    objects.drag((30, 25))
    assert (objects.labels == 2).any()
    assert not objects.labels[:, :, 31:].any(), "empty places stay empty"


def test_a_light_pen_draws_finer(classes) -> None:
    canvas = classes.viewer.grid.views[classes.viewer.current_plane()].canvas
    device = QPointingDevice("pen", 7, QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Pen,
                             QInputDevice.Capability.Pressure, 1, 1)  # fmt: skip
    widths = []
    for row, pressure in ((15, 1.0), (45, 0.25)):
        place = QPointF(classes.at(row, 40))
        pen = QTabletEvent(
            QEvent.Type.TabletPress, device, place, canvas.viewport().mapToGlobal(place), pressure, 0, 0, 0, 0, 0,
            Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
        )  # fmt: skip
        QApplication.sendEvent(canvas.viewport(), pen)
        assert not pen.isAccepted(), "Qt goes on to tell a press of the mouse"
        classes.drag((row, 40))
        widths.append(int(np.count_nonzero(classes.labels[3, row])))
    assert widths[0] in range(19, 22)
    assert widths[1] in range(4, 7)


def test_ends_of_a_grey_range_are_asked_for_where_one_is_painted(objects) -> None:
    objects.session.set_tool("grey-brush")
    bar = objects.panel.options
    assert [bar.rows[name].isHidden() for name in ("takes", "darkest", "brightest")] == [False, True, True]
    objects.panel.controller.choices.set_option("takes", "range")
    assert not bar.rows["darkest"].isHidden()
    objects.session.set_tool("brush")
    assert bar.rows["darkest"].isHidden()


def test_a_tolerance_is_asked_for_where_it_counts(objects) -> None:
    objects.session.set_tool("grey-brush")
    row = objects.panel.options.rows["tolerance"]
    assert not row.isHidden()
    objects.panel.controller.choices.set_option("takes", "range")
    assert row.isHidden(), "both ends of a grey range say it all"
    objects.session.set_tool("wand")
    assert row.isHidden(), "a wand finds its own"
    objects.panel.controller.choices.set_option("wand_fits", False)
    assert not row.isHidden(), "a wand knows no range"
