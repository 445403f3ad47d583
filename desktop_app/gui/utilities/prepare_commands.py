"""Preparing a data set: asked, run as a job, and told about."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.utilities.prepare_dialog import PrepareDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.jobs.data.prepare import Prepared, prepare_dataset

_NAMED = 3  # failed pairs, or doubts, that are told; more would not be read
_PARTS = {"train": "training", "val": "validation", "test": "test"}


class PrepareCommands(QObject):
    """Opens the dialog, and prepares what it asks for.

    Args:
        context: Of the main window.
    """

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        self.dialog: PrepareDialog | None = None

    def ask(self) -> None:
        """Open the dialog."""
        self.dialog = PrepareDialog(self._context.runner, self._context.window)
        self.dialog.finished.connect(self._on_finished)
        self.dialog.open()

    def _on_finished(self, answer: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None:
            return
        if answer == QDialog.DialogCode.Accepted:
            with self._context.notifier.errors_told():
                job = self._context.runner.start("Prepare a data set", partial(prepare_dataset, dialog.config()))
                job.succeeded.connect(self._on_done)
        dialog.deleteLater()

    def _on_done(self, result: Prepared) -> None:
        notifier, count = self._context.notifier, sum(result.parts.values())
        if result.failed:
            listed = " ".join(f"{name}: {why}" for name, why in result.failed[:_NAMED])
            more = f" And {len(result.failed) - _NAMED} more." if len(result.failed) > _NAMED else ""
            are = "is not" if len(result.failed) == 1 else "are not"
            notifier.warning(f"{count} pairs are written, {len(result.failed)} {are}: {listed}{more}")
            return
        words = ", ".join(f"{number} for {_PARTS[part]}" for part, number in result.parts.items() if number)
        show = ("Show folder", partial(open_outside, result.out, notifier))
        done = f"The data set {result.out.name} is prepared: {words}."
        if result.doubts:
            notifier.warning(" ".join([done, *result.doubts[:_NAMED]]), action=show)
        else:
            notifier.info(done, action=show)
