"""The panel at the bottom: running jobs, those that have ended, and their logs."""

from __future__ import annotations

from datetime import datetime
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobEvent, Note
from desktop_app.gui.jobs.handle import JobHandle
from desktop_app.gui.jobs.job_row import JobRow
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.theme import current_colors, icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.empty_state import EmptyState

_QUIET = ("preview", "glance")  # short, many, and shown where they are about
_HISTORY = 50  # ended jobs that stay listed; each row is some widgets


class JobPanel(QWidget):
    """Lists jobs, newest first, beside the log of the chosen one. Previews have their own place and are left out.

    Signals:
        busy_changed: How many jobs run or wait now.
    """

    busy_changed = Signal(int)

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[JobRow] = []
        self._logs: dict[JobRow, list[str]] = {}
        self._chosen: JobRow | None = None
        self._clear = QPushButton("Clear finished")
        self._clear.setIcon(icon("remove"))
        set_role(self._clear, "flat")
        self._clear.clicked.connect(self.clear_finished)
        self._log_title = ElidedLabel()
        set_role(self._log_title, "muted")
        self._log = QTextEdit()
        self._log.setReadOnly(True)
        self._stack = QStackedWidget()
        self._arrange()
        runner.job_added.connect(self._on_added)

    def rows(self) -> tuple[JobRow, ...]:
        """Newest first."""
        return tuple(self._rows)

    def log_text(self) -> str:
        """The log shown now."""
        return self._log.toPlainText()

    def clear_finished(self) -> None:
        """Forget the jobs that have ended."""
        for row in [r for r in self._rows if r.ended]:
            self._forget(row)

    def _arrange(self) -> None:
        inside = QWidget()
        inside.setProperty("role", "plain")
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, SMALL, 0)
        self._list.setSpacing(2)
        self._list.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFrameShape(QFrame.Shape.NoFrame)
        head = QHBoxLayout()
        head.addWidget(self._log_title, 1)
        head.addWidget(self._clear)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(SMALL, 0, 0, 0)
        column.setSpacing(SMALL // 2)
        column.addLayout(head)
        column.addWidget(self._log, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(area)
        splitter.addWidget(right)
        area.setMinimumWidth(280)  # px, by eye
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([600, 400])  # px, by eye
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        self._stack.addWidget(
            EmptyState("jobs", "No jobs yet", "Training, running a model and imports show their progress here.")
        )
        self._stack.addWidget(splitter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        outer.addWidget(self._stack)

    def _on_added(self, handle: JobHandle) -> None:
        if handle.lane in _QUIET:
            return
        row = JobRow(handle)
        self._rows.insert(0, row)
        self._logs[row] = []
        self._list.insertWidget(0, row)
        row.chosen.connect(self._on_chosen)
        handle.reported.connect(self._on_event)
        handle.failed.connect(self._on_failed)
        handle.finished.connect(self._on_finished)
        self._choose(row)
        self._stack.setCurrentIndex(1)
        self._tell_busy()

    def _on_event(self, event: JobEvent) -> None:
        row = self._row_of(self.sender())
        if row is not None and isinstance(event, Note):
            self._write(row, event.text, event.level)

    def _on_failed(self, error: BaseException) -> None:
        row = self._row_of(self.sender())
        if row is not None:
            self._write(row, str(error) if isinstance(error, UserError) else f"Unexpected error: {error!r}", "error")

    def _on_finished(self) -> None:
        self._tell_busy()
        for row in [r for r in self._rows if r.ended][_HISTORY:]:
            self._forget(row)

    def _tell_busy(self) -> None:
        self.busy_changed.emit(sum(not row.ended for row in self._rows))

    def _on_chosen(self) -> None:
        row = self.sender()
        if isinstance(row, JobRow):
            self._choose(row)

    def _row_of(self, handle: object) -> JobRow | None:
        return next((row for row in self._rows if row.handle is handle), None)

    def _choose(self, row: JobRow) -> None:
        if self._chosen is not None:
            self._chosen.set_chosen(False)
        self._chosen = row
        row.set_chosen(True)
        self._log_title.setText(f"Log of “{row.handle.title}”")
        self._log.setHtml("<br>".join(self._logs[row]))

    def _write(self, row: JobRow, text: str, level: str) -> None:
        colors = current_colors()
        color = {"warning": colors.warning, "error": colors.danger}.get(level, colors.text)
        clock = datetime.now().strftime("%H:%M:%S")
        line = (
            f'<span style="color:{colors.muted}">{clock}</span>&nbsp; '
            f'<span style="color:{color}">{"<br>".join(escape(text).splitlines())}</span>'
        )
        self._logs[row].append(line)
        if row is self._chosen:
            self._log.append(line)

    def _forget(self, row: JobRow) -> None:
        self._rows.remove(row)
        del self._logs[row]
        if self._chosen is row:
            self._chosen = None
            self._log.clear()
            self._log_title.clear()
        self._list.removeWidget(row)
        row.deleteLater()
        if not self._rows:
            self._stack.setCurrentIndex(0)
