"""A choice for jobs on movies: every time point, one, or some."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Times, describe_times, parse_times
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmSpinBox

_ALL, _ONE, _SOME = "Every time point", "Only time point", "Time points"


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
        self.which, self.number, self.some = CalmComboBox(), CalmSpinBox(), QLineEdit()
        self.which.addItems((_ALL, _ONE, _SOME))
        self.which.setAccessibleName("Time points of movies")
        self.number.setAccessibleName("Number of the time point")
        self.some.setAccessibleName("Numbers of the time points")
        self.some.setToolTip("Numbers and ranges with commas between them, as 1-5,8.")
        self.some.setPlaceholderText("1-5,8")
        self.number.setMinimum(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(QLabel("Movies"))
        row.addWidget(self.which)
        row.addWidget(self.number)
        row.addWidget(self.some)
        row.addStretch(1)
        self.offer(shown + 1)
        self.number.setValue(shown + 1)
        self.which.currentIndexChanged.connect(lambda _place: self._on_changed())
        self.number.valueChanged.connect(lambda _number: self.changed.emit())
        self.some.textChanged.connect(lambda _text: self.changed.emit())
        self._show()

    def offer(self, times: int) -> None:
        """Say how many time points there are; with one there is nothing to choose."""
        self.number.setMaximum(max(1, times))
        self.setVisible(times > 1)

    def time(self) -> Times:
        """The time points chosen, from 0; None for all. What cannot be read is an empty choice; see ``problem``."""
        which = _ALL if self.isHidden() else self.which.currentText()
        if which == _SOME:
            return () if self.problem() else parse_times(self.some.text())
        return self.number.value() - 1 if which == _ONE else None

    def problem(self) -> str:
        """Why the numbers typed cannot be taken; "" where they can."""
        if self.isHidden() or self.which.currentText() != _SOME:
            return ""
        if not self.some.text().strip():
            return "Type which time points, as 1-5,8."
        try:
            parse_times(self.some.text())
        except UserError as error:
            return str(error)
        return ""

    def choose(self, time: Times) -> None:
        """Choose time points, from 0, or all."""
        several = isinstance(time, tuple)
        self.which.setCurrentText(_ALL if time is None else _SOME if several else _ONE)
        if several:
            self.some.setText(describe_times(time))
        elif isinstance(time, int):
            self.number.setValue(time + 1)

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.number.setVisible(self.which.currentText() == _ONE)
        self.some.setVisible(self.which.currentText() == _SOME)
