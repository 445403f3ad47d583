"""The windows around models, and how one leads to the next: training, batches, the list of models."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.core.advice.record import MistakePlace
from desktop_app.gui.inference.batch_draft import BatchSettings
from desktop_app.gui.inference.batch_wizard import BatchWizard, show_batch
from desktop_app.gui.models.models_dialog import ModelsDialog
from desktop_app.gui.training.continue_dialog import ContinueDialog
from desktop_app.gui.training.wizard import TrainingWizard, newest_model, show_resumed, show_training
from desktop_app.gui.widgets.later import later
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import MODEL_SUFFIX
from desktop_app.jobs.train.archive import zip_run
from desktop_app.jobs.train.run import load_run_config, saved_state


class ModelWindows(QObject):
    """Opens them.

    Args:
        context: Of the main window, which they stay above.

    Signals:
        try_requested: A model (``Path``) to preview on the open image, or on one that is chosen then.
        result_requested: Image and label file (``Path``) to look at.
        place_requested: A ``MistakePlace`` of an image to look at.
    """

    try_requested = Signal(object)
    result_requested = Signal(object, object)
    place_requested = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context, self._session, self._notifier = context, context.session, context.notifier

    def train(self, start_from: Path | None = None) -> None:
        """Open the wizard that trains a model, optionally one that begins with a model."""
        if self._project_is_open():
            wizard = TrainingWizard(self._context, start_from=start_from)
            self._show_training(wizard)

    def improve_with(self, patches: Path) -> None:
        """Open the wizard that trains a model, to improve one with a set of patches of the project.

        It begins with the newest model of the project, where there is none with one that comes with the program.
        """
        opened = self._session.open_project
        if self._project_is_open() and opened is not None:
            newest = newest_model(opened.models())
            self._show_training(
                TrainingWizard(self._context, start_from=newest, improve=newest is None, patches=patches)
            )

    def run_batch(self, model: Path | None = None, settings: BatchSettings | None = None) -> None:
        """Open the wizard that runs a model on many images."""
        wizard = BatchWizard(self._context, model, settings=settings)
        self._show_batch(wizard)

    def open_model(self, path: Path) -> None:
        """Show a model that was opened from outside in the list; one that is not in it can be imported."""
        dialog = self.list_models(path)
        later(dialog, partial(dialog.offer, path))  # the window that begins need not wait for the answer

    def list_models(self, chosen: Path | None = None) -> ModelsDialog:
        """Open the list of models."""
        for opened in self._windows():
            if isinstance(opened, ModelsDialog):
                opened.close()
        dialog = ModelsDialog(self._context, chosen=chosen)
        dialog.try_requested.connect(self._on_try)
        dialog.batch_requested.connect(self.run_batch)
        dialog.finetune_requested.connect(self.train)
        dialog.show()
        return dialog

    def show_run(self, run_folder: Path) -> None:
        """Show the curves and the log of a training, as it goes on or as it ended."""
        for opened in self._windows():
            if isinstance(opened, TrainingWizard) and opened.run is not None and opened.run.folder == run_folder:
                opened.raise_()
                opened.activateWindow()
                return
        wizard = show_training(self._context, run_folder)
        if wizard is not None:
            self._show_training(wizard)

    def show_model_of_run(self, run_folder: Path) -> None:
        """Open the list of models at the one that a training made."""
        made = sorted(run_folder.glob(f"*{MODEL_SUFFIX}"))
        if made:
            self.list_models(made[0])
        else:
            self._notifier.info(
                "This training has not made a model yet. “Resume training” in its menu goes on with it."
            )

    def resume_training(self, run_folder: Path) -> None:
        """Go on with an interrupted training; of one that has ended, ask how it shall go on."""
        saved = saved_state(run_folder)
        if saved is not None and saved.ended:
            self.continue_training(run_folder)
            return
        wizard = show_resumed(self._context, run_folder)
        if wizard is not None:
            self._show_training(wizard)

    def continue_training(self, run_folder: Path) -> None:
        """Ask how a training shall go on, which may have ended, and go on with it."""
        with self._notifier.errors_told():
            dialog = ContinueDialog(run_folder, load_run_config(run_folder), self._context.window)
            if dialog.exec():
                wizard = show_resumed(self._context, run_folder, changes=dialog.changes())
                if wizard is not None:
                    self._show_training(wizard)

    def zip_run(self, run_folder: Path) -> None:
        """Ask for a place, and put a training into a zip file there."""
        offered = str(run_folder.with_name(f"{run_folder.name}.zip"))
        chosen, _ = QFileDialog.getSaveFileName(self._context.window, "Save the training", offered, "Zip (*.zip)")
        if chosen:
            job = self._context.runner.start(f"Pack “{run_folder.name}”", partial(zip_run, run_folder, Path(chosen)))
            job.succeeded.connect(self._on_zipped)

    def _on_zipped(self, file: Path) -> None:
        self._notifier.info(f"Written: {file.name}")

    def show_batch(self, result_folder: Path, *, go_on: bool = False) -> None:
        """Open the results of a batch, which may go on if it was interrupted."""
        wizard = show_batch(self._context, result_folder, go_on=go_on)
        if wizard is not None:
            self._show_batch(wizard)

    def resume_batch(self, result_folder: Path) -> None:
        """Go on with an interrupted batch."""
        self.show_batch(result_folder, go_on=True)

    def _show_training(self, wizard: TrainingWizard) -> None:
        wizard.try_requested.connect(self._on_try)
        wizard.batch_requested.connect(self.run_batch)
        wizard.place_requested.connect(self._on_place)
        wizard.show()

    def _show_batch(self, wizard: BatchWizard) -> None:
        wizard.open_requested.connect(self._on_result)
        wizard.show()

    def _on_try(self, model: Path) -> None:
        self._to_front()
        self.try_requested.emit(model)

    def _on_result(self, image: Path, labels: Path) -> None:
        self._to_front()
        self.result_requested.emit(image, labels)

    def _on_place(self, place: MistakePlace) -> None:
        self._to_front()
        self.place_requested.emit(place)

    def _windows(self) -> list[QWidget]:
        """The windows of this program that are open."""
        window = self._context.window
        return [w for w in window.findChildren(QWidget) if w.isWindow() and w.isVisible()] if window else []

    def _to_front(self) -> None:
        if self._context.window is not None:
            self._context.window.raise_()
            self._context.window.activateWindow()

    def _project_is_open(self) -> bool:
        if self._session.project is None:
            self._notifier.warning("Open or make a project first.")
        return self._session.project is not None
