"""What a reviewer has said of the objects and slices of one image, and the time it took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

REVIEW_VERSION = 2  # of the file; counts up when an older program could not read it
ReviewState: TypeAlias = Literal["to do", "right", "doubtful"]
STATES: tuple[ReviewState, ...] = ("to do", "right", "doubtful")
"""In the order in which they are gone through."""
LONGEST_NOTE = 500  # characters; a note is a sentence or two
_LARGEST = 2**32 - 1  # of object numbers, which are stored in 32 bits


class Review(BaseModel):
    """The state of the review of one image, at one time point. What is not said is "to do", unlocked, without note.

    What is said of an object stays when it is deleted, so that it is there again when that is undone.

    Attributes:
        classes: The class number of objects; all others belong to the usual class of the scheme.
        states: Of objects; "to do" is not kept.
        notes: Of objects.
        locked: Objects that do not change.
        doubtful_slices: Slices (z) to be looked at again; those that are right are marked as done in the project.
        slice_seconds: Time spent in each slice (z), in seconds.
        confidence: How sure a model was of objects that were taken over from its result, 0 to 1.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: int = Field(default=REVIEW_VERSION, le=REVIEW_VERSION)
    classes: dict[int, int] = Field(default_factory=dict)
    states: dict[int, ReviewState] = Field(default_factory=dict)
    notes: dict[int, str] = Field(default_factory=dict)
    locked: frozenset[int] = frozenset()
    doubtful_slices: tuple[int, ...] = ()
    slice_seconds: dict[int, float] = Field(default_factory=dict)
    confidence: dict[int, float] = Field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Time spent in all."""
        return sum(self.slice_seconds.values())

    def with_state(self, numbers: Iterable[int], state: ReviewState) -> Review:
        """A review in which objects are in this state."""
        return self._with("states", numbers, None if state == "to do" else state)

    def with_note(self, numbers: Iterable[int], note: str) -> Review:
        """A review in which objects have this note; an empty one takes it away."""
        return self._with("notes", numbers, note.strip()[:LONGEST_NOTE] or None)

    def with_class(self, numbers: Iterable[int], value: int, usual: int) -> Review:
        """A review in which objects have a class; ``usual`` is the class of all that are not listed."""
        return self._with("classes", numbers, None if value == usual else value)

    def with_locked(self, numbers: Iterable[int], locked: bool) -> Review:
        """A review in which objects are locked, or no longer."""
        changed = frozenset(numbers)
        return self.model_copy(update={"locked": self.locked | changed if locked else self.locked - changed})

    def with_slice(self, z: int, *, doubtful: bool) -> Review:
        """A review in which a slice is doubtful, or no longer."""
        slices = set(self.doubtful_slices) - {z} | ({z} if doubtful else set())
        return self.model_copy(update={"doubtful_slices": tuple(sorted(slices))})

    def with_time(self, z: int, seconds: float) -> Review:
        """A review in which so much more time was spent in a slice."""
        spent = {**self.slice_seconds, z: self.slice_seconds.get(z, 0.0) + seconds}
        return self.model_copy(update={"slice_seconds": spent})

    def with_confidence(self, confidence: dict[int, float]) -> Review:
        """A review that knows how sure a model was of some more objects."""
        return self.model_copy(update={"confidence": {**self.confidence, **confidence}})

    def inherited(self, origins: dict[int, int]) -> Review:
        """A review in which new objects have the class of those that they were parts of.

        Args:
            origins: From new numbers to old ones.
        """
        classes = {new: self.classes[old] for new, old in origins.items() if old in self.classes}
        return self.model_copy(update={"classes": {**self.classes, **classes}}) if classes else self

    def _with(self, name: str, numbers: Iterable[int], value: Any) -> Review:
        said = dict(getattr(self, name))
        for number in numbers:
            if not 0 < number <= _LARGEST:
                continue
            if value is None:
                said.pop(number, None)
            else:
                said[number] = value
        return self.model_copy(update={name: said})
