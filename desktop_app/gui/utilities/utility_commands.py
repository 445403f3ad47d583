"""Utilities from the menu: asked, run as a job, and told about."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.utilities.utility_dialog import UtilityDialog
from desktop_app.gui.utilities.utility_on_open import UtilityOnOpen
from desktop_app.gui.window_context import WindowContext
from desktop_app.jobs.utilities.base import Utility
from desktop_app.jobs.utilities.run import UtilityResult, run_utility

_NAMED = 3  # failed files that are told; more would not be read


class UtilityCommands(QObject):
    """Asks what an utility needs, and runs it.

    Args:
        context: Of the main window.
    """

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context
        self.dialog: UtilityDialog | None = None
        self.on_open = UtilityOnOpen(context, self)

    def ask(self, utility: Utility) -> None:
        """Open the form; the open image is offered where an image is wanted."""
        session = self._context.session
        volume = session.volume
        first = volume.path if volume is not None and utility.takes == "image" else None
        self.dialog = UtilityDialog(utility, first, self._context.window, opened=session.labels is not None)
        self.dialog.finished.connect(partial(self._on_finished, utility))
        self.dialog.open()

    def _on_finished(self, utility: Utility, answer: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None:
            return
        if answer == QDialog.DialogCode.Accepted and dialog.on_open:
            settings, out = dialog.form.value().model_dump(), dialog.out_file.path()
            self.on_open.start(utility, settings, into_labels=dialog.into_labels, more=dialog.more, out=out)
        elif answer == QDialog.DialogCode.Accepted:
            with self._context.notifier.errors_told():
                job = self._context.runner.start(utility.title, partial(run_utility, dialog.config()))
                job.succeeded.connect(self._on_done)
        dialog.deleteLater()

    def _on_done(self, result: UtilityResult) -> None:
        notifier = self._context.notifier
        if result.failed:
            listed = " ".join(f"{name}: {why}" for name, why in result.failed[:_NAMED])
            more = f" And {len(result.failed) - _NAMED} more." if len(result.failed) > _NAMED else ""
            notifier.warning(f"{len(result.written)} files are written, {len(result.failed)} are not: {listed}{more}")
            return
        place: Path = result.written[0]
        words = f"Written: {place.name}" if len(result.written) == 1 else f"{len(result.written)} files are written."
        notifier.info(words, action=("Show folder", partial(open_outside, place.parent, notifier)))
