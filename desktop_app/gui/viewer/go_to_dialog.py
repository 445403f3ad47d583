"""Going to a place by its coordinates, to an object by its number, and to the places that were marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QListWidget, QPushButton, QWidget

from desktop_app.core.imaging import Index3
from desktop_app.core.imaging.shown_size import shown_place
from desktop_app.core.project.model import Bookmark
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.number_fields import CalmSpinBox

_WIDTH = 420  # px, by eye
_LARGEST = 2**31 - 1  # the largest number that Qt's field takes
_LIST = 110  # px: four marks


class GoToDialog(FittedDialog):
    """Stays open, so that one can go from place to place.

    Args:
        shape: Of the image (Z, Y, X); one slice alone has no z to choose.
        here: Where the views look now (z, y, x).
        parent: The window.

    Signals:
        place_wanted: Voxel (z, y, x).
        object_wanted: Its number.
        mark_wanted: Mark the place that is shown; the name.
        unmark_wanted: Row of the mark to take away.
    """

    place_wanted = Signal(object)
    object_wanted = Signal(int)
    mark_wanted = Signal(str)
    unmark_wanted = Signal(int)

    def __init__(self, shape: Index3, here: Index3, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Go to")
        self._marks: list[Bookmark] = []
        self._flat = shape[0] == 1
        self.fields = [_number(f"{axis} from 0", shape[2 - n] - 1) for n, axis in enumerate("xyz")]
        self.number = _number("Number of the object", _LARGEST)
        self.number.setMinimum(1)
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of the place")
        self.list = QListWidget()
        self.list.setMinimumHeight(_LIST)
        self.list.setAccessibleName("Marked places")
        self.go_mark, self.unmark = QPushButton("Go there"), QPushButton("Remove")
        self._build()
        self.list.itemActivated.connect(self._go_to_mark)
        self.list.currentRowChanged.connect(self._on_row)
        self.show_place(here)
        self._on_row()

    def show_place(self, here: Index3) -> None:
        """Where the views look now."""
        for field, value in zip(self.fields, reversed(here), strict=True):
            field.setValue(value)

    def show_marks(self, marks: Sequence[Bookmark]) -> None:
        """List the marked places."""
        self._marks = list(marks)
        row = self.list.currentRow()
        self.list.clear()
        for mark in marks:
            self.list.addItem(f"{mark.name}   ({shown_place((mark.z, mark.y, mark.x), flat=self._flat)})")
        self.list.setCurrentRow(min(row, len(marks) - 1))
        self._on_row()

    def _build(self) -> None:
        place = QHBoxLayout()
        for axis, field in zip("xyz", self.fields, strict=True):
            letter = QLabel(axis)
            place.addWidget(letter)
            place.addWidget(field, 1)
            if self._flat and axis == "z":
                letter.hide()
                field.hide()
        place.addWidget(_button("Go to the place", self._go_to_place))
        number = QHBoxLayout()
        number.addWidget(self.number, 1)
        number.addWidget(_button("Go to the object", lambda: self.object_wanted.emit(self.number.value())))
        mark = QGridLayout()
        mark.addWidget(self.name, 0, 0)
        mark.addWidget(_button("Mark this place", self._mark), 0, 1)
        mark.addWidget(self.list, 1, 0, 3, 1)
        mark.addWidget(self.go_mark, 1, 1)
        mark.addWidget(self.unmark, 2, 1)
        mark.setRowStretch(3, 1)
        mark.setColumnStretch(0, 1)
        for heading, row in (("A place", place), ("An object", number), ("Marked places", mark)):
            label = QLabel(heading)
            set_role(label, "heading")
            self.column.addWidget(label)
            self.column.addLayout(row)
        close = _button("Close", self.close)
        self.footer.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.go_mark.clicked.connect(self._go_to_mark)
        self.unmark.clicked.connect(lambda: self.unmark_wanted.emit(self.list.currentRow()))

    def _go_to_place(self) -> None:
        x, y, z = (field.value() for field in self.fields)
        self.place_wanted.emit((z, y, x))

    def _go_to_mark(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            mark = self._marks[row]
            self.show_place((mark.z, mark.y, mark.x))
            self.place_wanted.emit((mark.z, mark.y, mark.x))

    def _mark(self) -> None:
        self.mark_wanted.emit(self.name.text().strip())
        self.name.clear()

    def _on_row(self) -> None:
        for button in (self.go_mark, self.unmark):
            button.setEnabled(self.list.currentRow() >= 0)


def _number(title: str, largest: int) -> CalmSpinBox:
    field = CalmSpinBox()
    field.setRange(0, largest)
    field.setAccessibleName(title)
    field.setToolTip(title)
    return field


def _button(text: str, slot: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: slot())
    return button
