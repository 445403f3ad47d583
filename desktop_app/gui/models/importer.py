"""Importing models into the open project or the user's own folder, with the questions that this needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from desktop_app.core.job import JobContext
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import MODEL_SUFFIX
from desktop_app.jobs.models.import_foreign import FOREIGN_SUFFIXES, DescriptionNeededError, TrustNeededError
from desktop_app.jobs.models.library import import_model, own_models_folder

MODEL_FILES = f"Models (*{MODEL_SUFFIX} *.zip {' '.join(f'*{suffix}' for suffix in FOREIGN_SUFFIXES)});;All files (*)"
_TRUST = (
    "It holds a program (TorchScript) that can be used as it is. A program can do anything on this computer that you "
    "can. Run it only if you trust where the file comes from. Your answer is kept for this very file."
)
_DESCRIPTIONS = "Descriptions (*.yaml *.yml);;All files (*)"

Question: TypeAlias = DescriptionNeededError | TrustNeededError


@dataclass(frozen=True, slots=True)
class _ImportRequest:
    """A file, and what the user has answered about it so far."""

    source: Path
    folder: Path
    description: Path | None = None
    trusted: bool = False


class ModelImporter(QObject):
    """Checks, converts and copies models in the background.

    Args:
        context: Of the window whose file dialogs these are.

    Signals:
        imported: The new model (``Path``).
    """

    imported = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._requests: dict[JobHandle, _ImportRequest] = {}

    def ask(self) -> None:
        """Ask for a model file and import it."""
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Import a model", str(Path.home()), MODEL_FILES)
        if chosen:
            self.start(Path(chosen))

    def start(self, source: Path) -> None:
        """Import a file or folder."""
        self._run(_ImportRequest(source, self.folder()))

    def folder(self) -> Path:
        """Where new models go: into the open project, or else among the user's own."""
        opened = self._session.open_project
        return opened.models_folder() if opened is not None else own_models_folder()

    def _run(self, request: _ImportRequest) -> None:
        job = self._runner.start(f"Import {request.source.name}", partial(_import, request))
        self._requests[job] = request
        job.succeeded.connect(self._session.models_changed)
        job.succeeded.connect(self._on_done)
        job.finished.connect(self._forget)

    def _forget(self) -> None:
        self._requests.pop(self.sender(), None)  # type: ignore[call-overload]

    def _on_done(self, result: Path | Question) -> None:
        request = self._requests[self.sender()]  # type: ignore[index]
        if isinstance(result, Path):
            self.imported.emit(result)
        elif isinstance(result, TrustNeededError):
            self._ask_trust(request, result)
        else:
            self._ask_description(request, result)

    def _ask_trust(self, request: _ImportRequest, question: TrustNeededError) -> None:
        title, text = "Run a program from this file?", f"{question.message}\n\n{_TRUST}"
        if self._notifier.ask(title, text, "Run it", "Do not run it", careful=True):
            self._run(replace(request, trusted=True))

    def _ask_description(self, request: _ImportRequest, result: DescriptionNeededError) -> None:
        if not self._notifier.ask("Description needed", f"{result.message}\n\n{result.hint}", "Choose the file…"):
            return
        start = str(request.source.parent)
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Description of the model", start, _DESCRIPTIONS)
        if chosen:
            self._run(replace(request, description=Path(chosen)))


def _import(request: _ImportRequest, ctx: JobContext) -> Path | Question:
    ctx.raise_if_cancelled()
    try:
        description, trusted = request.description, request.trusted
        return import_model(request.source, request.folder, ctx, description=description, trusted=trusted)
    except (DescriptionNeededError, TrustNeededError) as question:
        return question
