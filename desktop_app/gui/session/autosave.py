"""Saves labels while the user works."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.errors import UserError

SYNC_MS = 1000
FLUSH_MS = 30_000


class Autosave(QObject):
    """Calls ``sync`` every second and ``flush`` every half minute.

    Signals:
        failed: A ``UserError``; once per outage, not at each try.
        recovered: Saving works again after it had failed.
    """

    failed = Signal(object)
    recovered = Signal()

    def __init__(self, sync: Callable[[], None], flush: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sync, self._flush = sync, flush
        self._broken = False
        self._timers: list[QTimer] = []
        for interval, slot in ((SYNC_MS, self._on_sync), (FLUSH_MS, self._on_flush)):
            timer = QTimer(self)
            timer.setInterval(interval)
            timer.timeout.connect(slot)
            self._timers.append(timer)

    def start(self) -> None:
        """Begin."""
        for timer in self._timers:
            timer.start()

    def stop(self) -> None:
        """Pause, while no labels are open."""
        for timer in self._timers:
            timer.stop()

    def _on_sync(self) -> None:
        self._try(self._sync)

    def _on_flush(self) -> None:
        self._try(self._flush)

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except UserError as error:
            if not self._broken:
                self._broken = True
                self.failed.emit(error)
            return
        if self._broken:
            self._broken = False
            self.recovered.emit()
