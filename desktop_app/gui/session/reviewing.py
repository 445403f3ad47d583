"""What was said of the objects of the open image, kept with the project."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.labelling.store import Edit
from desktop_app.core.project.review import Review, ReviewState
from desktop_app.core.project.review_changes import moved, packed_change
from desktop_app.io.projects.reviews import read_review, review_path, set_damaged_aside, write_review

if TYPE_CHECKING:
    from desktop_app.gui.session.session import Session

_SAVE_MS = 1000  # as often as the journal of the labels: a crash costs 2 s at most


class Reviewing(QObject):
    """Holds the ``Review`` of the image and time point that are open, and writes changes down within a second.

    Args:
        session: What is open.

    Attributes:
        review: What was said.
        painted_class: The class that a new object gets; 0 for the usual one.
        guarded: Labels that are locked now, one by one or with their class; nothing may change them.
        chosen: Objects that are chosen in the table.

    Signals:
        changed: The new ``Review``; not for time alone.
        failed: A ``UserError``; once per outage when the file cannot be written.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._path: Path | None = None
        self._title = ""  # name of the image, for errors
        self._stored = Review()
        self._broken = False
        self.review = Review()
        self.painted_class = 0
        self.guarded: frozenset[int] = frozenset()
        self.chosen: tuple[int, ...] = ()
        self._save = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._save.timeout.connect(self.flush)
        session.labels_replaced.connect(self._on_labels)

    def set_state(self, numbers: Iterable[int], state: ReviewState) -> None:
        """Say whether objects are right; a step that can be undone."""
        named = tuple(numbers)
        self._say(self.review.with_state(named, state), f"State: {_of(named)} {state}")

    def set_note(self, numbers: Iterable[int], note: str) -> None:
        """Write a note to objects; a step that can be undone."""
        named = tuple(numbers)
        self._say(self.review.with_note(named, note), f"Note: {_of(named)}")

    def set_locked(self, numbers: Iterable[int], locked: bool) -> None:
        """Protect objects from changes, or no longer; a step that can be undone."""
        named = tuple(numbers)
        self._say(self.review.with_locked(named, locked), f"{'Lock' if locked else 'Unlock'}: {_of(named)}")

    def set_class(self, numbers: Iterable[int], value: int) -> None:
        """Say of which class objects are; a step that can be undone."""
        named, chosen = tuple(numbers), self._session.scheme.by_value(value)
        review = self.review.with_class(named, value, self._session.scheme.usual.value)
        self._say(review, f"Class {chosen.name if chosen is not None else value}: {_of(named)}")

    def give_class(self, numbers: Iterable[int], value: int) -> None:
        """New objects are of this class: part of the step that makes them."""
        self._set(self.review.with_class(numbers, value, self._session.scheme.usual.value))

    def set_slice(self, z: int, *, doubtful: bool) -> None:
        """Mark a slice to be looked at again; a step that can be undone."""
        words = "doubtful" if doubtful else "not doubtful"
        self._say(self.review.with_slice(z, doubtful=doubtful), f"Slice {z}: {words}")

    def move(self, changes: Iterable[bytes], *, back: bool) -> None:
        """Take back what was said in some steps, or say it again, in this order."""
        review = self.review
        for change in changes:
            with suppress(ValueError):  # damaged: the rest still counts
                review = moved(review, change, back=back)
        self._set(review)

    def set_confidence(self, confidence: dict[int, float]) -> None:
        """Say how sure a model was of objects."""
        if confidence:
            self._set(self.review.with_confidence(confidence))

    def inherit(self, origins: dict[int, int]) -> None:
        """New objects have the class of the old ones that they were parts of."""
        self._set(self.review.inherited(origins))

    def spend(self, z: int, seconds: float) -> None:
        """So much time was spent in a slice."""
        if self._path is not None:
            self.review = self.review.with_time(z, seconds)
            self._save.start()

    def class_of(self, number: int) -> int:
        """The class number of an object."""
        usual = self._session.scheme.usual.value
        value = self.review.classes.get(number, usual)
        return value if self._session.scheme.by_value(value) is not None else usual

    def numbers_of(self, value: int) -> frozenset[int]:
        """The objects of a class; those of the usual class are found in the labels."""
        classes = self.review.classes
        if value != self._session.scheme.usual.value:
            return frozenset(number for number, of in classes.items() if of == value)
        labels = self._session.labels
        if labels is None:
            return frozenset()
        return frozenset(number for number in labels.labels.used_ids().tolist() if self.class_of(number) == value)

    def flush(self) -> None:
        """Write down what has changed."""
        self._save.stop()
        if self._path is None or self.review == self._stored:
            return
        try:
            write_review(self._path, self.review, self._title)
            self._stored, self._broken = self.review, False
        except UserError as error:
            self._save.start()
            if not self._broken:
                self._broken = True
                self.failed.emit(error)

    def _say(self, review: Review, title: str) -> None:
        """Say something as a step of its own."""
        change = packed_change(self.review, review) if self._path is not None else b""
        self._set(review)
        session = self._session
        if change and not session.stroke_running and not session.carrying_out:  # it would cut that step in two
            session.commit_edit(Edit((), title, change))

    def _set(self, review: Review) -> None:
        if review != self.review and self._path is not None:
            self.review = review
            self._save.start()
            self.changed.emit(review)

    def _on_labels(self) -> None:
        """Other labels are open, or none."""
        self.flush()
        self._save.stop()
        self._path, self.review = self._of_now()
        self._title = self._session.item.name if self._session.item is not None else ""
        self._stored = self.review
        self.changed.emit(self.review)

    def _of_now(self) -> tuple[Path | None, Review]:
        opened, item, volume = self._session.open_project, self._session.item, self._session.volume
        if opened is None or item is None or volume is None or self._session.labels is None:
            return None, Review()
        path = review_path(opened.folder, item.id, volume.time, item.edited)
        try:
            return path, read_review(path, item.name)
        except UserError as error:
            set_damaged_aside(path)
            self.failed.emit(error)
            return path, Review()


def _of(numbers: tuple[int, ...]) -> str:
    """Objects in the title of a step."""
    return f"object {numbers[0]}" if len(numbers) == 1 else f"{len(numbers):,} objects"
