"""How far something is, as a bar."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

_STEPS = 1000  # of a bar: finer than its pixels


def show_share(bar: QProgressBar, share: float) -> None:
    """Fill a part of a bar, 0 to 1."""
    bar.setRange(0, _STEPS)
    bar.setValue(round(share * _STEPS))


def show_busy(bar: QProgressBar) -> None:
    """Let a bar move, as nobody knows how far it is."""
    bar.setRange(0, 0)
