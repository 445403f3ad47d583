"""How long a training takes: so many steps, so many rounds over all images, or about so many minutes here."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.core.config.epochs import Epochs
from desktop_app.core.config.training_time import CHOICES
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.number_fields import CalmComboBox

_BY_STEPS = "A number of steps"
_BY_EPOCHS = "A number of rounds over all images (epochs)"
_OWN = 10.0
"""Minutes that a time of one's own begins with."""
_USUAL = Epochs(epochs=50)
"""What rounds begin with: the fewest that the field advises."""


class DurationChoice(QWidget):
    """A list of usual times, one of one's own, and rounds over the images with their own fields.

    Args:
        indent: Where the list begins, in pixels from the left.

    Attributes:
        choice: The list.
        epochs: Fields of the rounds; shown only where they are chosen.

    Signals:
        chosen: Minutes (``float``); 0 counts steps.
        epochs_chosen: ``Epochs`` in place of steps and minutes.
    """

    chosen = Signal(float)
    epochs_chosen = Signal(object)

    def __init__(self, indent: int = 0) -> None:
        super().__init__()
        self.choice = CalmComboBox()
        self.epochs = ParameterForm(Epochs, _USUAL)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setContentsMargins(indent, 0, 0, 0)
        set_role(self._note, "muted")
        caption = QLabel("How long")
        caption.setBuddy(self.choice)
        caption.setMinimumWidth(max(0, indent - SMALL))
        self.choice.setAccessibleName("How long it learns")
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(caption)
        row.addWidget(self.choice)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addLayout(row)
        layout.addWidget(self.epochs)
        layout.addWidget(self._note)
        self.choice.addItem(_BY_STEPS, 0.0)
        self.choice.addItem(_BY_EPOCHS, None)
        for minutes in CHOICES:
            self.choice.addItem(f"About {minutes} minutes on this computer", float(minutes))
        self.choice.addItem("Another time…", _OWN)
        self.choice.activated.connect(self._on_activated)
        self.epochs.changed.connect(self.epochs_chosen)
        self.show_duration(0.0, None)

    def show_duration(self, minutes: float, epochs: Epochs | None, comes_to: str = "") -> None:
        """Show which of them this is.

        Args:
            minutes: In place of steps; 0 if there are none.
            epochs: Rounds in place of both, or None.
            comes_to: How many steps the rounds are, in a sentence.
        """
        wanted = None if epochs is not None else minutes
        places = [index for index in range(self.choice.count()) if self.choice.itemData(index) == wanted]
        self.choice.setCurrentIndex(places[0] if places else self.choice.count() - 1)
        if epochs is not None:
            self.epochs.set_value(epochs)
        self.epochs.setVisible(epochs is not None)
        self._note.setText(comes_to)
        self._note.setVisible(bool(comes_to))

    def _on_activated(self, index: int) -> None:
        minutes = self.choice.itemData(index)
        if minutes is None:
            self.epochs_chosen.emit(self.epochs.value())
        else:
            self.chosen.emit(float(minutes))
