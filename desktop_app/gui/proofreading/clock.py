"""The time that is spent in each slice, while somebody is really there."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Plane
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget

_TICK_MS = 1000  # as fine as minutes of work need, and nothing to notice
_AWAY_S = 60.0  # without a move of mouse or keys nobody is there any more; a look at one place takes less
_SIGNS = frozenset({
    QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress, QEvent.Type.Wheel,
    QEvent.Type.TabletMove,
})  # fmt: skip


class ReviewClock(QObject):
    """Counts seconds for the slice (z) that is shown, while the window is in front and mouse or keys are used.

    Args:
        session: What is open.
        viewer: Shows the slice.
    """

    def __init__(self, session: Session, viewer: ViewerWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._viewer = session, viewer
        self._last = self._sign = time.monotonic()
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self.tick)
        session.labels_replaced.connect(self._listen)
        self._listen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        del watched
        if event.type() in _SIGNS:
            self._sign = time.monotonic()
        return False

    def _listen(self) -> None:
        """Hear of every event only while there are labels to look through: it costs 5 µs each."""
        app, needed = QApplication.instance(), self._session.labels is not None
        if app is None or needed == self._timer.isActive():
            return
        if needed:
            app.installEventFilter(self)
            self._timer.start()
        else:
            app.removeEventFilter(self)
            self._timer.stop()

    def tick(self) -> None:
        """Count what has passed since the last tick, if somebody is there."""
        now = time.monotonic()
        passed, self._last = min(now - self._last, 2 * _TICK_MS / 1000), now
        app = QApplication.instance()
        in_front = isinstance(app, QApplication) and app.applicationState() == Qt.ApplicationState.ApplicationActive
        if in_front and self._session.labels is not None and now - self._sign < _AWAY_S:
            self._session.reviewing.spend(self._viewer.current_depth(Plane.XY), passed)
