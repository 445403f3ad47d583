"""Undo and redo: unlimited in steps, bounded in bytes."""

from __future__ import annotations

from collections import deque

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore


class EditHistory:
    """What was done to the labels of one image, newest last.

    Args:
        budget_bytes: Memory for all kept edits together; beyond it the oldest are forgotten. The newest edit is always
            kept, however large.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._done: deque[Edit] = deque()
        self._undone: list[Edit] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return bool(self._undone)

    @property
    def next_undo(self) -> Edit | None:
        """The edit that ``undo`` would revert."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Edit | None:
        """The edit that ``redo`` would apply."""
        return self._undone[-1] if self._undone else None

    @property
    def undo_title(self) -> str:
        """What ``undo`` would revert; empty if nothing."""
        return self._done[-1].title if self._done else ""

    @property
    def redo_title(self) -> str:
        """What ``redo`` would do again; empty if nothing."""
        return self._undone[-1].title if self._undone else ""

    @property
    def nbytes(self) -> int:
        """Memory taken by all kept edits."""
        return sum(edit.nbytes for edit in (*self._done, *self._undone))

    def titles(self) -> list[str]:
        """What was done, oldest first."""
        return [edit.title for edit in self._done]

    def redo_titles(self) -> list[str]:
        """What could be done again, the next one first."""
        return [edit.title for edit in reversed(self._undone)]

    def push(self, edit: Edit) -> None:
        """Remember an edit that was just done; what had been undone is forgotten."""
        self._undone.clear()
        self._done.append(edit)
        spare = self._budget - sum(e.nbytes for e in self._done)
        while spare < 0 and len(self._done) > 1:
            spare += self._done.popleft().nbytes

    def undo(self, store: LabelStore) -> Region | None:
        """Revert the newest edit; returns the touched box, None if there was nothing to undo."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        return edit.revert(store)

    def redo(self, store: LabelStore) -> Region | None:
        """Do the last undone edit again; returns the touched box, None if there was nothing to do again."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        return edit.apply(store)

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
