"""What was done to the labels of one image, on disk: strokes come back after a crash, and undo after a restart.

A journal is a row of files, its parts, with numbers behind the name. Each is a row of records (``journal_records``)
that only grows; a record that was not wholly written ends its part, and everything before it counts. A small file
beside them says how far the label file has come: what follows is replayed when the labels are opened, what is before is
history. It stands apart, so that damage to the history cannot have old steps done again over newer labels.
The oldest parts are removed when the journal becomes larger than its budget.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.imaging import Index3
from desktop_app.core.labelling.history import Step
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.io.atomic import writing
from desktop_app.io.labels.journal_files import (
    Position,
    part_numbers,
    part_path,
    stored_position,
    write_position,
)
from desktop_app.io.labels.journal_records import (
    HEADER,
    MAGIC,
    FoundRecord,
    Kind,
    Record,
    RecordPlace,
    end_before,
    is_old,
    old_patches,
    read_record,
    scan,
)  # fmt: skip

_PART_BYTES = 8 * 2**20  # a new part begins beyond this, so that the oldest can be forgotten piece by piece


@dataclass(slots=True)
class Past:
    """What a journal tells of earlier sessions.

    Attributes:
        done: Steps that are done, oldest first.
        undone: Steps that were taken back, the next one last.
        running: Places of the parts of a step that was never finished.
        running_title: Its title.
        replayed: What was done again because the label file did not have it yet, in words.
    """

    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    running: list[RecordPlace] = field(default_factory=list)
    running_title: str = ""
    replayed: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Something is missing here: what was before cannot be undone step by step any more."""
        self.done, self.undone, self.running = [], [], []


class Journal:
    """The journal of one label image.

    A record reaches the operating system at once, so a killed program loses nothing; ``sync``, to be called about once
    a second, forces it onto the disk, which protects against a power cut. What the disk refuses is kept in memory, and
    written before anything else when it works again. Safe to use from several threads.

    Args:
        path: Of the parts, without their number.
        shape: (Z, Y, X) of the labels: a journal of another shape is not replayed.
        keep_bytes: How much of what is stored is kept for undo.
    """

    def __init__(self, path: Path, shape: Index3, keep_bytes: int = 0) -> None:
        self.path, self.keep_bytes = path, keep_bytes
        self._writing = writing(path)
        self._shape = shape
        self._file: int | None = None
        self._stored = stored_position(self.path)
        self._number = max(self._stored.part, *part_numbers(self.path), 0)
        self._part = part_path(self.path, self._number)
        self._end = 0
        self._unsynced = False
        self._waiting: list[tuple[Record, Callable[[RecordPlace], None]]] = []
        self._lock = threading.RLock()

    def append(self, record: Record, written: Callable[[RecordPlace], None] = lambda _: None) -> None:
        """Write down what happened.

        Args:
            record: It.
            written: Hears where it stands, once it does.

        Raises:
            UnwritableFileError: If the disk refuses; the record is written with the next one.
        """
        with self._lock:
            self._waiting.append((record, written))
            self.catch_up()

    def catch_up(self) -> None:
        """Write what the disk has refused before.

        Raises:
            UnwritableFileError: If it still does.
        """
        with self._lock, self._writing:
            while self._waiting:
                record, written = self._waiting[0]
                written(self._written(record))
                del self._waiting[0]

    def here(self) -> Position:
        """The end of all that is written."""
        with self._lock:
            return Position(self._number, self._end)

    def unsynced(self) -> int | None:
        """A file descriptor to force onto the disk and close, for ``sync``; None when nothing is new."""
        with self._lock:
            if not self._unsynced or self._file is None:
                return None
            self._unsynced = False
            return os.dup(self._file)

    def sync(self, file: int | None) -> None:
        """Force onto the disk what ``unsynced`` gave; appending may go on in another thread meanwhile.

        Raises:
            UnwritableFileError: If the disk refuses; the next ``unsynced`` tries again.
        """
        if file is None:
            return
        try:
            with self._writing:
                os.fsync(file)
        except UnwritableFileError:
            self._unsynced = True
            raise
        finally:
            os.close(file)

    def stored(self, position: Position) -> int:
        """The label file holds all that happened before ``position``; the oldest parts may go now.

        Returns:
            The number of the oldest part that is kept.

        Raises:
            UnwritableFileError: If the disk refuses; then more than needed is replayed, to the same end.
        """
        with self._lock:
            if position > self._stored:
                write_position(self.path, position)
                self._stored = position
            with self._writing:
                return self._trimmed()

    def replay(self, store: LabelStore) -> Past:
        """Do again what the label file does not hold yet, and gather the steps of earlier sessions.

        Raises:
            UnwritableFileError: If the journal cannot be read.
        """
        past = Past()
        with self._writing:
            for part in self._old_parts():
                count = 0
                for patch in old_patches(part, self._shape):
                    patch.apply(store)
                    count += 1
                past.replayed += ["a change"] * count
            end = Position()
            for number in part_numbers(self.path):
                ending = end_before(part_path(self.path, number), self._shape)
                if ending is not None:
                    if end != Position(number - 1, ending):
                        past.forget()
                    end = self._replay_part(number, store, past)
            if end < self._stored:
                past.forget()
            self._end = max(end, self._stored).byte
        return past

    def _replay_part(self, number: int, store: LabelStore, past: Past) -> Position:
        """Go through one part; returns where its last whole record ends."""
        end = HEADER.size
        for found in scan(part_path(self.path, number), self._shape):
            _gather(past, found, self._shape)
            if Position(number, found.place.start) >= self._stored:
                self._done_again(found, store, past)
            end = found.end
        return Position(number, end)

    def forget(self) -> None:
        """Remove everything; only while the label file holds all.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        with self._lock, self._writing:
            self.close()
            self._waiting.clear()
            for number in part_numbers(self.path):
                part_path(self.path, number).unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Remove parts that an earlier version has left, once the label file holds what they tell."""
        with self._writing:
            for part in self._old_parts():
                part.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _written(self, record: Record) -> RecordPlace:
        """Write a record at the end; where it cannot be written whole, nothing of it stays, or a new part begins."""
        file = self._opened()
        start = self._end
        try:
            packed = record.packed()
            _write_all(file, packed)
        except OSError:
            try:
                os.ftruncate(file, start)
            except OSError:
                self.close()
            raise
        self._end = start + len(packed)
        self._unsynced = True
        return RecordPlace(self._part, self._number, start)

    def _opened(self) -> int:
        """The file that is written; a new one at first, after one that may end in half a record, and beyond a size."""
        if self._file is not None and self._end > _PART_BYTES:
            if self._unsynced:
                os.fsync(self._file)
            self.close()
        if self._file is None:
            number = self._number + 1
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
            part = part_path(self.path, number)
            file = os.open(part, flags, 0o666)
            try:
                _write_all(file, HEADER.pack(MAGIC, *self._shape, self._end))
            except OSError:
                os.close(file)
                with suppress(OSError):
                    part.unlink()
                raise
            self._file, self._number, self._part, self._end = file, number, part, HEADER.size
        return self._file

    def _done_again(self, found: FoundRecord, store: LabelStore, past: Past) -> None:
        """Replay a record; what is damaged is left out, and with it the steps before, which rest on it."""
        try:
            record = read_record(found.place, self._shape)
            for patch in record.patches:
                patch.apply(store)
        except (UnreadableFileError, ValueError):
            past.forget()
            return
        if record.kind in _WORDS:
            past.replayed.append(f"{_WORDS[record.kind]}{record.title}")

    def _trimmed(self) -> int:
        """Remove the oldest parts that are stored whole, beyond the budget."""
        numbers = part_numbers(self.path)
        sizes = {number: part_path(self.path, number).stat().st_size for number in numbers}
        spare = self.keep_bytes - sum(sizes.values())
        while spare < 0 and len(numbers) > 1 and numbers[0] < min(self._stored.part, self._number):
            spare += sizes[numbers[0]]
            part_path(self.path, numbers.pop(0)).unlink(missing_ok=True)
        return numbers[0] if numbers else self._number + 1

    def _old_parts(self) -> list[Path]:
        """Parts in the way of earlier versions, oldest first."""
        parts = [*(part_path(self.path, number) for number in part_numbers(self.path)), self.path]
        return [part for part in parts if part.is_file() and is_old(part)]


_WORDS = {Kind.STEP: "", Kind.UNDONE: "Undo of ", Kind.REDONE: "Redo of "}
"""How what was replayed is told."""


def read_edit(places: Iterable[RecordPlace], title: str, shape: Index3) -> Edit:
    """The voxels of a step.

    Raises:
        UnreadableFileError: If they are damaged.
    """
    records = [read_record(place, shape) for place in places]
    patches = tuple(patch for record in records for patch in record.patches)
    return Edit(patches, title, b"".join(record.said for record in records))


def lies_at(step: Step, places: Iterable[RecordPlace], shape: Index3) -> None:
    """The voxels of a step are in the journal, and need not be in memory any more."""
    places = tuple(places)
    step.stored = partial(read_edit, places, step.title, shape)
    step.part = min((place.part for place in places), default=0)


def _gather(past: Past, found: FoundRecord, shape: Index3) -> None:
    """Follow one record through the list of steps.

    What moves a step that is not known, because its part is gone, leaves nothing that could be moved after it.
    """
    record = found.record
    if record.kind is Kind.PART:
        past.running.append(found.place)
        past.running_title = record.title
    elif record.kind is Kind.STEP:
        places = tuple(past.running[-record.count :]) if record.count else (found.place,)
        past.running = []
        _add(past, record, places, shape)
    elif record.kind is Kind.SAID:
        _add(past, record, (found.place,), shape)
    elif record.kind is Kind.DROPPED:
        past.running = []
    elif record.kind is Kind.UNDONE:
        _pass(past.done, past.undone)
    elif record.kind is Kind.REDONE:
        _pass(past.undone, past.done)
    elif record.kind is Kind.FORGOTTEN:
        past.forget()


def _add(past: Past, record: Record, places: tuple[RecordPlace, ...], shape: Index3) -> None:
    step = Step(record.title, record.began)
    lies_at(step, places, shape)
    past.undone = []
    past.done.append(step)


def _pass(source: list[Step], target: list[Step]) -> None:
    if source:
        target.append(source.pop())
    else:
        target.clear()


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
