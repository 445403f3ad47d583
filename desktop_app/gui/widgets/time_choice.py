"""A choice for jobs on movies: every time point, or one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmSpinBox

_ALL, _ONE = "Every time point", "Only time point"


class TimeChoice(QWidget):
    """Shown only where there are several time points; counts from 1 on screen and from 0 in code.

    Args:
        shown: The time point that is looked at, from 0: the one that is offered.
        parent: The widget it stands in.

    Signals:
        changed: Another choice was made.
    """

    changed = Signal()

    def __init__(self, shown: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.which, self.number = CalmComboBox(), CalmSpinBox()
        self.which.addItems((_ALL, _ONE))
        self.which.setAccessibleName("Time points of movies")
        self.number.setAccessibleName("Number of the time point")
        self.number.setMinimum(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(QLabel("Movies"))
        row.addWidget(self.which)
        row.addWidget(self.number)
        row.addStretch(1)
        self.offer(shown + 1)
        self.number.setValue(shown + 1)
        self.which.currentIndexChanged.connect(lambda _place: self._on_changed())
        self.number.valueChanged.connect(lambda _number: self.changed.emit())
        self._show()

    def offer(self, times: int) -> None:
        """Say how many time points there are; with one there is nothing to choose."""
        self.number.setMaximum(max(1, times))
        self.setVisible(times > 1)

    def time(self) -> int | None:
        """The time point chosen, from 0; None for all."""
        one = not self.isHidden() and self.which.currentText() == _ONE
        return self.number.value() - 1 if one else None

    def choose(self, time: int | None) -> None:
        """Choose a time point, from 0, or all."""
        self.which.setCurrentText(_ALL if time is None else _ONE)
        if time is not None:
            self.number.setValue(time + 1)

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.number.setVisible(self.which.currentText() == _ONE)
