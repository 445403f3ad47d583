"""Saves labels while the user works."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.errors import UserError, errors_told
from desktop_app.io.labels.session import LabelSession

SYNC_MS = 1000  # the journal reaches the disk every second: a crash costs 2 s at most
FLUSH_MS = 30_000  # storing chunks costs more than the journal, which holds everything until then


class Autosave(QObject):
    """Forces the journal onto the disk every second, and writes changed labels every half minute in a thread.

    Signals:
        about_to_store: What is painted now will be stored: a running stroke should be written down.
        saved: Changed labels were written, or saving works again after it had failed.
        failed: A ``UserError``; once per outage, not at each try.
    """

    about_to_store = Signal()
    saved = Signal()
    failed = Signal(object)
    _flushed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._labels: LabelSession | None = None
        self._broken = False
        self._pool = ThreadPoolExecutor(1, "autosave")
        self._running: Future[None] | None = None
        self._sync_timer = self._timer(SYNC_MS)
        self._sync_timer.timeout.connect(self.sync)
        self._flush_timer = self._timer(FLUSH_MS)
        self._flush_timer.timeout.connect(self.flush)
        self._flushed.connect(self._on_flushed)

    def start(self, labels: LabelSession) -> None:
        """Look after these labels from now on."""
        self.stop()
        self._labels = labels
        self._sync_timer.start()
        self._flush_timer.start()
        self._pool.submit(labels.labels.learn_ids)

    def stop(self) -> None:
        """Leave the labels alone; waits for a write that is under way."""
        self._sync_timer.stop()
        self._flush_timer.stop()
        if self._running is not None:
            self._running.exception()
        self._running = self._labels = None

    def sync(self) -> None:
        """Force what was painted in the last second onto the disk."""
        if self._labels is None:
            return
        with errors_told(self._fail):
            self._labels.sync()

    def flush(self) -> None:
        """Write changed labels in the background, unless that is already going on."""
        labels = self._labels
        if labels is None or not labels.dirty:
            return
        self.about_to_store.emit()
        try:
            frozen = labels.freeze()
        except UserError as error:
            self._fail(error)
            return
        if frozen is not None:
            self._running = self._pool.submit(labels.store, frozen)
            self._running.add_done_callback(self._on_done)

    def _on_done(self, future: Future[None]) -> None:
        self._flushed.emit(future.exception())

    def _on_flushed(self, error: BaseException | None) -> None:
        if isinstance(error, UserError):
            self._fail(error)
        elif error is not None:
            raise error
        else:
            self._broken = False
            self.saved.emit()

    def _fail(self, error: UserError) -> None:
        if not self._broken:
            self._broken = True
            self.failed.emit(error)

    def _timer(self, interval: int) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval)
        return timer
