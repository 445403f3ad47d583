"""One undo history per image, together within one memory budget."""

from __future__ import annotations

from desktop_app.core.labelling.history import EditHistory
from desktop_app.core.labelling.store import Edit

_MEGABYTE = 1024**2  # bytes


class Histories:
    """Keeps what was done to each image of a project, so that undo survives a look at another image."""

    def __init__(self, budget_mb: int) -> None:
        self._budget = budget_mb * _MEGABYTE
        self._kept: dict[str, EditHistory] = {}
        self._began: dict[str, Edit] = {}

    def of(self, item_id: str) -> EditHistory:
        """The history of an image; those used longest ago are forgotten when memory is short."""
        history = self._kept.pop(item_id, None) or EditHistory(self._budget)
        self._kept[item_id] = history
        self.trim()
        return history

    def forget(self, item_id: str) -> None:
        """The labels of this image were replaced or are gone."""
        self._kept.pop(item_id, None)
        self._began.pop(item_id, None)

    def begin(self, item_id: str, edit: Edit) -> None:
        """Remember the first edit of the labels of an image."""
        self._began[item_id] = edit

    def began_with(self, item_id: str, edit: Edit) -> bool:
        """Whether this was the first edit of the labels of an image: without it there are none."""
        return self._began.get(item_id) is edit

    def trim(self) -> None:
        """Forget whole histories, oldest first and never the current one, until the rest fits the budget."""
        while len(self._kept) > 1 and sum(h.nbytes for h in self._kept.values()) > self._budget:
            self._kept.pop(next(iter(self._kept)))
