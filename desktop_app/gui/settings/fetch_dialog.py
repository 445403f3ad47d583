"""Fetching a part of the installed program: where from, how large, then with progress and a way to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.share_bar import show_share
from desktop_app.gui.window_context import WindowContext

_WIDTH = 560  # px, by eye


@dataclass(frozen=True, slots=True)
class Fetching:
    """What is fetched, in words and as jobs.

    Attributes:
        title: Of the dialog and the job.
        explanation: What it is for.
        get_word: On the button that fetches.
        look: Reads its description from an address or folder.
        describe: What was found, as a sentence with sizes; empty where there is nothing to fetch.
        get: Fetches it.
        conclude: What became of it, as a sentence.
    """

    title: str
    explanation: str
    get_word: str
    look: Callable[[str, JobContext], Any]
    describe: Callable[[Any], str]
    get: Callable[[Any, JobContext], Any]
    conclude: Callable[[Any], str]


class FetchDialog(FittedDialog):
    """Nothing is asked of a server before “Look”, and nothing fetched before the second button.

    Args:
        fetching: What is fetched.
        source: Address that stands there at first.
        context: Of the main window.

    Signals:
        fetched: What the job returned.
    """

    fetched = Signal(object)

    def __init__(self, fetching: Fetching, source: str, context: WindowContext) -> None:
        super().__init__(_WIDTH, context.window)
        self.setWindowTitle(fetching.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fetching, self._runner = fetching, context.runner
        self._job: JobHandle | None = None
        self._found: Any = None
        self.source = QLineEdit(source)
        self.source.setPlaceholderText("https://…, or a folder with the parts")
        self.source.setAccessibleName("Where from")
        self.folder, self.look = QPushButton("Folder…"), QPushButton("Look")
        self.found, self.banner, self.progress = QLabel(), Banner(), QProgressBar()
        self.doing = QLabel()
        set_role(self.doing, "muted")
        self.progress.setTextVisible(False)
        self.found.setWordWrap(True)
        show_share(self.progress, 0)
        self.get, self.stop, self.close_button = (
            QPushButton(fetching.get_word),
            QPushButton("Stop"),
            QPushButton("Close"),
        )
        self._arrange()
        self._connect()
        self._show_state()

    def look_up(self) -> None:
        """Read the description of what could be fetched."""
        self._found = None
        self.found.clear()
        self._start(partial(self._fetching.look, self.source.text().strip()), self._on_found)

    def fetch(self) -> None:
        """Fetch what was found."""
        self._start(partial(self._fetching.get, self._found), self._on_fetched)

    def offer(self, words: str, slot: Callable[[], object]) -> None:
        """Offer something else that can be done, beside the other buttons."""
        button = QPushButton(words)
        button.clicked.connect(slot)
        button.clicked.connect(self.accept)
        self._buttons.insertWidget(0, button)

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.cancel()
        super().done(result)

    def _start(self, job: Callable[[JobContext], Any], then: Callable[[Any], None]) -> None:
        self.banner.show_text("")
        self.progress.setValue(0)
        self._job = self._runner.start(self._fetching.title, job, lane="io")
        self._job.reported.connect(self._on_report)
        self._job.succeeded.connect(then)
        self._job.failed.connect(self._on_failed)
        self._job.finished.connect(self._on_end)
        self._show_state()

    def _arrange(self) -> None:
        explanation = QLabel(self._fetching.explanation)
        explanation.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.source, 1)
        row.addWidget(self.folder)
        row.addWidget(self.look)
        label = QLabel("Where from")
        set_role(label, "muted")
        self.column.addWidget(explanation)
        self.column.addWidget(label)
        self.column.addLayout(row)
        for widget in (self.found, self.progress, self.doing, self.banner):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self._buttons = buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        for button in (self.close_button, self.stop, self.get):
            buttons.addWidget(button)
        self.footer.addLayout(buttons)

    def _connect(self) -> None:
        self.folder.clicked.connect(self._choose)
        self.look.clicked.connect(self.look_up)
        self.get.clicked.connect(self.fetch)
        self.stop.clicked.connect(lambda: self._job.cancel() if self._job is not None else None)
        self.close_button.clicked.connect(self.reject)
        self.source.textChanged.connect(self._on_source)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "The folder with the parts")
        if chosen:
            self.source.setText(chosen)
            self.look_up()

    def _on_source(self) -> None:
        self._found = None
        self.found.clear()
        self._show_state()

    def _on_found(self, found: Any) -> None:
        words = self._fetching.describe(found)
        self._found = found if words else None
        self.found.setText(words)
        if not words:
            self.banner.show_text(self._fetching.conclude(found), "info")

    def _on_fetched(self, result: Any) -> None:
        self._found = None
        self.found.clear()
        self.banner.show_text(self._fetching.conclude(result), "info")
        self.fetched.emit(result)

    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self.banner.show_text(str(error), "error")

    def _on_report(self, event: object) -> None:
        if isinstance(event, Progress):
            show_share(self.progress, event.fraction)
            self.doing.setText(event.message)
        elif isinstance(event, Note) and event.level == "warning":
            self.banner.show_text(event.text, "warning")

    def _on_end(self) -> None:
        self._job = None
        self._show_state()

    def _show_state(self) -> None:
        busy = self._job is not None
        self.progress.setVisible(busy)
        self.doing.setVisible(busy)
        self.stop.setVisible(busy)
        self.get.setVisible(not busy)
        self.get.setEnabled(self._found is not None)
        self.look.setEnabled(not busy and bool(self.source.text().strip()))
        for widget in (self.source, self.folder):
            widget.setEnabled(not busy)
        self.look.setDefault(self._found is None)
        self.get.setDefault(self._found is not None)
