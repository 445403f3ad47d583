"""Leafing through all flipbooks and stacks of a set of patches at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.jobs.patches.gallery import ShownPatch

_WIDTH = 120  # px: a step of the slider can be hit with a trackpad, by eye


class LeafBar(QWidget):
    """A slider over the slices around the labelled or middle ones; hidden where all patches are single slices.

    Signals:
        leafed: Other slices are wanted.
    """

    leafed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider, self.words = QSlider(Qt.Orientation.Horizontal), QLabel()
        self._front = "middle"
        self.slider.setAccessibleName("Slice of all patches")
        self.slider.setToolTip("Leaf through the slices of all patches (left and right arrow keys)")
        self.slider.setFixedWidth(_WIDTH)
        self.slider.setPageStep(1)
        set_role(self.words, "muted")
        self.words.setMinimumWidth(self.words.fontMetrics().horizontalAdvance("64 slices before"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.slider)
        row.addWidget(self.words)
        self.slider.valueChanged.connect(self._on_moved)
        self.hide()

    @property
    def away(self) -> int:
        """Slices behind the labelled or middle one; before it where negative."""
        return self.slider.value()

    def show_patches(self, patches: Sequence[ShownPatch]) -> None:
        """Begin at the labelled slices of other patches."""
        before = max((shown.patch.front for shown in patches), default=0)
        behind = max((shown.patch.place.slices - 1 - shown.patch.front for shown in patches), default=0)
        self._front = "labelled" if any(shown.patch.labelled is not None for shown in patches) else "middle"
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(-before, behind)
        self.slider.setValue(0)
        self.slider.blockSignals(blocked)
        self.setVisible(before + behind > 0)
        self._say()

    def _on_moved(self) -> None:
        self._say()
        self.leafed.emit()

    def _say(self) -> None:
        count = abs(self.away)
        slices = "1 slice" if count == 1 else f"{count} slices"
        side = "behind" if self.away > 0 else "before"
        self.words.setText(f"{slices} {side}" if count else f"The {self._front} slice")
