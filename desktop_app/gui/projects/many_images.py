"""What the user can do with several images of a project at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from desktop_app.core.job import CaseUpdate, JobEvent
from desktop_app.core.project import Item
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.projects.labels_dialog import LabelsDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.browsing_copies import delete_copies_of
from desktop_app.jobs.data.import_many import ImportedMany, import_many

_NAMED = 3  # failed images whose names are told; more would not be read


class ManyImages(QObject):
    """Acts on several images as one step.

    Args:
        context: Of the main window.
        convert: Asks how images are to be converted.
    """

    def __init__(self, context: WindowContext, convert: Callable[[Sequence[Item]], None] | None = None) -> None:
        super().__init__(context.window)
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._convert = convert
        self._running: dict[JobHandle, tuple[bool, dict[str, str]]] = {}

    def do(self, request: str, keys: Sequence[str]) -> None:
        """Do what was requested for the images with these ids."""
        project = self._session.project
        items = [item for item in project.items if item.id in set(keys)] if project is not None else []
        if not items:
            self._notifier.warning("Add images to the project first.")
        elif request == "import_labels":
            self.ask_labels(items)
        elif request == "convert" and self._convert is not None:
            self._convert(items)
        elif request == "remove":
            self.remove(items)
        elif request in ("done", "not_done"):
            self.mark(items, done=request == "done")

    def ask_labels_of_all(self) -> None:
        """Import labels by name, with all images of the project in the table."""
        project = self._session.project
        self.do("import_labels", [item.id for item in project.items] if project is not None else [])

    def mark(self, items: Sequence[Item], *, done: bool) -> None:
        """Mark images as completely labelled, or as still in progress."""
        project = self._session.project
        if project is None:
            return
        for item in items:
            status = "done" if done else "in progress" if item.status != "new" else "new"
            project = project.replaced(item.model_copy(update={"all_done": done, "status": status}))
        with self._notifier.errors_told():
            self._session.update_project(project)

    def remove(self, items: Sequence[Item]) -> None:
        """Take images out of the project after one question; nothing is deleted on disk."""
        project = self._session.project
        agreed = self._notifier.ask(
            "Remove images",
            f"Take {len(items)} images out of the project?\n\nThe image files stay where they are. Their labels stay "
            "in the project folder, but are not shown any more.",
            "Remove",
        )
        if not agreed or project is None:
            return
        with self._notifier.errors_told():
            if self._session.item is not None and self._session.item.id in {item.id for item in items}:
                self._session.close_item()
            for item in items:
                project = project.without(item.id)
            opened = self._session.open_project
            self._session.update_project(project)
            if opened is not None:
                for item in items:
                    delete_copies_of(opened.image_path(item))

    def ask_labels(self, items: Sequence[Item]) -> None:
        """Show which label file belongs to which image, then import those that the user agrees to."""
        opened = self._session.open_project
        if opened is None:
            return
        dialog = LabelsDialog(opened, items, self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.import_labels(dialog.pairs(), done=dialog.mark_done())
        dialog.deleteLater()

    def import_labels(self, pairs: Sequence[tuple[Item, Path]], *, done: bool = False) -> None:
        """Import label files in the background; ``done`` marks the images as completely labelled then."""
        opened = self._session.open_project
        if opened is None or not pairs:
            return
        if self._session.item is not None and self._session.item.id in {item.id for item, _ in pairs}:
            self._session.release_labels()
        count = "one image" if len(pairs) == 1 else f"{len(pairs)} images"
        job = self._runner.start(f"Import labels of {count}", partial(import_many, opened, list(pairs)))
        arrived: dict[str, str] = {}
        self._running[job] = done, arrived
        job.reported.connect(partial(_take, arrived))
        job.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        job = self.sender()
        if not isinstance(job, JobHandle) or job not in self._running:
            return
        done, arrived = self._running.pop(job)
        opened, project = self._session.open_project, self._session.project
        if opened is None or project is None:
            return
        changes = {"status": "done" if done else "in progress", "all_done": done, "done_slices": ()}
        for item in project.items:
            if item.id in arrived:
                origin = opened.relative(Path(arrived[item.id]))
                project = project.replaced(item.model_copy(update={"imported_labels": origin, **changes}))
        with self._notifier.errors_told():
            self._session.update_project(project)
            if self._session.item is not None:
                self._session.reload_labels()
        if job.state == "succeeded":
            self._tell(job.result, len(arrived))

    def _tell(self, result: ImportedMany, count: int) -> None:
        project = self._session.project
        if result.failed:
            names = ", ".join(f"“{name}” ({why})" for name, why in result.failed[:_NAMED])
            more = f" and {len(result.failed) - _NAMED} more" if len(result.failed) > _NAMED else ""
            self._notifier.warning(f"{count} images have their labels. Not imported: {names}{more}")
        else:
            self._notifier.info(f"{'One image has' if count == 1 else f'{count} images have'} their labels.")
        scheme = project.scheme.with_values(result.values) if project is not None and result.values else None
        if project is not None and scheme is not None and scheme != project.scheme:
            with self._notifier.errors_told():
                self._session.update_project(project.model_copy(update={"scheme": scheme}))
            self._notifier.info("The labels hold new numbers. They are in the list of classes; give them names there.")


def _take(arrived: dict[str, str], event: JobEvent) -> None:
    """Remember which images have their labels, also if the job is stopped later."""
    if isinstance(event, CaseUpdate) and event.state == "done":
        arrived[event.name] = event.output
