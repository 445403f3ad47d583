"""“Check this computer”: what it has, where models are computed, how much a GPU helps, and the way to GPU support."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from desktop_app.core.job import Progress
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.layers.running import running_layers
from desktop_app.jobs.computer import MEASURED_SECONDS, ComputerReport, check_computer

_WIDTH = 620  # px, by eye
_STEPS = 100  # of the bar


class ComputerWindow(FittedDialog):
    """Measures when it opens, and again when asked.

    Args:
        context: Of the main window.

    Signals:
        gpu_support_wanted: Get GPU support.
        gpu_support_unwanted: Compute on the processor again.
        device_found: Where models are computed, in words.
    """

    gpu_support_wanted = Signal()
    gpu_support_unwanted = Signal()
    device_found = Signal(str)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(_WIDTH, context.window)
        self.setWindowTitle("Check this computer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._runner = context.runner
        self._job: JobHandle | None = None
        self.report: ComputerReport | None = None
        self.verdict = QLabel(f"Measuring takes about {MEASURED_SECONDS:.0f} seconds, and loading PyTorch some more.")
        self.verdict.setWordWrap(True)
        set_role(self.verdict, "heading")
        self.progress = QProgressBar()
        self.progress.setRange(0, _STEPS)
        self.progress.setTextVisible(False)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(MEDIUM)
        self._grid.setColumnStretch(1, 1)
        self.advice = QLabel()
        self.advice.setWordWrap(True)
        self.copy, self.again = QPushButton("Copy report"), QPushButton("Measure again")
        self.get_gpu, self.drop_gpu = QPushButton("Get GPU support…"), QPushButton("Remove GPU support")
        self._arrange()
        self._connect()
        self.measure()

    def measure(self) -> None:
        """Start, and show what is found."""
        self.progress.setVisible(True)
        self.progress.setValue(0)
        self.again.setEnabled(False)
        self.copy.setEnabled(False)
        job = self._runner.start("Check this computer", check_computer, lane="gpu")
        job.reported.connect(self._on_report)
        job.succeeded.connect(self.show_report)
        job.finished.connect(self._on_end)
        self._job = job

    def show_report(self, report: ComputerReport) -> None:
        """Show what was found."""
        self.report = report
        self.verdict.setText(report.verdict)
        self.advice.setText("\n".join(report.advice))
        self.advice.setVisible(bool(report.advice))
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        rows = [
            *report.facts,
            *((place.title, place.problem or f"{place.speed:.1f} training steps a second") for place in report.places),
        ]
        for row, (word, fact) in enumerate(rows):
            title, value = QLabel(word), QLabel(fact)
            set_role(title, "muted")
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)
        if report.automatic:
            self.device_found.emit(report.automatic)

    def copy_report(self) -> None:
        """Put the report on the clipboard."""
        if self.report is not None:
            QGuiApplication.clipboard().setText(self.report.text())
            self.copy.setText("Copied")

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.cancel()
        super().done(result)

    def _arrange(self) -> None:
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.progress)
        self.column.addLayout(self._grid)
        self.column.addWidget(self.advice)
        self.column.addStretch(1)
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        self.copy.setIcon(icon("copy"))
        installed = running_layers()
        self.get_gpu.setVisible(installed is not None)
        self.drop_gpu.setVisible(installed is not None and installed.gpu is not None)
        gpu, buttons = QHBoxLayout(), QHBoxLayout()
        for row in (gpu, buttons):
            row.setSpacing(SMALL)
        gpu.addWidget(self.get_gpu)
        gpu.addWidget(self.drop_gpu)
        gpu.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        buttons.addWidget(close)
        rows = QVBoxLayout()
        rows.setSpacing(SMALL)
        rows.addLayout(gpu)
        rows.addLayout(buttons)
        self.footer.addLayout(rows)

    def _connect(self) -> None:
        self.copy.clicked.connect(self.copy_report)
        self.again.clicked.connect(self.measure)
        self.get_gpu.clicked.connect(self.gpu_support_wanted)
        self.drop_gpu.clicked.connect(self.gpu_support_unwanted)

    def _on_report(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress.setValue(round(event.fraction * _STEPS))
            if self.report is None and event.message:
                self.verdict.setText(f"{event.message}…")

    def _on_end(self) -> None:
        self._job = None
        self.progress.setVisible(False)
        self.again.setEnabled(True)
        self.copy.setEnabled(self.report is not None)
        self.copy.setText("Copy report")
