"""Smallest sizes from a box that the user draws around a small object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.drawn_box import BoxSize, DrawnBox, box_fields
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.widgets.step_page import reveal

HearsBox: TypeAlias = Callable[[Region | None], None]
_DRAW = "Draw a box around a small object, with the left button. Esc leaves it."


class SizeByBox(QWidget):
    """A button, and what it set; hidden where no parameter has to do with sizes.

    Args:
        pick: Lets the user draw a rectangle, and gives it as a region one slice thick, or None.
        volume: The image that is open.

    Signals:
        sized: Values by the name of the parameter.
    """

    sized = Signal(object)

    def __init__(self, pick: Callable[[HearsBox], None], volume: Callable[[], Volume | None]) -> None:
        super().__init__()
        self._pick, self._volume = pick, volume
        self._fields: dict[str, BoxSize] = {}
        self._scales = (1.0, 1.0, 1.0)
        self.button, self.note = QPushButton("Set the smallest size by a box…"), QLabel()
        self.button.setIcon(icon("rectangle"))
        self.button.setToolTip("Draw a box around a small object: what is clearly smaller counts as none.")
        self.note.setWordWrap(True)
        set_role(self.note, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.button)
        column.addWidget(self.note)
        self.note.hide()
        self.button.clicked.connect(self._on_clicked)

    def offer(self, fields: Mapping[str, FieldInfo], scales: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> None:
        """Be about these parameters.

        Args:
            fields: Declarations; those that a box sets are found among them.
            scales: How many voxels (z, y, x) of the image count as one.
        """
        self._fields, self._scales = box_fields(fields), scales
        self.setVisible(bool(self._fields))
        self._say("")

    def _on_clicked(self) -> None:
        if self._volume() is not None:
            self._pick(self._on_drawn)
            self._say(_DRAW)

    def _on_drawn(self, drawn: Region | None) -> None:
        volume = self._volume()
        self._say("")
        if drawn is None or volume is None:
            return
        box = DrawnBox.of(drawn, volume.voxel_size, flat=volume.is_2d)
        self._say(f"{box.words()} Smallest size set to 0.4 of it.")
        self.sized.emit({name: box.size(kind, self._scales) for name, kind in self._fields.items()})

    def _say(self, words: str) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))
        if words:
            reveal(self.note)
