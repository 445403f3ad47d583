"""From one part of the window to the next by a key, as Tab goes from one control to the next within a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget


class WindowParts(QObject):
    """Moves the keyboard focus around the parts of a window that are seen; each part remembers where it was.

    Args:
        window: The window.
        parts: In the order in which they are gone through; called each time, as some come and go.
    """

    def __init__(self, window: QWidget, parts: Callable[[], Iterable[QWidget]]) -> None:
        super().__init__(window)
        self._parts = parts
        self._last: dict[QWidget, QWidget] = {}

    def step(self, steps: int = 1) -> None:
        """Go to the next part (or the one before, with -1) that holds something to focus."""
        parts = [part for part in self._parts() if part.isVisible() and reachable(part)]
        if not parts:
            return
        focus = QApplication.focusWidget()
        here = next((n for n, part in enumerate(parts) if focus is not None and _holds(part, focus)), None)
        if here is not None and focus is not None:
            self._last[parts[here]] = focus
        start = here if here is not None else -1 if steps > 0 else 0
        part = parts[(start + steps) % len(parts)]
        choices = reachable(part)
        before = self._last.get(part)
        target = before if any(before is choice for choice in choices) and before is not None else choices[0]
        target.setFocus(Qt.FocusReason.TabFocusReason)


def _holds(part: QWidget, widget: QWidget) -> bool:
    return widget is part or part.isAncestorOf(widget)


def reachable(part: QWidget) -> list[QWidget]:
    """What of a part takes the focus by keyboard now, the part itself first."""
    return [widget for widget in (part, *part.findChildren(QWidget)) if takes_focus(widget)]


def takes_focus(widget: QWidget) -> bool:
    """Whether Tab stops at a widget."""
    by_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return by_tab and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None
