"""Images that are done are not changed by mistake."""

from __future__ import annotations

from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session


class Protection:
    """Asks once for each image that is marked as done before its labels change."""

    def __init__(self, session: Session, notifier: Notifier) -> None:
        self._session, self._notifier = session, notifier
        self._unlocked: set[str] = set()

    def may_change(self) -> bool:
        """Whether the open labels may change; the user is asked where they are done."""
        item = self._session.item
        if item is None or not item.all_done or item.id in self._unlocked:
            return True
        unlock = self._notifier.ask(
            "Labels are done",
            f"“{item.name}” is marked as done, so its labels are protected. Unlock them to change them?",
            yes="Unlock",
        )
        if unlock:
            self._unlocked.add(item.id)
        return unlock
