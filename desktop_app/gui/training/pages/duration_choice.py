"""How long a training takes: so many steps, or about so many minutes on this computer."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop_app.core.config.training_time import CHOICES
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.number_fields import CalmComboBox

_BY_STEPS = "So many steps as stated below"
_OWN = 10.0
"""Minutes that a time of one's own begins with."""


class DurationChoice(QWidget):
    """A list of usual times, and one of one's own.

    Args:
        indent: Where the list begins, in pixels from the left.

    Signals:
        chosen: Minutes (``float``); 0 counts steps.
    """

    chosen = Signal(float)

    def __init__(self, indent: int = 0) -> None:
        super().__init__()
        self.choice = CalmComboBox()
        caption = QLabel("How long")
        caption.setBuddy(self.choice)
        caption.setMinimumWidth(max(0, indent - SMALL))
        self.choice.setAccessibleName("How long it learns")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(caption)
        layout.addWidget(self.choice)
        layout.addStretch(1)
        self.choice.addItem(_BY_STEPS, 0.0)
        for minutes in CHOICES:
            self.choice.addItem(f"About {minutes} minutes on this computer", float(minutes))
        self.choice.addItem("Another time…", _OWN)
        self.choice.activated.connect(self._on_activated)

    def set_minutes(self, minutes: float) -> None:
        """Show which of them this is."""
        places = [index for index in range(self.choice.count()) if self.choice.itemData(index) == minutes]
        self.choice.setCurrentIndex(places[0] if places else self.choice.count() - 1)

    def _on_activated(self, index: int) -> None:
        self.chosen.emit(float(self.choice.itemData(index)))
