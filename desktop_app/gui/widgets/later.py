"""Something to be done once the window has done what it is at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def later(owner: QObject, slot: Callable[[], object], wait: int = 0) -> None:
    """Call something from the event loop, unless its owner is gone by then.

    ``QTimer.singleShot`` with an owner loses errors in PySide 6.9, which the program for Linux is built with.

    Args:
        owner: Whose end makes it needless.
        slot: What is called.
        wait: Milliseconds.
    """
    timer = QTimer(owner, singleShot=True, interval=wait)
    timer.timeout.connect(slot)
    timer.timeout.connect(timer.deleteLater)
    timer.start()
