"""The labels of the image that is open: opened, saved while the user works, stepped through, closed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import errors_told
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.labelling.store import Edit
from desktop_app.core.project import Item
from desktop_app.gui.session.autosave import Autosave
from desktop_app.io.labels.session import LabelSession, UndoBudget
from desktop_app.io.projects import OpenProject


@dataclass(frozen=True, slots=True)
class Moved:
    """What going back or forward in the history has changed.

    Attributes:
        region: The box around all changed voxels.
        last: The box that the last of the steps changed.
        began: Whether the very first edit of the image was among the steps.
        said: What was said of objects in the steps, in their order.
    """

    region: Region
    last: Region
    began: bool
    said: tuple[bytes, ...] = ()


class OpenLabels(QObject):
    """Holds the labels of one image at one time point, or none.

    Attributes:
        current: The open labels.
        autosave: What saves them while the user works.

    Signals:
        about_to_store: What is painted now will be stored: a running stroke should be written down.
        saved: Changed labels are on disk.
        failed: A ``UserError`` of saving by itself, or of a step.
    """

    about_to_store = Signal()
    saved = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.current: LabelSession | None = None
        self._place: tuple[OpenProject, Item, Volume] | None = None
        self._is_fresh = False
        self.autosave = Autosave(self)
        self.autosave.failed.connect(self.failed)
        self.autosave.saved.connect(self.saved)
        self.autosave.about_to_store.connect(self.about_to_store)

    def open(self, opened: OpenProject, item: Item, volume: Volume, budget: UndoBudget) -> LabelSession:
        """Open the labels of an image at a time point. Those of a movie are kept once something is painted.

        Raises:
            UserError: If they cannot be opened.
        """
        self._is_fresh = volume.times > 1 and not opened.label_path(item.id, volume.time, item.edited).exists()
        self.current = opened.label_session(item, volume, budget)
        self._place = opened, item, volume
        self.autosave.start(self.current)
        return self.current

    def close(self) -> None:
        """Save and close the labels; those of a time point at which nothing was done vanish again.

        Raises:
            UserError: If they cannot be saved; they stay open then.
        """
        self.autosave.stop()
        if self.current is None:
            return
        history = self.current.history
        untouched = history.next_undo is None and history.next_redo is None
        self.current.close()
        self.current = None
        if untouched and self._is_fresh and self._place is not None:
            opened, item, volume = self._place
            opened.remove_labels(item.id, volume.time, item.edited)

    def note_painted(self) -> None:
        """Something was painted: the project knows from now on that there are labels."""
        if self._place is None:
            return
        opened, item, volume = self._place
        with errors_told(self.failed.emit):
            opened.note_painted(item.id, volume.time, item.edited)

    def release(self) -> None:
        """Save the labels and let go of their file, so that a job can replace them.

        Raises:
            UserError: If they cannot be saved; they stay open then.
        """
        self.autosave.stop()
        if self.current is not None:
            self.current.close()
        self.current = None

    def abandon(self) -> None:
        """Let go of the labels without saving, because saving has failed."""
        self.autosave.stop()
        if self.current is not None:
            self.current.abandon()
        self.current = None

    def move(self, count: int, *, back: bool) -> Moved | None:
        """Go some steps back or forward, as far as that is possible; None if nothing was changed."""
        labels = self.current
        if labels is None:
            return None
        moved = [step for _ in range(count) if (step := self._step(labels, back=back)) is not None]
        if not moved:
            return None
        edits = [edit for edit, _ in moved]
        regions, said = [edit.region for edit in edits], tuple(edit.said for edit in edits if edit.said)
        return Moved(reduce(Region.union, regions), regions[-1], any(began for _, began in moved), said)

    def _step(self, labels: LabelSession, *, back: bool) -> tuple[Edit, bool] | None:
        """One step back or forward: what it is, and whether it was the first of all; None if nothing was done."""
        step = labels.history.next_undo if back else labels.history.next_redo
        if step is None:
            return None
        with errors_told(self.failed.emit):
            (labels.undo if back else labels.redo)()
        moved = labels.history.next_redo is step if back else labels.history.next_undo is step
        return (step.edit, step.began) if moved and step.edit is not None else None
