"""A training that runs, whether or not its window is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import FoundLabels, JobContext, JobEvent
from desktop_app.gui.jobs.handle import JobHandle
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.live_labels import LiveLabels
from desktop_app.gui.training.run_record import RunRecord
from desktop_app.gui.training.services import TrainingServices
from desktop_app.jobs.train.run import was_checked

if TYPE_CHECKING:
    from desktop_app.core.training_result import TrainingResult

RunState: TypeAlias = Literal["running", "stopping", "finishing", "done", "failed", "discarded", "recalled"]
ACTIVE: frozenset[RunState] = frozenset({"running", "stopping", "finishing"})


class TrainingRun(QObject):
    """Follows one training job, keeps what it told, and puts the model into the project at the end.

    It belongs to the job runner, so that it lives on when the wizard is closed.

    Attributes:
        config: What is trained.
        folder: The run folder.
        record: Curves, pictures, log.
        live: What it finds at its checks, over the image that is open.
        state: Where it stands.
        result: What the job returned, None before the end; of one that failed, what its best state gave.
        model: The model in the project's models folder, None before the end.
        error: Why it failed.
        unmade: Whether it is looked at again, and was stopped after its last step, before its model was made.
        page: What shows it, and says how it ends; None while nothing does.

    Signals:
        event_added: A ``JobEvent``, already in the record.
        state_changed: The new state.
    """

    event_added = Signal(object)
    state_changed = Signal(str)

    def __init__(
        self,
        config: TrainingConfig,
        session: Session,
        runner: JobRunner,
        notifier: Notifier,
        services: TrainingServices,
    ) -> None:
        super().__init__(runner)
        self.config, self.folder = config, Path(config.output)
        self._session, self._runner, self._notifier, self._services = session, runner, notifier, services
        opened = session.open_project
        self._project = opened.folder if opened is not None else None
        self.record, self.live = RunRecord(), LiveLabels(session, config.name, self)
        self.state: RunState = "running"
        self.result: TrainingResult | None = None
        self.model: Path | None = None
        self.error: Exception | None = None
        self.unmade = False
        self.page: QWidget | None = None
        self._handle: JobHandle | None = None
        self._listed = False

    @property
    def active(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in ACTIVE

    @property
    def reached(self) -> int:
        """The last step of its curves."""
        return max((step for points in self.record.curves.values() for step, _ in points), default=0)

    @property
    def interrupted(self) -> bool:
        """Whether it is looked at again and did not come to its end."""
        ended = self.result is not None or self.reached >= self.config.optimisation.iterations
        return self.state == "recalled" and (self.unmade or not ended)

    @property
    def can_go_on(self) -> bool:
        """Whether it stopped before its end, and a click may resume it."""
        return self.interrupted or self.state == "discarded"

    @property
    def name(self) -> str:
        """Of its model, which differs from that in the configuration where the project had one of that name."""
        return self.model.stem if self.model is not None else self.config.name

    def begin(self, going_on: Continuation | None = None) -> None:
        """Start the job, or go on with a run that was interrupted or had ended."""
        if going_on is not None:
            job: Callable[[JobContext], TrainingResult] = partial(self._services.resume, self.folder, going_on)
        else:
            job = partial(self._services.train, self.config)
        handle = self._runner.start(f"Train “{self.config.name}”", partial(_and_keep, job, self._keep()), lane="gpu")
        self._follow(handle)

    def remember(self, events: Iterable[JobEvent]) -> None:
        """Take in what was told before, so that the curves of a run that goes on do not begin anew."""
        for event in events:
            self.record.add(event)

    def recall(self, events: Iterable[JobEvent], result: TrainingResult | None = None, *, unmade: bool = False) -> None:
        """Take in what an earlier run has left behind; there is no job."""
        self.remember(events)
        self.result, self.unmade = result, unmade
        self.model = result.model if result is not None else None
        self._enter("recalled")

    def stop_and_keep(self) -> None:
        """Stop at once; the best state so far becomes the model."""
        if self.state == "running" and self._handle is not None:
            self._enter("stopping")
            self._handle.cancel()

    def _follow(self, handle: JobHandle) -> None:
        self._handle = handle
        handle.told_by_owner = True
        handle.reported.connect(self._on_reported)
        handle.succeeded.connect(self._on_succeeded)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    def _keep(self) -> Callable[[Path], Path]:
        if self._project is None:
            return Path
        models = self._project / "models"
        return lambda model: self._services.keep(model, models)

    def _on_reported(self, event: JobEvent) -> None:
        if not self._listed:
            self._listed = True
            self._session.results_changed.emit()  # its folder is in the project now
        if isinstance(event, FoundLabels):
            self.live.add(event)
            return
        self.record.add(event)
        self.event_added.emit(event)

    def _on_cancelled(self) -> None:
        self._handle = None
        if self.error is not None:
            self._enter("failed")
        elif self._has_best:
            self._keep_best()
        else:
            self._enter("discarded")
            self._session.models_changed.emit()  # the run is in the project now
            words = f"Training of “{self.config.name}” stopped before its first check: no model is kept."
            self._notifier.info(words, page=self.page)

    @property
    def _has_best(self) -> bool:
        return self.record.has_validated or was_checked(self.folder)

    def _keep_best(self) -> None:
        self._enter("finishing")
        job = partial(_finish, self._services, self.folder)
        self._follow(self._runner.start(f"Keep the best of “{self.config.name}”", _kept(job, self._keep()), lane="io"))

    def _on_succeeded(self, result: tuple[TrainingResult, Path]) -> None:
        self._handle = None
        self.result, self.model = result
        self._session.models_changed.emit()
        if self.error is not None:
            self._enter("failed")
            return
        self._enter("done")
        self._notifier.info(f"The model “{self.name}” is trained and saved in the project.", page=self.page)

    def _on_failed(self, error: Exception) -> None:
        """What was learned before is kept; of a failure of that, the first reason is told."""
        self._handle = None
        if isinstance(error, UserError):
            self._notifier.error(error, page=self.page)
        if self.error is None and self._has_best:
            self.error = error
            self._keep_best()
            return
        self.error = self.error or error
        self._enter("failed")

    def _enter(self, state: RunState) -> None:
        self.state = state
        if not self.active:
            self.live.end()
        self.state_changed.emit(state)


def active_runs(runner: JobRunner) -> list[TrainingRun]:
    """The trainings that go on now, oldest first."""
    return [run for run in runner.findChildren(TrainingRun) if run.active]


def _kept(
    job: Callable[[JobContext], TrainingResult], keep: Callable[[Path], Path]
) -> Callable[[JobContext], tuple[TrainingResult, Path]]:
    return partial(_and_keep, job, keep)


def _and_keep(
    job: Callable[[JobContext], TrainingResult], keep: Callable[[Path], Path], ctx: JobContext
) -> tuple[TrainingResult, Path]:
    result = job(ctx)
    return result, keep(result.model)


def _finish(services: TrainingServices, folder: Path, ctx: JobContext) -> TrainingResult:
    return services.finish(folder)
