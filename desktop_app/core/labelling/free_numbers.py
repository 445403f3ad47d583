"""Numbers for new objects: none that is in use, and never the one that stands for the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class NumberedLabels(Protocol):
    """Labels that know their numbers."""

    def max_id(self) -> int:
        """The largest number ever used."""

    def used_ids(self) -> NDArray[np.uint32]:
        """All numbers now present, ascending, without 0."""


@dataclass(frozen=True, slots=True)
class FreeNumbers:
    """Which numbers are free.

    Attributes:
        first: The first of them.
        background: A number that no object may have; None where there is none such.
        beyond: Where they go on once they have come to the background.
    """

    first: int = 1
    background: int | None = None
    beyond: int = 0

    @classmethod
    def of(cls, labels: NumberedLabels, background: int | None) -> FreeNumbers:
        """Those of labels: none that an object has had, or, where strokes of background have a larger one, none that
        an object has; below the background as long as there are any.
        """
        largest = labels.max_id()
        if background is None:
            return cls(largest + 1)
        if largest < background:
            return cls(largest + 1, background, background + 1)
        used = labels.used_ids()
        below = int(used[used < background].max(initial=0))
        return cls(below + 1, background, int(used.max(initial=background)) + 1)

    @property
    def next(self) -> int:
        """The first that is free."""
        return self.beyond if self.first == self.background else self.first

    def hold(self, numbers: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which of some numbers are free."""
        if self.background is None:
            return numbers >= self.first
        return ((numbers >= self.first) & (numbers < self.background)) | (numbers >= self.beyond)

    def take(self, count: int) -> tuple[NDArray[np.uint32], FreeNumbers]:
        """The next ``count`` of them, ascending, and those that are left."""
        below = count if self.background is None else min(count, max(0, self.background - self.first))
        numbers = np.arange(self.first, self.first + below, dtype=np.uint32)
        if below == count:
            return numbers, FreeNumbers(self.first + count, self.background, self.beyond)
        more = np.arange(self.beyond, self.beyond + count - below, dtype=np.uint32)
        return np.concatenate([numbers, more]), FreeNumbers(self.beyond + count - below)
