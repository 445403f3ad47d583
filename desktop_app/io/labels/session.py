"""Labels that are being edited: the label file, its journal and the list of steps together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.history import EditHistory, ForgottenError, Step
from desktop_app.core.labelling.store import Edit, Patch
from desktop_app.io.labels.journal import Journal, Past, lies_at, read_edit
from desktop_app.io.labels.journal_files import Position
from desktop_app.io.labels.journal_records import Kind, Record, RecordPlace
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.naming import naming

_MEGABYTE = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class UndoBudget:
    """What undo may take.

    Attributes:
        memory_mb: Memory for the voxels of steps; older steps are read from the disk again.
        disk_mb: Room on the disk for the labels of one image; the oldest steps beyond it are forgotten.
    """

    memory_mb: int = 512
    disk_mb: int = 256


@dataclass(frozen=True, slots=True)
class Frozen:
    """The state of a moment, on its way to the disk.

    Attributes:
        unsynced: Descriptor of the journal to be forced onto the disk, None if nothing is new.
        position: The place in the journal up to which that state comes.
    """

    unsynced: int | None
    position: Position


class LabelSession:
    """Opens labels for editing, with all that can be undone, and does again what a killed program had not stored.

    Paint into ``labels``, then ``commit`` each edit; ``undo`` and ``redo`` go through the steps, also those of earlier
    sessions. Tell ``part`` from time to time what a long stroke has done so far. Call ``sync`` about every second, and
    ``freeze`` and ``store`` about every 30 seconds; ``store`` may run in another thread. Nothing is stored before the
    journal knows it.

    Attributes:
        labels: The voxels.
        recovered: What was done again on opening because it had not been stored, in words, oldest first.

    Args:
        label_path: The label file.
        journal_path: Its journal.
        title: How the user knows the labels, for errors, such as ``the labels of cell 3``.
        budget: For undo.

    Raises:
        UnreadableFileError: If the labels are missing or damaged.
    """

    def __init__(
        self, label_path: Path, journal_path: Path, title: str = "", budget: UndoBudget | None = None
    ) -> None:  # fmt: skip
        budget = budget or UndoBudget()
        self._named = naming(title)
        self.labels = LabelFile.open(label_path, title)
        self.labels.remove_leftovers()
        self._journal = Journal(journal_path, self.labels.shape, budget.disk_mb * _MEGABYTE)
        self._history = EditHistory(budget.memory_mb * _MEGABYTE)
        self._oldest = 0
        self._looked_from: int | None = None  # the oldest part when the steps were last looked through
        self._places: list[RecordPlace] = []
        self._lock = threading.Lock()
        self._flush_lock = threading.Lock()
        with self._named:
            past = self._journal.replay(self.labels)
            self._history.restore(past.done, past.undone)
            self.labels.keep_journal(lambda: self._journal.sync(self._journal.unsynced()))
            self._take_up(past)
            self.recovered = tuple(past.replayed)
            self.flush()
            self._journal.forget_old()

    @property
    def history(self) -> EditHistory:
        """The steps that can be undone and done again."""
        oldest = self._oldest
        if oldest != self._looked_from:
            self._history.forget_parts(oldest)
            self._looked_from = oldest
        return self._history

    @property
    def dirty(self) -> bool:
        """Whether there are changes that ``flush`` would write."""
        return self.labels.dirty

    def commit(self, edit: Edit, *, began: bool = False) -> Step:
        """Remember a finished step that is already in ``labels``.

        Args:
            edit: What changed.
            began: Whether it is the first change of all.

        Raises:
            UnwritableFileError: If the disk refuses; the step is remembered, and written down when that works again.
        """
        step = self.history.push(edit, began=began)
        kind = Kind.SAID if edit.said else Kind.STEP
        record = Record(kind, edit.title, began, patches=edit.patches, said=edit.said)
        self._tell(record, lambda place: lies_at(step, (place,), self.labels.shape))
        return step

    def part(self, edit: Edit) -> None:
        """Write down what a step that goes on has done since this was last called; already in ``labels``.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        self._tell(Record(Kind.PART, edit.title, patches=edit.patches))

    def change(self, patch: Patch, title: str) -> None:
        """Write down a part of a step, then do it in ``labels``; may run in another thread. ``finish`` comes after.

        Raises:
            UnwritableFileError: If the disk refuses; nothing is changed then.
        """
        with self._lock, self._named:
            self._journal.append(Record(Kind.PART, title, patches=(patch,)), self._places.append)
            patch.apply(self.labels)
        self.labels.journal_knows()

    def take_back(self, patches: Sequence[Patch]) -> None:
        """Put back what ``change`` has done of a step, which is given up; may run in another thread.

        Raises:
            UnwritableFileError: If the disk refuses; the voxels are put back all the same.
        """
        with self._lock:
            self._places = []
            for patch in reversed(patches):
                patch.revert(self.labels)
        if patches:
            before = tuple(Patch(patch.region, b"", patch.before) for patch in reversed(patches))
            self._tell(Record(Kind.DROPPED, patches=before))

    def finish(self, edit: Edit, *, began: bool = False) -> Step:
        """A step is finished, all of which was told by ``change``.

        Raises:
            UnwritableFileError: If the disk refuses; the step is remembered all the same.
        """
        step = self.history.push(edit, began=began)
        places, self._places = self._places, []

        def written(_: RecordPlace) -> None:
            lies_at(step, places, self.labels.shape)
            self._looked_from = None  # its first parts may have been forgotten while it went on

        self._tell(Record(Kind.STEP, edit.title, began, count=len(places)), written)
        return step

    def dropped(self, region: Region) -> None:
        """A step was given up, and ``region`` is in ``labels`` as before: whatever was told of it does not count.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        values = self.labels.read(region)
        self._places = []
        self._tell(Record(Kind.DROPPED, patches=(Patch.between(region, values, values),)))

    def undo(self) -> Step | None:
        """Take the newest step back; returns it with its voxels, None if there is none.

        Raises:
            ForgottenError: If that is impossible; the labels stay as they are, and the list begins anew.
            UnwritableFileError: If the disk refuses; the step is taken back all the same.
        """
        return self._moved(back=True)

    def redo(self) -> Step | None:
        """Do the last undone step again; returns it with its voxels, None if there is none.

        Raises:
            ForgottenError: As for ``undo``.
            UnwritableFileError: As for ``undo``.
        """
        return self._moved(back=False)

    def forget(self) -> None:
        """The labels were replaced: no earlier step fits them.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        self.flush()
        self._history.clear()
        with self._named:
            self._journal.forget()

    def sync(self) -> None:
        """Force the journal onto the disk; may run in another thread, and painting does not wait for it.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        with self._named:
            self._journal.catch_up()
            self._journal.sync(self._journal.unsynced())

    def freeze(self) -> Frozen | None:
        """Take the state of now for ``store``; None while an earlier one is still being stored.

        Whatever is stored, the journal must know: call this where all that was painted is recorded.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        return self._frozen() if self._flush_lock.acquire(blocking=False) else None

    def store(self, frozen: Frozen) -> None:
        """Write what ``freeze`` took into the label file and forget its journal; may run in another thread.

        Raises:
            UnwritableFileError: If the disk refuses; journal and changes are kept.
        """
        try:
            with self._named:
                try:
                    self._journal.sync(frozen.unsynced)
                except BaseException:
                    self.labels.thaw()
                    raise
                self.labels.flush()
                self._oldest = self._journal.stored(frozen.position)
        finally:
            self._flush_lock.release()

    def flush(self) -> None:
        """Write all changes into the label file and forget their journal.

        Raises:
            UnwritableFileError: If the disk refuses; journal and changes are kept.
        """
        self._flush_lock.acquire()
        self.store(self._frozen())

    def _frozen(self) -> Frozen:
        """The state of now; lets go of the lock where that fails."""
        try:
            with self._lock, self._named:
                self._journal.catch_up()
                frozen = Frozen(self._journal.unsynced(), self._journal.here())
                self.labels.freeze()
                return frozen
        except BaseException:
            self._flush_lock.release()
            raise

    def close(self) -> None:
        """Flush and let go of the files."""
        self.flush()
        self.labels.close()
        self._journal.close()

    def abandon(self) -> None:
        """Let go of the files without writing; what is in the journal comes back when the labels are opened again."""
        self._journal.close()

    def _tell(self, record: Record, written: Callable[[RecordPlace], None] = lambda _: None) -> None:
        """Write down what has happened in ``labels``; until that works nothing of it is stored."""
        with self._named:
            self._journal.append(record, written)
        self.labels.journal_knows()

    def _moved(self, *, back: bool) -> Step | None:
        history = self.history
        step = history.next_undo if back else history.next_redo
        if step is None:
            return None
        try:
            edit = history.undo(self.labels) if back else history.redo(self.labels)
        except ForgottenError:
            with self._named:
                self._journal.append(Record(Kind.FORGOTTEN))
            raise
        if edit is None:
            return None
        ordered = reversed(edit.patches) if back else edit.patches
        patches = tuple(Patch(p.region, b"", p.before if back else p.after) for p in ordered)
        self._tell(Record(Kind.UNDONE if back else Kind.REDONE, step.title, patches=patches))
        return step

    def _take_up(self, past: Past) -> None:
        """Make a step of one that a killed program has not finished."""
        if past.running:
            title = f"{past.running_title} (interrupted)"
            self._places = past.running
            self.finish(read_edit(self._places, title, self.labels.shape))
            past.replayed.append(title)
