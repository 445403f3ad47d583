"""One job in the panel: title, progress, remaining time, pause and cancel."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.job import JobEvent, Progress
from desktop_app.gui.jobs.handle import JobHandle, JobState
from desktop_app.gui.jobs.remaining import RemainingTime, describe_seconds
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.colors import ColorRole
from desktop_app.gui.theme.spacing import ICON, SMALL, TIGHT
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.share_bar import show_busy, show_share

_LOOKS: dict[JobState, tuple[str, ColorRole, str]] = {
    "waiting": ("clock", "muted", "Waiting for its turn"),
    "running": ("play", "accent", "Running"),
    "paused": ("pause", "warning", "Paused"),
    "cancelling": ("stop", "warning", "Stopping…"),
    "succeeded": ("success", "success", "Done"),
    "failed": ("error", "danger", "Failed"),
    "cancelled": ("cancel", "muted", "Stopped"),
}


class JobRow(QFrame):
    """Shows a job while it runs, and what became of it afterwards.

    Signals:
        chosen: The user clicked on it.
    """

    chosen = Signal()

    def __init__(self, handle: JobHandle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.handle = handle
        self.ended = False
        self._remaining = RemainingTime()
        self._picture = QLabel()
        self._title = ElidedLabel(handle.title)
        self._message = ElidedLabel()
        set_role(self._message, "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.pause_button = self._button("pause", "Pause")
        self.cancel_button = self._button("cancel", "Stop this job")
        self._arrange()
        self._connect_signals()
        self._on_state(handle.state)

    def _arrange(self) -> None:
        words = QHBoxLayout()
        words.setSpacing(SMALL)
        words.addWidget(self._title)
        words.addWidget(self._message, 1)
        middle = QVBoxLayout()
        middle.setSpacing(TIGHT)
        middle.addLayout(words)
        middle.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(SMALL, TIGHT, SMALL, TIGHT)
        row.setSpacing(SMALL)
        row.addWidget(self._picture)
        row.addLayout(middle, 1)
        row.addWidget(self.pause_button)
        row.addWidget(self.cancel_button)

    def _connect_signals(self) -> None:
        self.handle.reported.connect(self._on_event)
        self.handle.state_changed.connect(self._on_state)
        self.cancel_button.clicked.connect(self.handle.cancel)
        self.pause_button.clicked.connect(self._on_pause)

    def message(self) -> str:
        """The grey words beside the title."""
        return self._message.text()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit()

    def set_chosen(self, chosen: bool) -> None:
        """Mark the row whose log is shown."""
        set_role(self, "card" if chosen else "")

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, Progress):
            self._show_progress(event)

    def _show_progress(self, progress: Progress) -> None:
        if progress.total > 0:
            show_share(self.bar, progress.fraction)
        rest = self._remaining.update(progress.fraction, time.monotonic())
        parts = [progress.message, f"{describe_seconds(rest)} left" if rest is not None else ""]
        self._message.setText(" · ".join(p for p in parts if p))

    def _on_state(self, state: str) -> None:
        name, color, words = _LOOKS[state]  # type: ignore[index]
        self._picture.setPixmap(icon(name, color).pixmap(ICON, ICON))
        self._picture.setToolTip(words)
        self.ended = not self.handle.active
        self.pause_button.setIcon(icon("play" if state == "paused" else "pause"))
        self.pause_button.setToolTip("Go on" if state == "paused" else "Pause")
        self.pause_button.setVisible(state in ("running", "paused"))
        self.cancel_button.setVisible(not self.ended)
        self.cancel_button.setEnabled(state != "cancelling")
        self.bar.setVisible(not self.ended)
        if state == "waiting" or self.handle.progress:
            show_share(self.bar, self.handle.progress.fraction if self.handle.progress else 0)
        else:
            show_busy(self.bar)
        if self.ended:
            self._message.setText(f"{words} · {describe_seconds(self.handle.seconds)}")
        elif state != "running":
            self._message.setText(words)

    def _on_pause(self) -> None:
        if self.handle.state == "paused":
            self.handle.resume()
        else:
            self.handle.pause()

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
