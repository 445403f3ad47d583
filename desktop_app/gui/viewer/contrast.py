"""Which window each channel is shown with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.gui.viewer.contrast_slider import ContrastBar


class Contrast(QObject):
    """Remembers a window per channel; chooses by percentiles until the user does.

    Signals:
        changed: ``Window`` to draw with.
    """

    changed = Signal(object)

    def __init__(self, bar: ContrastBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._windows: dict[int, Window] = {}
        self._channel = 0
        self._as_recorded = False
        bar.window_changed.connect(self.choose)

    @property
    def window(self) -> Window | None:
        """In use now; None before the first grey values are known."""
        return self._windows.get(self._channel)

    def begin(self, as_recorded: bool) -> None:
        """Another volume; ``as_recorded`` shows 8-bit colours from 0 to 255."""
        self._windows.clear()
        self._channel, self._as_recorded = 0, as_recorded

    def set_channel(self, channel: int) -> None:
        """Another channel, with its own window."""
        self._channel = channel

    def take_sample(self, sample: NDArray[Any]) -> None:
        """Grey values of the shown channel have come: histogram, and a window if none was chosen."""
        self._bar.set_sample(sample)
        if self.window is None:
            recorded = self._as_recorded and sample.dtype == np.uint8
            self._windows[self._channel] = Window(0.0, 255.0) if recorded else auto_window(sample)
            self.changed.emit(self._windows[self._channel])
        self._bar.set_window(self._windows[self._channel])

    def choose(self, window: Window) -> None:
        """Use a window from now on."""
        self._windows[self._channel] = window
        self._bar.set_window(window)
        self.changed.emit(window)

    def window_for(self, picture: NDArray[Any]) -> Window:
        """The window in use, or one for just this picture while nothing better is known."""
        return self.window or auto_window(picture)
