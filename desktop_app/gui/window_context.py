"""What the windows and commands of this program share, passed as one value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtWidgets import QWidget

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import Notifier
from desktop_app.gui.session import Session


@dataclass(frozen=True, slots=True)
class WindowContext:
    """What a window needs of the world around it.

    Attributes:
        session: What is open.
        runner: Runs the jobs.
        notifier: Speaks to the user.
        window: What new windows and dialogs stay above; None where nothing is shown yet.
    """

    session: Session
    runner: JobRunner
    notifier: Notifier
    window: QWidget | None = None

    def above(self, window: QWidget) -> WindowContext:
        """The same for windows that stay above ``window``."""
        return replace(self, window=window)
