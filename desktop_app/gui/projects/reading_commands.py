"""Saying how image files are to be read: axes, image in the file, voxel size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from desktop_app.core.imaging import ImageReading
from desktop_app.core.project import Item
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.projects.reading_dialog import ReadingDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.data.readings import CheckedReading, check_reading, for_item, is_labelled


class ReadingCommands(QObject):
    """Asks, checks in the background whether the files can be read so, and keeps it in the project."""

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._checking: dict[JobHandle, tuple[OpenProject, ImageReading]] = {}

    def ask(self, item: Item, *, whole_folder: bool = False) -> None:
        """Ask how the file of an image is to be read, and perhaps those of all images of its folder."""
        opened = self._session.open_project
        if opened is None:
            return
        beside = _in_folder_of(opened, item)
        with self._notifier.errors_told():
            labelled = None
            if is_labelled(item):
                volume = opened.open_image(item)
                labelled = volume.shape, volume.times
            dialog = ReadingDialog(
                opened.image_path(item), opened.reading_of(item), opened.project.unit, len(beside) - 1, labelled,
                self._window,
            )  # fmt: skip
            dialog.whole_folder.setChecked(whole_folder and len(beside) > 1)
            if dialog.exec() == QDialog.DialogCode.Accepted:
                self.set_reading(beside if dialog.whole_folder.isChecked() else [item], dialog.reading())
            dialog.deleteLater()

    def ask_for_sizes(self, items: Sequence[Item]) -> None:
        """Offer once to set the voxel size of images whose files do not state it."""
        if items:
            count = "One image does" if len(items) == 1 else f"{len(items)} images do"
            ask = partial(self.ask, items[0], whole_folder=True)
            self._notifier.info(f"{count} not state the voxel size; lengths are in pixels.", action=("Set it", ask))

    def set_reading(self, items: Sequence[Item], reading: ImageReading) -> None:
        """Keep what the user says of files, where they can be read so."""
        opened = self._session.open_project
        if opened is None:
            return
        job = self._runner.start("Read images anew", partial(check_reading, opened, list(items), reading))
        self._checking[job] = opened, reading
        job.finished.connect(self._on_checked)

    def _on_checked(self) -> None:
        job = self.sender()
        if not isinstance(job, JobHandle) or job not in self._checking:
            return
        opened, reading = self._checking.pop(job)
        if job.state == "succeeded" and self._session.open_project is opened:
            with self._notifier.errors_told():
                self._keep(opened, job.result, reading)

    def _keep(self, opened: OpenProject, checked: CheckedReading, reading: ImageReading) -> None:
        shown = self._session.item
        reopen = shown is not None and shown.id in checked.other
        if reopen:
            self._session.close_item()
        for item_id in checked.other:
            for time in opened.labelled_times(item_id):
                opened.remove_labels(item_id, time)
        project = opened.project
        for item_id in (*checked.same, *checked.other):
            item = project.item(item_id)
            project = project.replaced(item.model_copy(update={"reading": for_item(reading, item)}))
        self._session.update_project(project)
        if reopen and shown is not None:
            self._session.select_item(shown.id)
        if checked.refused:
            more = f" and {len(checked.refused) - 1} more" if len(checked.refused) > 1 else ""
            self._notifier.warning(f"Not changed: {checked.refused[0]}{more}")


def _in_folder_of(opened: OpenProject, item: Item) -> list[Item]:
    """The images of a project that lie in the folder of one of them, this one first."""
    folder = opened.image_path(item).parent
    others = [i for i in opened.project.items if i.id != item.id and opened.image_path(i).parent == folder]
    return [item, *others]
