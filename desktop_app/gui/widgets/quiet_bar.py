"""A thin bar that shows how far something is, and keeps its room while it is hidden."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

from desktop_app.core.job import Progress
from desktop_app.gui.widgets.share_bar import show_busy, show_share


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
        show_busy(self)
        self.setVisible(busy)

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is, if that is known."""
        self.doing = progress.message
        if progress.total:
            show_share(self, progress.fraction)
        else:
            show_busy(self)
