"""Asks whoever proposes objects from clicks, in the background; only the latest question counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.assisting import Answer, Asked, Assistant
from desktop_app.core.labelling.tools.click import CLICK, EDGES
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.labelling.choices import Choices
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget

if TYPE_CHECKING:
    from desktop_app.core.config.app_settings import AppSettings

PROPOSED_BY = "proposed_by"
"""The option that chooses."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which assistant, for which image.

    Attributes:
        choice: Which one; a model without a name is that of the project.
        volume: The image.
        channel: Of it.
        project: The folder of the project.
    """

    choice: AssistantChoice
    volume: Volume
    channel: int
    project: Path | None


@dataclass(slots=True)
class _Kept:
    """The assistant that was opened last; jobs of one lane follow one another, so that no two touch it."""

    wanted: _Wanted | None = None
    assistant: Assistant | None = None


class ClickAssistant(QObject):
    """Opens the assistant that is chosen as soon as the click tool is in hand, so that the first click need not wait.

    Args:
        session: What is open.
        viewer: Tells the channel that is shown.
        choices: Tell which assistant.
        runner: For the jobs.

    Signals:
        answered: What was asked (``Asked``), and the ``Answer``.
        failed: The exception of a question.
        busy_changed: Whether something is worked out.
    """

    answered = Signal(object, object)
    failed = Signal(object)
    busy_changed = Signal(bool)

    def __init__(
        self, session: Session, viewer: ViewerWidget, choices: Choices, runner: JobRunner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._viewer, self._choices = session, viewer, choices
        self._kept, self._by = _Kept(), EDGES
        self._job = LatestJob(runner, "preview", self)
        self._job.failed.connect(self.failed)
        self._job.busy_changed.connect(self.busy_changed)
        choices.changed.connect(self._on_choices)
        session.tool_changed.connect(lambda _tool: self.prepare())
        for changed in (session.volume_changed, session.settings_changed):
            changed.connect(lambda _value: self._anew())
        session.models_changed.connect(self._anew)

    def prepare(self) -> None:
        """Open the assistant ahead of the first click."""
        wanted = self._wanted()
        if wanted is not None and self._session.tool == CLICK.name and wanted != self._kept.wanted:
            self._start(wanted, None)

    def ask(self, asked: Asked | None) -> None:
        """Ask; None drops what was asked."""
        if asked is None:
            self._job.drop()
            return
        wanted = self._wanted()
        if wanted is not None:
            self._start(wanted, asked)

    def _start(self, wanted: _Wanted, asked: Asked | None) -> None:
        title = "Proposal from clicks" if asked is not None else "Open the click assistant"
        self._job.start(title, partial(_answer, self._kept, wanted, asked), partial(self._on_answer, asked))

    def _on_answer(self, asked: Asked | None, answer: Answer | None) -> None:
        if asked is not None and answer is not None:
            self.answered.emit(asked, answer)

    def _on_choices(self) -> None:
        by = self._choices.option(PROPOSED_BY)
        if by != self._by:
            self._by = by
            self._anew()

    def _anew(self) -> None:
        """Another assistant, or another image for it."""
        self._job.drop()
        kept, self._kept = self._kept, _Kept()
        if kept.assistant is not None:
            kept.assistant.close()
        self.prepare()

    def _wanted(self) -> _Wanted | None:
        volume, opened = self._session.volume, self._session.open_project
        if volume is None or self._by == EDGES:
            return None
        choice = choice_of(self._by, self._session.settings)
        return _Wanted(choice, volume, self._viewer.channel, opened.folder if opened is not None else None)


def choice_of(by: str, settings: AppSettings) -> AssistantChoice:
    """What the user has set up of one kind of assistants."""
    return AssistantChoice.model_validate(
        {
            "by": by,
            "encoder": settings.click_encoder,
            "decoder": settings.click_decoder,
            "server": settings.click_server,
            "device": settings.device,
        }
    )


def _answer(kept: _Kept, wanted: _Wanted, asked: Asked | None, ctx: JobContext) -> Answer | None:
    if kept.assistant is None or kept.wanted != wanted:
        ctx.report(Progress(0, 0, "Opening"))
        kept.wanted = None
        if kept.assistant is not None:
            kept.assistant.close()
        kept.assistant = _opened(wanted)
        kept.wanted = wanted
    return None if asked is None else kept.assistant.answer(asked, ctx)


def _opened(wanted: _Wanted) -> Assistant:
    from desktop_app.jobs.assistants.opening import open_assistant

    choice = wanted.choice
    if choice.by == "model":
        from desktop_app.jobs.assistants.model import model_of

        model = model_of(choice.model, wanted.project, wanted.volume)
        choice = choice.model_copy(update={"model": str(model)})
    return open_assistant(choice, wanted.volume, wanted.channel)
