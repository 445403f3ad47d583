"""One page of a window that leads through steps."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.theme.spacing import MEDIUM
from desktop_app.gui.widgets.later import later


class StepPage(QWidget):
    """A page that shows and edits one part of a draft.

    Attributes:
        step: Short name in the list of steps.
        title: Heading.
        subtitle: One sentence below it.
        next_text: Label of the forward button while this page is shown; empty hides the button.
    """

    step = ""
    title = ""
    subtitle = ""
    next_text = "Next"
    changed = Signal()
    next_requested = Signal()

    def enter(self) -> None:
        """Called each time before the page is shown."""

    def problems(self) -> list[str]:
        """Why the user cannot go on, the first one first; empty when all is well. Asks the draft."""
        return []

    def can_go_back(self) -> bool:
        """Whether the back button works on this page."""
        return True

    def leave_forward(self) -> bool:
        """Called when the user goes on; False keeps the page."""
        return True

    def stop(self) -> None:
        """Called when the window closes: end what only this page needs."""


def scrolled(page: QWidget) -> QScrollArea:
    """The page in a frameless area with scroll bars where the window is too small for it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area


def reveal(widget: QWidget) -> None:
    """Scroll the page so that a part of it that just appeared can be seen."""
    later(widget, lambda: _scroll_to(widget))


def _scroll_to(widget: QWidget) -> None:
    """The area is looked up late: a call that waits must not be what keeps the area, and with it the widget, alive."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if isinstance(area, QScrollArea):
        area.ensureWidgetVisible(widget)


def column(widget: QWidget, spacing: int = MEDIUM) -> QVBoxLayout:
    """A vertical layout without margins on ``widget``."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(2, 2, 2, 2)
    layout.setSpacing(spacing)
    return layout
