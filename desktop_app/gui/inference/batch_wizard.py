"""The batch wizard: a model over many images."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent

from desktop_app.gui.inference.batch_draft import BatchDraft, BatchSettings
from desktop_app.gui.inference.batch_run import BatchRun
from desktop_app.gui.inference.earlier_batch import earlier_cases, read_batch_config
from desktop_app.gui.inference.pages.batch_run_page import BatchRunPage
from desktop_app.gui.inference.pages.files_page import FilesPage
from desktop_app.gui.inference.pages.model_page import ModelPage
from desktop_app.gui.inference.pages.outputs_page import OutputsPage
from desktop_app.gui.inference.pages.parameters_page import ParametersPage
from desktop_app.gui.inference.services import InferenceServices, real_services
from desktop_app.gui.widgets.step_window import StepWindow
from desktop_app.gui.window_context import WindowContext


class BatchWizard(StepWindow):
    """Leads from images to results.

    Args:
        session: The open project.
        runner: Runs the jobs.
        notifier: Speaks to the user.
        parent: The main window.
        model: A model to begin with.
        settings: Settings to begin with, for example those of the preview.
        inputs: Files and folders to begin with.
        services: The jobs; the real ones if None.

    Signals:
        open_requested: Image and label file (``Path``) to show in the viewer.
    """

    open_requested = Signal(object, object)

    def __init__(
        self,
        context: WindowContext,
        model: Path | None = None,
        *,
        settings: BatchSettings | None = None,
        inputs: tuple[Path, ...] = (),
        services: InferenceServices | None = None,
    ) -> None:
        session, runner, notifier = context.session, context.runner, context.notifier
        self._session, self._runner, self._notifier = session, runner, notifier
        self._services = services or real_services()
        opened = session.open_project
        readings, further = opened.readings() if opened is not None else ({}, {})
        self.draft = BatchDraft(inputs=inputs, readings=readings, further=further)
        self.files_page = FilesPage(self.draft, session, runner, self._services)
        self.model_page = ModelPage(self.draft, session, notifier, self._services)
        self.parameters_page = ParametersPage(self.draft, runner, notifier, self._services)
        self.outputs_page, self.run_page = OutputsPage(self.draft, session), BatchRunPage(notifier)
        self.run: BatchRun | None = None
        pages = [self.files_page, self.model_page, self.parameters_page, self.outputs_page, self.run_page]
        super().__init__("Run a model on many images", pages, context.window)
        self.run_page.open_requested.connect(self.open_requested)
        if model is not None:
            self.model_page.choose(model)
            if settings is not None:
                self.draft.take(settings)

    def next(self) -> None:
        """Go on; after the outputs the batch starts."""
        if self.page is self.outputs_page and not self.page.problems():
            run = BatchRun(self.draft.config(), self._session, self._runner, self._notifier, self._services)
            self.parameters_page.stop()
            self.watch(run)
            run.begin()
        else:
            super().next()

    def watch(self, run: BatchRun) -> None:
        """Show a batch that runs already, or has ended."""
        self.run = run
        run.page = self
        self.files_page.stop()
        self.run_page.watch(run)
        self.set_close_text("Close")
        self.go_to(self.pages.index(self.run_page))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.run is not None:
            self.run.page = None
            if self.run.active:
                self._notifier.info("The batch goes on. Jobs shows how far it is.")
        super().closeEvent(event)
        self.deleteLater()


def show_batch(
    context: WindowContext, result_folder: Path, services: InferenceServices | None = None, *, go_on: bool = False
) -> BatchWizard | None:
    """Show the images of the batch in ``result_folder``: as it runs now, or as it ended.

    Args:
        context: Of the main window.
        result_folder: Where the batch writes.
        services: What the window uses; None for the real ones.
        go_on: Whether a batch that ended goes on; finished images are skipped.

    Returns:
        The window, or None if the batch cannot be read, which the user is told.
    """
    with context.notifier.errors_told():
        config = read_batch_config(result_folder)
        used = services or real_services()
        running = [r for r in context.runner.findChildren(BatchRun) if r.active and r.output == result_folder]
        run = running[0] if running else BatchRun(config, context.session, context.runner, context.notifier, used)
        if not running:
            run.recall(earlier_cases(result_folder))
        wizard = BatchWizard(context, services=used)
        wizard.watch(run)
        if go_on and not run.active:
            run.begin()
        wizard.show()
        return wizard
    return None
