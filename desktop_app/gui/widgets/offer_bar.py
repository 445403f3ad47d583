"""A sentence over a view with an offer to take up or to decline."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.banner import Banner


class OfferBar(QWidget):
    """Hidden until something is offered, and again after the answer.

    Args:
        yes: On the button that takes the offer up.
        no: On the button that declines it.
        parent: Qt parent.
        flush: Whether it is as wide as the parts of a page around it, not set in as over a view.

    Signals:
        taken: The offer is taken up.
        declined: It is not.
    """

    taken = Signal()
    declined = Signal()

    def __init__(self, yes: str, no: str, parent: QWidget | None = None, *, flush: bool = False) -> None:
        super().__init__(parent)
        self.banner = Banner()
        self.yes, self.no = QPushButton(yes), QPushButton(no)
        self._row = QHBoxLayout(self)
        side = 0 if flush else SMALL
        self._row.setContentsMargins(side, SMALL, side, SMALL)
        self._row.addWidget(self.banner, 1)
        for button in (self.yes, self.no):
            self._row.addWidget(button)
        self.yes.clicked.connect(self._on_yes)
        self.no.clicked.connect(self._on_no)
        self.hide()

    def add_choice(self, text: str) -> QPushButton:
        """A further button before the two, which leaves the offer standing."""
        button = QPushButton(text)
        self._row.insertWidget(1, button)
        return button

    def offer(self, text: str) -> None:
        """Show an offer."""
        self.banner.show_text(text)
        self.show()

    def _on_yes(self) -> None:
        self.hide()
        self.taken.emit()

    def _on_no(self) -> None:
        self.hide()
        self.declined.emit()
