"""What suits an image better than the model's own settings, to be taken over with one click."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.recipes.suggestion import Suggestion
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import ICON, MEDIUM, SMALL, TIGHT


class SuggestionBar(QFrame):
    """Sentences and a button; hidden while there is nothing to suggest.

    Attributes:
        suggestion: What is shown, None for nothing.

    Signals:
        applied: The ``Suggestion`` that the user takes.
    """

    applied = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.suggestion: Suggestion | None = None
        self.words, self.apply_button = QLabel(), QPushButton("Apply")
        set_role(self, "card")
        self.words.setWordWrap(True)
        self.apply_button.setToolTip("Sets these values below. You can still change them.")
        sign = QLabel()
        sign.setPixmap(icon("tip", "accent").pixmap(ICON, ICON))
        column = QVBoxLayout()
        column.setSpacing(TIGHT)
        column.addWidget(self.words)
        column.addWidget(self.apply_button, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(SMALL)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        self.apply_button.clicked.connect(self._on_apply)
        self.hide()

    def suggest(self, suggestion: Suggestion | None) -> None:
        """Show another suggestion; None, or one without reasons, hides the bar."""
        self.suggestion = suggestion if suggestion is not None and suggestion.reasons else None
        if self.suggestion is not None:
            self.words.setText("\n".join(self.suggestion.reasons))
        self.setVisible(self.suggestion is not None)

    def compare(
        self, prediction: dict[str, Any], decode: dict[str, Any], mode: str | None = None, *, one_slice: bool = False
    ) -> None:
        """Hide the bar once the user has set all of it by hand.

        Args:
            prediction: How the network sees the image now.
            decode: How maps become labels now.
            mode: The way through the image now.
            one_slice: A single slice is looked at, for which only what the network sees counts.
        """
        wanted = self.suggestion
        if wanted is None:
            return
        values, changes = {**prediction, **decode}, dict(wanted.prediction)
        if not one_slice:
            changes |= wanted.decode
        same = all(values.get(name) == value for name, value in changes.items())
        self.setVisible(not (same and (one_slice or wanted.mode in (None, mode))))

    def _on_apply(self) -> None:
        suggestion = self.suggestion
        self.suggest(None)
        if suggestion is not None:
            self.applied.emit(suggestion)
