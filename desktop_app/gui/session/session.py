"""What is open now: project, image, labels, tool; every change is told by one signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject, Signal

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import UserError, errors_told
from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.history import EditHistory
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.store import Edit
from desktop_app.core.labelling.tools import FIRST_TOOL
from desktop_app.core.project import Item, Project
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.session.open_labels import OpenLabels
from desktop_app.gui.session.reviewing import Reviewing
from desktop_app.io.images.page_cache import viewing_cache_bytes
from desktop_app.io.labels.session import LabelSession, UndoBudget
from desktop_app.io.projects import OpenProject
from desktop_app.io.settings import save_settings

FIRST_VALUE = 1  # what is painted in a new project: its first class or object


class Session(QObject):
    """Holds the current values. Values never change in place; voxels do, and then a region is told.

    Attributes:
        layers: What lies over the open image.
        reviewing: What was said of its objects.

    Signals:
        project_changed: The new ``Project``, or None.
        item_changed: The new ``Item``, or None.
        volume_changed: The new ``Volume``, or None.
        time_changed: Number of the time point that is shown, from 0.
        labels_replaced: Other labels are open, or none.
        labels_edited: The touched ``Region``.
        history_changed: Undo or redo became possible or impossible, or has another title.
        edit_stepped: The ``Region`` that undo or redo just changed, so that a viewer can go there.
        tool_changed: Name of the tool.
        active_value_changed: The label value that tools paint.
        scheme_changed: The new ``LabelScheme``.
        models_changed: Models came, went or changed their names.
        results_changed: Runs or results came or went.
        settings_changed: The new ``AppSettings``.
        about_to_store: What is painted now will be stored: a running stroke should be written down.
        saved: Labels and project are on disk.
        error_occurred: A ``UserError`` of something that ran by itself, such as saving.
        edits_recovered: What an earlier, killed session had not saved, step by step in words.
    """

    project_changed = Signal(object)
    item_changed = Signal(object)
    volume_changed = Signal(object)
    time_changed = Signal(int)
    labels_replaced = Signal()
    labels_edited = Signal(object)
    history_changed = Signal()
    edit_stepped = Signal(object)
    tool_changed = Signal(str)
    active_value_changed = Signal(int)
    scheme_changed = Signal(object)
    models_changed = Signal()
    results_changed = Signal()
    settings_changed = Signal(object)
    about_to_store = Signal()
    saved = Signal()
    error_occurred = Signal(object)
    edits_recovered = Signal(object)

    def __init__(self, settings: AppSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings or AppSettings()
        self.open_project: OpenProject | None = None
        self.project: Project | None = None
        self.item: Item | None = None
        self.volume: Volume | None = None
        self.tool = FIRST_TOOL
        self.stroke_running = False  # a tool is writing; undo waits until it has finished
        self.carrying_out = ""  # title of an operation that a job writes into the labels; nothing else may meanwhile
        self.active_value = FIRST_VALUE
        self.layers = Layers(self)
        self._open_labels = OpenLabels(self)
        self._open_labels.failed.connect(self.error_occurred)
        self._open_labels.saved.connect(self.saved)
        self._open_labels.about_to_store.connect(self.about_to_store)
        self.reviewing = Reviewing(self)
        self.reviewing.failed.connect(self.error_occurred)

    @property
    def scheme(self) -> LabelScheme:
        """What labels mean in the open project."""
        return self.project.scheme if self.project is not None else LabelScheme()

    @property
    def labels(self) -> LabelSession | None:
        """The labels of the open image, at the time point shown."""
        return self._open_labels.current

    @property
    def history(self) -> EditHistory | None:
        """What was done to the open labels."""
        return self.labels.history if self.labels is not None else None

    def adopt(self, opened: OpenProject) -> None:
        """Show a project that was just opened or made; closes the one before.

        Raises:
            UserError: If the one before cannot be saved; it stays open then, and the new one is closed.
        """
        try:
            self.close_project()
        except UserError:
            opened.close()
            raise
        self.open_project, self.project = opened, opened.project
        self.project_changed.emit(self.project)
        self.scheme_changed.emit(self.project.scheme)
        self.models_changed.emit()
        self.results_changed.emit()

    def close_project(self) -> None:
        """Save everything and let go of the project; harmless if none is open."""
        self.close_item()
        if self.open_project is None:
            return
        self.open_project.close()
        self.open_project = self.project = None
        self.set_active_value(FIRST_VALUE)
        self.project_changed.emit(None)

    def abandon_project(self) -> None:
        """Let go of the project without saving, because saving has failed; other windows may open it then."""
        self._open_labels.abandon()
        self.volume = self.item = None
        self._tell_item()
        self.close_project()

    def update_project(self, project: Project) -> None:
        """Save a changed project and tell everybody.

        Raises:
            UserError: If it cannot be written; nothing is changed then.
        """
        if self.open_project is None or project == self.project:
            return
        before = self.project
        self.open_project.save(project)
        self.project = project
        self.project_changed.emit(project)
        if before is None or before.scheme != project.scheme:
            self.scheme_changed.emit(project.scheme)
        self._renew_item(project)

    def update_item(self, item: Item) -> None:
        """Save a changed image entry of the project."""
        if self.project is not None:
            self.update_project(self.project.replaced(item))

    def select_item(self, item_id: str) -> None:
        """Open an image of the project with its labels.

        Raises:
            UserError: If the image or its labels cannot be opened; then no image is open.
        """
        if self.open_project is None or self.project is None:
            return
        if self.item is not None and self.item.id == item_id and self.volume is not None:
            return
        item = self.project.item(item_id)
        self.close_item()
        volume = self.open_project.open_image(item, viewing_cache_bytes(self.settings.viewing_memory_mb))
        labels = self._open_labels.open(self.open_project, item, volume, self._undo_budget())
        self.item, self.volume = item, volume
        self._tell_item()
        if item.remarks != volume.notes:
            self._try_to_update(item.model_copy(update={"remarks": volume.notes}))
        if labels.recovered:
            self.edits_recovered.emit(labels.recovered)

    def set_time(self, time: int) -> None:
        """Show another time point of the open movie, with its labels if they can be opened; not during a stroke.

        Raises:
            UserError: If the labels of one of the two cannot be stored or opened, or a job is changing them.
        """
        volume, item, opened = self.volume, self.item, self.open_project
        if volume is None or item is None or opened is None or self.stroke_running or not 0 <= time < volume.times:
            return
        if time == volume.time and self.labels is not None:
            return
        self._require_calm()
        self._open_labels.close()
        self.volume = volume.at_time(time)
        try:
            labels = self._open_labels.open(opened, item, self.volume, self._undo_budget())
        finally:
            self.volume_changed.emit(self.volume)
            self.time_changed.emit(time)
            self.labels_replaced.emit()
            self.history_changed.emit()
        if labels.recovered:
            self.edits_recovered.emit(labels.recovered)

    def use_labels_of(self, item: Item) -> None:
        """Save which label layers the open image has, and edit the one that it says.

        Raises:
            UserError: If the labels of now cannot be stored, the others cannot be opened, or a job is changing them.
        """
        volume, opened, before = self.volume, self.open_project, self.item
        if volume is None or opened is None or before is None or before.id != item.id or self.stroke_running:
            return
        if item.edited == before.edited:
            self.update_item(item)
            return
        self._require_calm()
        self._open_labels.close()
        try:
            self.update_item(item)
        finally:
            labels = self._open_labels.open(opened, self.item or before, volume, self._undo_budget())
            self.labels_replaced.emit()
            self.history_changed.emit()
        if labels.recovered:
            self.edits_recovered.emit(labels.recovered)

    def close_item(self) -> None:
        """Save and close the image; harmless if none is open.

        Raises:
            UserError: If it cannot be saved, or a job is changing its labels; it stays open then.
        """
        if self.labels is None and self.volume is None:
            return
        self._require_calm()
        self._open_labels.close()
        self.volume = self.item = None
        self._tell_item()

    def release_labels(self) -> None:
        """Save the open labels and let go of their file, so that a job can replace them; ``reload_labels`` follows."""
        if self.labels is None:
            return
        self._require_calm()
        self._open_labels.release()
        self.labels_replaced.emit()
        self.history_changed.emit()

    def reload_labels(self) -> None:
        """Open the labels again after a job has replaced them; what was done before cannot be undone any more."""
        if self.item is None or self.volume is None or self.open_project is None:
            return
        self.release_labels()
        self._open_labels.open(self.open_project, self.item, self.volume, self._undo_budget()).forget()
        self.labels_replaced.emit()
        self.history_changed.emit()

    def commit_edit(self, edit: Edit) -> None:
        """Remember an edit that a tool has just done, in the undo history and in the journal."""
        labels = self.labels
        if labels is not None:
            self._step_done(edit, lambda began: labels.commit(edit, began=began))

    def finish_edit(self, edit: Edit) -> None:
        """Remember an edit all of which was told to the journal while it was carried out."""
        labels = self.labels
        if labels is not None:
            self._step_done(edit, lambda began: labels.finish(edit, began=began))

    def undo(self) -> None:
        """Take back the last edit of the open labels."""
        self._move(1, back=True)

    def redo(self) -> None:
        """Do the last undone edit again."""
        self._move(1, back=False)

    def go_to(self, position: int) -> None:
        """Undo or redo until so many steps are done; told as one."""
        if self.history is not None:
            count = position - self.history.position
            self._move(abs(count), back=count < 0)

    def save(self) -> None:
        """Write labels now.

        Raises:
            UserError: If they cannot be written.
        """
        if self.labels is not None:
            self.about_to_store.emit()
            self.labels.flush()
        self.reviewing.flush()
        self.saved.emit()

    def set_tool(self, name: str) -> None:
        """Take a labelling tool in hand."""
        if name != self.tool:
            self.tool = name
            self.tool_changed.emit(name)

    def set_active_value(self, value: int) -> None:
        """Choose what tools paint: an object id or a class value; 0 erases."""
        if value != self.active_value and value >= 0:
            self.active_value = value
            self.active_value_changed.emit(value)

    def update_settings(self, settings: AppSettings) -> None:
        """Save preferences and tell everybody.

        Raises:
            UserError: If they cannot be written; they hold for this session all the same.
        """
        if settings == self.settings:
            return
        self.settings = settings
        self.settings_changed.emit(settings)
        save_settings(settings)

    def _require_calm(self) -> None:
        if self.carrying_out:
            raise UserError(
                f"“{self.carrying_out}” is changing these labels.", hint="Wait until it is done, or stop it under Jobs."
            )

    def _try_to_update(self, item: Item) -> None:
        with errors_told(self.error_occurred.emit):
            self.update_item(item)

    def _undo_budget(self) -> UndoBudget:
        return UndoBudget(self.settings.undo_memory_mb, self.settings.undo_disk_mb)

    def _step_done(self, edit: Edit, remember: Callable[[bool], object]) -> None:
        began = self.item is not None and self.item.status == "new"
        with errors_told(self.error_occurred.emit):
            remember(began)
        if not edit.region.empty:
            self._open_labels.note_painted()
            self.labels_edited.emit(edit.region)
        self.history_changed.emit()
        if began:
            self._begin_item("in progress")

    def _move(self, count: int, *, back: bool) -> None:
        """Go some steps back or forward, as far as that is possible."""
        if self.labels is None or self.stroke_running or self.carrying_out:
            return
        moved = self._open_labels.move(count, back=back)
        if moved is not None:
            self.reviewing.move(moved.said, back=back)
            if not moved.region.empty:
                self.labels_edited.emit(moved.region)
            if not moved.last.empty:
                self.edit_stepped.emit(moved.last)
        self.history_changed.emit()
        if moved is not None and moved.began:
            self._begin_item("new" if back else "in progress")

    def _begin_item(self, status: Literal["new", "in progress"]) -> None:
        """The first edit makes an image one in progress; taking that edit back makes it new again.

        Edits of other label layers than the first say nothing of it.
        """
        item, opened = self.item, self.open_project
        if item is None or opened is None or item.edited != FIRST_LAYER or item.status not in ("new", "in progress"):
            return
        if status == "in progress" or len(opened.labelled_times(item.id)) == 1:
            self._try_to_update(item.model_copy(update={"status": status}))

    def _renew_item(self, project: Project) -> None:
        if self.item is None:
            return
        renewed = next((i for i in project.items if i.id == self.item.id), None)
        if renewed is None:
            self.close_item()
        elif renewed != self.item:
            before, self.item = self.item, renewed
            self.item_changed.emit(renewed)
            if before.reading != renewed.reading:
                self.read_anew()

    def read_anew(self) -> None:
        """Show the open image as its file is, and is read, now; who changes its shape closes it before."""
        if self.open_project is not None and self.item is not None and self.volume is not None:
            volume = self.open_project.open_image(self.item, viewing_cache_bytes(self.settings.viewing_memory_mb))
            self.volume = volume.at_time(min(self.volume.time, volume.times - 1))
            self.volume_changed.emit(self.volume)

    def _tell_item(self) -> None:
        self.item_changed.emit(self.item)
        self.volume_changed.emit(self.volume)
        self.labels_replaced.emit()
        self.history_changed.emit()
