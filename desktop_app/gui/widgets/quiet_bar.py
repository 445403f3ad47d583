"""A thin bar that shows how far something is, and keeps its room while it is hidden."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

from desktop_app.core.job import Progress

_STEPS = 1000  # of the bar: finer than its pixels


class QuietBar(QProgressBar):
    """Hidden at first; what lies below it stays where it is when it appears.

    Attributes:
        doing: What is done now, in words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.doing = ""
        self.setTextVisible(False)
        keeping_room = self.sizePolicy()
        keeping_room.setRetainSizeWhenHidden(True)
        self.setSizePolicy(keeping_room)
        self.hide()

    def show_busy(self, busy: bool) -> None:
        """Appear without saying how far it is, or disappear."""
        self.setRange(0, 0)
        self.setVisible(busy)

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is, if that is known."""
        self.doing = progress.message
        self.setRange(0, _STEPS if progress.total else 0)
        if progress.total:
            self.setValue(round(_STEPS * progress.fraction))
