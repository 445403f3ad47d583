"""What becomes of a review: tables for other programs, and labels to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from desktop_app.gui.proofreading.reviewer import Reviewer
from desktop_app.gui.window_context import WindowContext

if TYPE_CHECKING:
    from desktop_app.jobs.objects.write_review import ReviewWritten, StoresByPlace


class ReviewOutcome(QObject):
    """Exports reviews, and makes corrected labels training data.

    Args:
        context: What is open, where tables are written, who asks, and what dialogs open above.
        reviewer: Knows how many objects are doubtful.
    """

    def __init__(self, context: WindowContext, reviewer: Reviewer) -> None:
        super().__init__(context.window)
        self._session, self._reviewer, self._runner = context.session, reviewer, context.runner
        self._notifier, self._window = context.notifier, context.window

    def use_for_training(self) -> None:
        """Mark the open image as done, so that the next training learns from it; doubtful objects are asked about."""
        item = self._session.item
        if item is None:
            return
        doubtful = self._reviewer.count_of("doubtful")
        if doubtful and not self._notifier.ask(
            f"Learn from {item.name} although {doubtful:,} of its objects are doubtful?",
            "A model learns mistakes, too. Go through the doubtful objects first, or delete them.",
            yes="Use for training",
        ):
            return
        with self._notifier.errors_told():
            self._session.save()
            self._session.update_item(item.model_copy(update={"all_done": True, "status": "done"}))
            self._notifier.info(f"The next training learns from {item.name}. “Train a model…” also goes on with one.")

    def ask_and_export(self) -> None:
        """Ask for a folder, and write the tables there."""
        opened = self._session.open_project
        if opened is None:
            return
        start = str(opened.folder.parent)
        chosen = QFileDialog.getExistingDirectory(self._window, "Folder for the tables of the review", start)
        if chosen:
            self.export(Path(chosen))

    def export(self, out: Path) -> None:
        """Write the tables into a folder; labels that are open are taken as they stand."""
        from desktop_app.jobs.objects.write_review import write_review_tables

        opened, item, volume, labels = (
            self._session.open_project, self._session.item, self._session.volume, self._session.labels,
        )  # fmt: skip
        if opened is None:
            return
        self._session.reviewing.flush()
        stores: StoresByPlace = {}
        if item is not None and volume is not None and labels is not None:
            stores[item.id, volume.time, item.edited] = labels.labels
        job = self._runner.start("Export the review", lambda ctx: write_review_tables(opened, out, ctx, stores))
        job.succeeded.connect(self._on_written)

    def _on_written(self, written: ReviewWritten) -> None:
        minutes = f"{written.seconds / 60:.0f} minutes"
        self._notifier.info(f"The review of {written.objects:,} objects ({minutes}) was written to {written.out}.")
