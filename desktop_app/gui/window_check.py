"""The last part of the program's self-test: the real window opens a project and shows its image."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtGui import QImage

from desktop_app.gui.app import display_present, make_application
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session

_PATIENCE = 60.0  # s until the image stands in the window; a cold disk takes some
_FEWEST_COLORS = 40  # an image of grey values has hundreds; an empty window some ten


class WindowCheckNotifier(RecordingNotifier):
    """Records what would be said; needs no window."""

    def attach(self, window: object) -> None:
        self.window = window


def check_window(project: Path) -> int:
    """Open the window on a project, wait until its first image is drawn, and close it again.

    Where there is no display, Qt draws into memory.

    Returns:
        0 if the image was drawn, 1 if not; what was seen stands on the console.
    """
    if not display_present(os.environ, sys.platform):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = make_application()
    notifier = WindowCheckNotifier()
    window = MainWindow(Session(), JobRunner(), notifier)
    window.show()
    window.commands.open_folder(project)
    colors, end = 0, time.monotonic() + _PATIENCE
    while colors < _FEWEST_COLORS and time.monotonic() < end:
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)  # ms at most
        if window.session.volume is not None:
            colors = _colors(window.viewer.grab().toImage())
    notifier.answers = [True]
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if colors < _FEWEST_COLORS:
        why = " ".join(text for _, text in notifier.messages)
        sys.stderr.write(f"The window did not show the image of the sample project. {why}".rstrip() + "\n")
        return 1
    sys.stderr.write(f"The window opens and shows an image ({app.platformName()}).\n")
    return 0


def _colors(picture: QImage) -> int:
    """How many different colours a picture has."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(plain.constBits(), np.uint32)
    return len(np.unique(pixels))
