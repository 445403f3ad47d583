"""A batch that runs, whether or not its window is open."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import CaseUpdate, JobEvent, Note, Progress
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.jobs.handle import JobHandle
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.jobs.batch.inputs import OF_FILE

if TYPE_CHECKING:
    from desktop_app.jobs.batch.infer import BatchResult

BatchState: TypeAlias = Literal["running", "paused", "cancelling", "done", "failed", "cancelled"]
ACTIVE: frozenset[BatchState] = frozenset({"running", "paused", "cancelling"})


class BatchRun(QObject):
    """Follows one batch and keeps the state of each case. Belongs to the job runner.

    Attributes:
        config: What is run.
        cases: The last update of each case, by row.
        state: Where it stands.
        progress: The last progress.
        notes: What was said about the image that runs now, oldest first.
        error: Why the whole batch failed, None if it did not.
        page: What shows it, and says how it ends; None while nothing does.

    Signals:
        case_changed: Row of a case with news.
        progressed: A ``Progress``.
        state_changed: The new state.
    """

    case_changed = Signal(int)
    progressed = Signal(object)
    state_changed = Signal(str)

    def __init__(
        self,
        config: InferenceConfig,
        session: Session,
        runner: JobRunner,
        notifier: Notifier,
        services: InferenceServices,
    ) -> None:
        super().__init__(runner)
        self.config = config
        self._session, self._runner, self._notifier, self._services = session, runner, notifier, services
        names = [Path(path).name for path in config.inputs for _ in config.readings_of(path)]
        self.cases: list[CaseUpdate] = [CaseUpdate(index, name, "waiting") for index, name in enumerate(names)]
        self.state: BatchState = "running"
        self.progress: Progress | None = None
        self.notes: list[str] = []
        self.error: Exception | None = None
        self.page: QWidget | None = None
        self._handle: JobHandle | None = None

    @property
    def active(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in ACTIVE

    @property
    def output(self) -> Path:
        """Result folder."""
        return Path(self.config.output)

    def count(self, *states: str) -> int:
        """How many cases are in one of these states."""
        return sum(case.state in states for case in self.cases)

    def input_path(self, row: int) -> Path | None:
        """The image of a case."""
        name = self.cases[row].name.split(OF_FILE)[0]
        paths = [Path(path) for path in self.config.inputs for _ in self.config.readings_of(path)]
        if row < len(paths) and paths[row].name == name:
            return paths[row]
        return next((path for path in paths if path.name == name), None)

    def recall(self, cases: list[CaseUpdate]) -> None:
        """Take the state of a batch that ended earlier, without running it."""
        self.cases = cases or self.cases
        self._stop_open_cases()
        self.state = "cancelled" if self.count("cancelled") else "done"

    def begin(self) -> None:
        """Start, or go on: finished cases are skipped, all others are computed."""
        self.error, self.progress = None, None
        for row, case in enumerate(self.cases):
            if case.state in ("failed", "cancelled", "running"):
                self._set_case(CaseUpdate(row, case.name, "waiting"))
        handle = self._runner.start(
            f"Run “{Path(self.config.model).stem}” on {len(self.config.inputs)} images",
            partial(self._services.run, self.config),
            lane="gpu",
        )
        self._handle = handle
        handle.told_by_owner = True
        self._enter("running")
        handle.reported.connect(self._on_reported)
        handle.succeeded.connect(self._on_succeeded)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)
        handle.state_changed.connect(self._on_handle_state)

    def pause(self) -> None:
        """Let it wait."""
        if self._handle is not None:
            self._handle.pause()

    def go_on(self) -> None:
        """Let it go on after a pause."""
        if self._handle is not None:
            self._handle.resume()

    def cancel(self) -> None:
        """Stop; finished cases stay."""
        if self._handle is not None:
            self._handle.cancel()

    def _on_handle_state(self, state: str) -> None:
        if state in ("running", "paused", "cancelling") and self.active:
            self._enter(state)  # type: ignore[arg-type]

    def _on_reported(self, event: JobEvent) -> None:
        if isinstance(event, CaseUpdate):
            self._set_case(event)
        elif isinstance(event, Progress):
            self.progress = event
            self.progressed.emit(event)
            self._tell_running()
        elif isinstance(event, Note):
            self.notes.append(event.text)
            self._tell_running()

    def _tell_running(self) -> None:
        for row, case in enumerate(self.cases):
            if case.state == "running":
                self.case_changed.emit(row)

    def _set_case(self, case: CaseUpdate) -> None:
        if case.state == "running":
            self.notes.clear()
        while case.index >= len(self.cases):
            self.cases.append(CaseUpdate(len(self.cases), "", "waiting"))
        self.cases[case.index] = case
        self.case_changed.emit(case.index)

    def _on_succeeded(self, result: BatchResult) -> None:
        self._end("done")
        if result.failed:
            self._notifier.warning(f"The batch has ended; {_images(result.failed)} failed.", page=self.page)
        else:
            self._notifier.info(f"The batch has ended: {_images(len(self.cases))} done.", page=self.page)

    def _on_failed(self, error: Exception) -> None:
        self.error = error
        if isinstance(error, UserError):
            self._notifier.error(error, page=self.page)
        self._stop_open_cases()
        self._end("failed")

    def _on_cancelled(self) -> None:
        self._stop_open_cases()
        self._end("cancelled")

    def _stop_open_cases(self) -> None:
        for row, case in enumerate(self.cases):
            if case.state in ("waiting", "running"):
                self._set_case(CaseUpdate(row, case.name, "cancelled"))

    def _end(self, state: BatchState) -> None:
        self._handle = None
        self._enter(state)
        self._session.results_changed.emit()

    def _enter(self, state: BatchState) -> None:
        if state != self.state or not self.active:
            self.state = state
            self.state_changed.emit(state)


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"
