"""Labels that are being edited: the label file and its journal together."""

from __future__ import annotations

import threading
from pathlib import Path

from desktop_app.core.labelling.store import Edit
from desktop_app.io.labels.journal import Journal
from desktop_app.io.labels.label_file import LabelFile


class LabelSession:
    """Opens labels for editing and brings back edits that a killed program had not flushed.

    Paint into ``labels``, then ``record`` each edit, each undo and each redo. Call ``sync`` about every second and
    ``flush`` about every 30 seconds; ``flush`` may run in another thread.

    Attributes:
        labels: The voxels.
        recovered: Number of edits brought back on opening.

    Raises:
        UnreadableFileError: If the labels are missing or damaged.
    """

    def __init__(self, label_path: Path, journal_path: Path) -> None:
        self.labels = LabelFile.open(label_path)
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
        with self._lock:
            self._journal.append(edit, reverted=reverted)

    def sync(self) -> None:
        """Force the journal onto the disk; may run in another thread, and painting does not wait for it.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        with self._lock:
            file = self._journal.unsynced()
        self._journal.sync(file)

    def flush(self) -> None:
        """Write all changes into the label file and forget their journal.

        Raises:
            UnwritableFileError: If the disk refuses; journal and changes are kept.
        """
        with self._flush_lock:
            self.sync()
            with self._lock:
                finished = self._journal.rotate()
            self.labels.flush()
            self._journal.discard(finished)

    def close(self) -> None:
        """Flush and let go of the files."""
        self.flush()
        self.labels.close()
        with self._lock:
            self._journal.close()
