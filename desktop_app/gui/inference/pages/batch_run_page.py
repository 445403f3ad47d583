"""Last step: the batch runs; one row per image."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QTableView,
)

from desktop_app.core.job import Progress
from desktop_app.gui.inference.batch_run import BatchRun, BatchState
from desktop_app.gui.inference.batch_words import batch_status, direction_files, table_file
from desktop_app.gui.inference.pages.case_table import OBJECTS_COLUMN, CaseTableModel
from desktop_app.gui.jobs.remaining import RemainingTime, describe_seconds
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.share_bar import show_share
from desktop_app.gui.widgets.step_page import StepPage, column

_TITLES: dict[BatchState, str] = {
    "running": "Running",
    "paused": "Paused",
    "cancelling": "Stopping",
    "done": "Finished",
    "failed": "The batch could not run",
    "cancelled": "Stopped",
}


class BatchRunPage(StepPage):
    """Watches a ``BatchRun``.

    Signals:
        open_requested: Image and label file (``Path``) to show in the viewer.
    """

    step = "Run"
    title = "Running"
    subtitle = "You may close this window; the batch goes on, and Jobs shows it. One bad file never stops the rest."
    next_text = ""
    open_requested = Signal(object, object)

    def __init__(self, notifier: Notifier) -> None:
        super().__init__()
        self._notifier = notifier
        self.run: BatchRun | None = None
        self.table, self.view = CaseTableModel(), QTableView()
        self.bar, self.status = QProgressBar(), QLabel()
        self.pause_button, self.cancel_button = QPushButton("Pause"), QPushButton("Stop")
        self.again_button, self.open_button = QPushButton("Go on"), QPushButton("Open result")
        self.folder_button, self.table_button = QPushButton("Show folder"), QPushButton("Open table")
        self.directions = QMenu(self)
        self._remaining, self._left = RemainingTime(), ""
        self._build()
        self._connect_signals()

    def watch(self, run: BatchRun) -> None:
        """Show a batch from now on."""
        self.run = run
        self.table.set_run(run)
        run.case_changed.connect(self._refresh)
        run.progressed.connect(self._on_progress)
        run.state_changed.connect(self._on_state)
        self._on_state()

    def can_go_back(self) -> bool:
        return False

    def stop(self) -> None:
        if self.run is not None:
            self.table.set_run(None)
            self.run.case_changed.disconnect(self._refresh)
            self.run.progressed.disconnect(self._on_progress)
            self.run.state_changed.disconnect(self._on_state)
            self.run = None

    def _build(self) -> None:
        layout = column(self, SMALL)
        self.view.setModel(self.table)
        self.view.verticalHeader().hide()
        self.view.setShowGrid(False)
        self.view.setAlternatingRowColors(True)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setAccessibleName("Images of the batch")
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.view, 1)
        show_share(self.bar, 0)
        self.bar.setTextVisible(False)
        set_role(self.status, "muted")
        self.status.setWordWrap(True)
        layout.addWidget(self.status)
        layout.addWidget(self.bar)
        row = QHBoxLayout()
        for button, name in (
            (self.pause_button, "pause"), (self.cancel_button, "stop"), (self.again_button, "resume"),
            (self.open_button, "image"), (self.folder_button, "reveal"),
            (self.table_button, "result"),
        ):  # fmt: skip
            button.setIcon(icon(name))
        for button in (self.pause_button, self.cancel_button, self.again_button):
            row.addWidget(button)
        row.addStretch(1)
        self.table_button.setToolTip("The table of objects, in the program that opens CSV files here.")
        row.addWidget(self.folder_button)
        row.addWidget(self.table_button)
        row.addWidget(self.open_button)
        layout.addLayout(row)

    def _connect_signals(self) -> None:
        self.pause_button.clicked.connect(self._on_pause)
        self.cancel_button.clicked.connect(self._on_cancel)
        self.again_button.clicked.connect(self._on_again)
        self.open_button.clicked.connect(self._on_open)
        self.folder_button.clicked.connect(self._on_folder)
        self.table_button.clicked.connect(self._on_table)
        self.view.doubleClicked.connect(self._on_double_click)
        self.view.selectionModel().selectionChanged.connect(self._refresh)

    def selected_row(self) -> int | None:
        """The row that the user chose."""
        rows = self.view.selectionModel().selectedRows()
        return rows[0].row() if rows else None

    def _on_progress(self, progress: Progress) -> None:
        left = self._remaining.update(progress.fraction, time.monotonic())
        self._left = describe_seconds(left) if left is not None else ""
        self._refresh()

    def _on_state(self) -> None:
        run = self.run
        if run is None:
            return
        self.pause_button.setVisible(run.active)
        self.pause_button.setText("Go on" if run.state == "paused" else "Pause")
        self.pause_button.setIcon(icon("resume" if run.state == "paused" else "pause"))
        self.pause_button.setEnabled(run.state in ("running", "paused"))
        self.cancel_button.setVisible(run.active)
        self.cancel_button.setEnabled(run.state != "cancelling")
        self.title = _TITLES[run.state]
        self.subtitle = BatchRunPage.subtitle if run.active else f"Results are in {run.output}."
        failed, stopped = run.count("failed"), run.count("cancelled")
        self.again_button.setVisible(not run.active and failed + stopped > 0)
        if not run.active and self.selected_row() is None:
            opened = [row for row, case in enumerate(run.cases) if case.state in ("done", "skipped")]
            self.view.selectRow(opened[0] if opened else 0)
        self.again_button.setText("Go on" if stopped else f"Try the failed {'one' if failed == 1 else failed} again")
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        run = self.run
        if run is None:
            return
        self.status.setText(batch_status(run, self._left))
        self.view.setColumnHidden(OBJECTS_COLUMN, not self.table.counts_objects)
        whole = run.progress.fraction if run.progress is not None else 0.0
        show_share(self.bar, 1 if run.state == "done" else whole)
        row = self.selected_row()
        ready = row is not None and run.cases[row].state in ("done", "skipped")
        self.open_button.setEnabled(ready)
        self.table_button.setEnabled(self._table() is not None)
        self._offer_directions(row if ready else None)

    def _offer_directions(self, row: int | None) -> None:
        """Let the user choose between what all directions agree on and what each found, where that was saved."""
        files = {} if self.run is None or row is None else direction_files(Path(self.run.cases[row].output))
        self.directions.clear()
        if files:
            self.directions.addAction("What they agree on", self._on_open)
            for title, path in files.items():
                self.directions.addAction(f"Only {title}", partial(self._open_labels, path))
        self.open_button.setMenu(self.directions if files else None)  # type: ignore[arg-type]

    def _on_pause(self) -> None:
        if self.run is not None:
            if self.run.state == "paused":
                self.run.go_on()
            else:
                self.run.pause()

    def _on_cancel(self) -> None:
        if self.run is not None:
            self.run.cancel()

    def _on_again(self) -> None:
        if self.run is not None and not self.run.active:
            self._remaining, self._left = RemainingTime(), ""
            self.run.begin()

    def _on_double_click(self, index: QModelIndex) -> None:
        self._on_open()

    def _on_open(self) -> None:
        row = self.selected_row()
        if self.run is not None and row is not None and self.run.cases[row].output:
            self._open_labels(Path(self.run.cases[row].output))

    def _open_labels(self, labels: Path) -> None:
        row = self.selected_row()
        image = self.run.input_path(row) if self.run is not None and row is not None else None
        if image is not None:
            self.open_requested.emit(image, labels)

    def _on_folder(self) -> None:
        if self.run is not None:
            open_outside(self.run.output, self._notifier)

    def _table(self) -> Path | None:
        """The table of the chosen image, None where there is none."""
        row = self.selected_row()
        labels = self.run.cases[row].output if self.run is not None and row is not None else ""
        return table_file(Path(labels)) if labels else None

    def _on_table(self) -> None:
        table = self._table()
        if table is not None:
            open_outside(table, self._notifier)
