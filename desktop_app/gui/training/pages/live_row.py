"""Whether what the model finds while it learns lies over the image in the viewer, and a way to that image."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget

from desktop_app.gui.training.live_labels import LiveLabels


class LiveRow(QWidget):
    """A box to tick and a button; hidden until a check has found something.

    Signals:
        open_requested: A ``FoundLabels`` whose image the user wants to see.
    """

    open_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._live: LiveLabels | None = None
        self.box, self.open_button = QCheckBox("Lay it over the image in the viewer"), QPushButton("Open that image")
        self.box.setToolTip(
            "After each check, what the model finds lies over the image that was checked, as long as that is open. "
            "Large volumes: the slices around those with most in them."
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box)
        row.addStretch(1)
        row.addWidget(self.open_button)
        self.box.toggled.connect(self._on_toggled)
        self.open_button.clicked.connect(self._on_open)
        self.hide()

    def watch(self, live: LiveLabels | None) -> None:
        """Steer this from now on."""
        if self._live is not None:
            self._live.changed.disconnect(self._update)
        self._live = live
        if live is not None:
            live.changed.connect(self._update)
        self._update()

    def _update(self) -> None:
        live = self._live
        self.setVisible(live is not None and live.first is not None)
        if live is not None and live.first is not None:
            self.box.setChecked(live.shown)
            self.open_button.setToolTip(f"Open {live.first.image} where there is most to see")

    def _on_toggled(self, wanted: bool) -> None:
        if self._live is not None:
            self._live.show(wanted)

    def _on_open(self) -> None:
        if self._live is not None and self._live.first is not None:
            self._live.show(True)
            self.open_requested.emit(self._live.first)
