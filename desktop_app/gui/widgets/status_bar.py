"""The line at the bottom: what mouse and keys do now, where the pointer is, saving, jobs, device."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QToolButton, QWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.widgets.elided_label import ElidedLabel

_SAVED_MS = 4000  # long enough to be noticed


class StatusBar(QStatusBar):
    """Four places with fixed meanings, so that the eye finds them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.hint = ElidedLabel()
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.position = ElidedLabel()
        self.saved = QLabel()
        self.device = QToolButton()
        self.device.setIcon(icon("device", "muted"))
        self.device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.device.setToolTip("Where models are computed; change it in the settings. Click to test it.")
        self.jobs = QToolButton()
        self.jobs.setIcon(icon("jobs", "muted"))
        self.jobs.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addWidget(self.hint, 1)
        for widget in (self.position, self.saved, self.device, self.jobs):
            self.addPermanentWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAVED_MS)
        self._timer.timeout.connect(self.saved.clear)
        self.show_jobs(0)

    def show_hint(self, text: str) -> None:
        """What mouse and keys do now."""
        self.hint.setText(text)

    def show_position(self, text: str) -> None:
        """Where the pointer is, and what is there."""
        self.position.setText(text)

    def show_saved(self) -> None:
        """Say for a moment that labels are on disk."""
        self.saved.setText("Saved")
        self._timer.start()

    def show_device(self, text: str) -> None:
        """Where models are computed."""
        self.device.setText(text)

    def show_jobs(self, running: int) -> None:
        """How many jobs run or wait."""
        self.jobs.setText("No jobs" if running == 0 else "1 job" if running == 1 else f"{running} jobs")
        self.jobs.setIcon(icon("jobs", "accent" if running else "muted"))
