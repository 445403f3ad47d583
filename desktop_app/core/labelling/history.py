"""Undo and redo: unlimited in steps, bounded in bytes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from desktop_app.core.errors import UserError
from desktop_app.core.labelling.store import Edit, LabelStore


@dataclass(eq=False, slots=True)
class Step:
    """One thing that was done, in memory, on disk, or both.

    Attributes:
        title: What the user did, such as ``Brush: nucleus``.
        began: Whether it is the first change of all of these labels: taken back, there are none.
        edit: The voxels, while they are in memory.
        stored: Reads them from the disk; None where they are not there. Raises ``UserError`` for a damaged file.
        part: Number of the part of the journal that they are in; 0 without.
    """

    title: str
    began: bool = False
    edit: Edit | None = None
    stored: Callable[[], Edit] | None = None
    part: int = 0

    @property
    def nbytes(self) -> int:
        """Memory taken by the voxels."""
        return self.edit.nbytes if self.edit is not None else 0

    def voxels(self) -> Edit:
        """The edit, read again where it is not in memory."""
        if self.edit is None:
            if self.stored is None:
                raise ValueError("a step is kept in memory or on disk")
            return self.stored()
        return self.edit


class ForgottenError(UserError):
    """What was before cannot be brought back; the labels are as they were, and undo begins anew."""


class EditHistory:
    """What was done to the labels of one image, newest last.

    Remembering a step takes the same time however many there are: a day of painting has tens of thousands.

    Args:
        budget_bytes: Memory for all kept edits together. Beyond it the oldest leave the memory, and are forgotten
            where they are not on disk. The newest edit is always kept, however large.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._done: deque[Step] = deque()
        self._undone: list[Step] = []
        self._bytes = 0
        self._light = 0  # so many of the oldest done steps are known to be out of memory

    @property
    def next_undo(self) -> Step | None:
        """The step that ``undo`` would revert."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Step | None:
        """The step that ``redo`` would apply."""
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
    def position(self) -> int:
        """How many of the known steps are done."""
        return len(self._done)

    @property
    def nbytes(self) -> int:
        """Memory taken by all kept edits."""
        return self._bytes

    def titles(self) -> list[str]:
        """What was done, oldest first."""
        return [step.title for step in self._done]

    def redo_titles(self) -> list[str]:
        """What could be done again, the next one first."""
        return [step.title for step in reversed(self._undone)]

    def push(self, edit: Edit, *, began: bool = False) -> Step:
        """Remember an edit that was just done; what had been undone is forgotten."""
        self._bytes += edit.nbytes - sum(step.nbytes for step in self._undone)
        self._undone.clear()
        step = Step(edit.title, began, edit)
        self._done.append(step)
        self.trim()
        return step

    def restore(self, done: Iterable[Step], undone: Iterable[Step]) -> None:
        """Take over what an earlier session has done: steps done, oldest first, and undone, the next one last."""
        self._done, self._undone = deque(done), list(undone)
        self._recount()

    def trim(self) -> None:
        """Give memory back until the rest fits the budget, oldest steps first."""
        if self._bytes <= self._budget:
            return
        for step in self._undone[:-1]:
            if self._bytes > self._budget and step.stored is not None:
                self._lighten(step)
        forgotten = 0
        for number, step in enumerate(islice(self._done, self._light, None), self._light):
            if self._bytes <= self._budget or number == len(self._done) - 1:
                break
            if step.stored is None:
                forgotten = number + 1
            self._lighten(step)
            self._light = number + 1
        for _ in range(forgotten):
            self._done.popleft()
        self._light -= forgotten

    def forget_parts(self, first: int) -> None:
        """Forget what the journal has forgotten: all steps in parts before ``first``, and what rests on them."""
        kept = list(self._done)
        lost = [number for number, step in enumerate(kept) if 0 < step.part < first]
        if lost:
            self._done = deque(kept[lost[-1] + 1 :])
        if any(0 < step.part < first for step in self._undone):
            self._undone.clear()
        self._recount()

    def undo(self, store: LabelStore) -> Edit | None:
        """Revert the newest edit; returns it, None if there was nothing to undo.

        Raises:
            ForgottenError: If its voxels are damaged, or the labels are not as it left them. They stay as they are.
        """
        return self._move(store, back=True)

    def redo(self, store: LabelStore) -> Edit | None:
        """Do the last undone edit again; returns it, None if there was nothing to do again.

        Raises:
            ForgottenError: As for ``undo``.
        """
        return self._move(store, back=False)

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
        self._recount()

    def _recount(self) -> None:
        """Steps have gone or come from elsewhere."""
        self._bytes = sum(step.nbytes for step in (*self._done, *self._undone))
        self._light = 0

    def _lighten(self, step: Step) -> None:
        self._bytes -= step.nbytes
        step.edit = None

    def _move(self, store: LabelStore, *, back: bool) -> Edit | None:
        source, target = (self._done, self._undone) if back else (self._undone, self._done)
        if not source:
            return None
        step = source[-1]
        try:
            edit = step.voxels()
            fits = edit.revert_exactly(store) if back else edit.apply_exactly(store)
        except UserError as error:
            source.clear()
            self._recount()
            raise ForgottenError(
                f"“{step.title}” and what was before it cannot be brought back: {error.message}", hint=_HINT
            ) from error
        if not fits:
            self.clear()
            raise ForgottenError(
                f"“{step.title}” cannot be brought back: the labels have been changed by something else since.",
                hint=_HINT,
            )
        self._bytes += edit.nbytes - step.nbytes
        step.edit = edit
        source.pop()
        target.append(step)
        self._light = min(self._light, len(self._done))
        self.trim()
        return edit


_NAMED = 4  # steps named in one sentence: more are not read
_HINT = "The labels stay as they are now; the list of steps begins anew."


def steps_in_words(titles: Sequence[str]) -> str:
    """Titles of steps in a sentence, those that come several times counted: ``Brush: nucleus (3 times) and Fill``."""
    counted = [title if count == 1 else f"{title} ({count} times)" for title, count in Counter(titles).items()]
    named, more = counted[:_NAMED], len(counted) - _NAMED
    if more > 0:
        named.append(f"{more} more")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
