"""Labels that are being edited: the label file and its journal together."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.labelling.store import Edit
from desktop_app.io.labels.journal import Journal
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.naming import naming


@dataclass(frozen=True, slots=True)
class Frozen:
    """The state of a moment, on its way to the disk.

    Attributes:
        unsynced: Descriptor of the journal to be forced onto the disk, None if nothing is new.
        finished: Parts of the journal that it makes superfluous.
    """

    unsynced: int | None
    finished: tuple[Path, ...]


class LabelSession:
    """Opens labels for editing and brings back edits that a killed program had not flushed.

    Paint into ``labels``, then ``record`` each edit, each undo and each redo. Call ``sync`` about every second, and
    ``freeze`` and ``store`` about every 30 seconds; ``store`` may run in another thread.

    Attributes:
        labels: The voxels.
        recovered: Number of edits brought back on opening.

    Args:
        label_path: The label file.
        journal_path: Its journal.
        title: How the user knows the labels, for errors, such as ``the labels of cell 3``.

    Raises:
        UnreadableFileError: If the labels are missing or damaged.
    """

    def __init__(self, label_path: Path, journal_path: Path, title: str = "") -> None:
        self._title = title
        self.labels = LabelFile.open(label_path, title)
        self.labels.remove_leftovers()
        self._journal = Journal(journal_path, self.labels.shape)
        self._lock = threading.Lock()
        self._flush_lock = threading.Lock()
        self.recovered = self._journal.replay(self.labels)
        self.flush()

    @property
    def dirty(self) -> bool:
        """Whether there are changes that ``flush`` would write."""
        return self.labels.dirty

    def record(self, edit: Edit, reverted: bool = False) -> None:
        """Write down an edit that is already in ``labels``.

        Args:
            edit: What changed.
            reverted: The edit was undone.

        Raises:
            UnwritableFileError: If the disk refuses; the voxels are still in memory.
        """
        with self._lock, naming(self._title):
            self._journal.append(edit, reverted=reverted)

    def sync(self) -> None:
        """Force the journal onto the disk; may run in another thread, and painting does not wait for it.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        with self._lock:
            file = self._journal.unsynced()
        with naming(self._title):
            self._journal.sync(file)

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
            with naming(self._title):
                try:
                    self._journal.sync(frozen.unsynced)
                except BaseException:
                    self.labels.thaw()
                    raise
                self.labels.flush()
                self._journal.discard(frozen.finished)
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
            with self._lock, naming(self._title):
                unsynced = self._journal.unsynced()
                try:
                    finished = self._journal.rotate()
                except BaseException:
                    if unsynced is not None:
                        os.close(unsynced)
                    raise
            self.labels.freeze()
        except BaseException:
            self._flush_lock.release()
            raise
        return Frozen(unsynced, tuple(finished))

    def close(self) -> None:
        """Flush and let go of the files."""
        self.flush()
        self.labels.close()
        with self._lock:
            self._journal.close()

    def abandon(self) -> None:
        """Let go of the files without writing; what is in the journal comes back when the labels are opened again."""
        with self._lock:
            self._journal.close()
