"""The window's composition root: makes the parts, connects them, runs."""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from logging.handlers import RotatingFileHandler

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from desktop_app.gui.first_steps import come_forward, first_steps, get_tools_ready, named_files
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import Notifier
from desktop_app.gui.notifications.excepthook import install_excepthook
from desktop_app.gui.session import Session
from desktop_app.gui.single_instance import FileRequests, SingleInstance
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.widgets.later import later
from desktop_app.io.settings import load_settings, log_folder

_QUIT_AFTER = "VOXELWRIGHT_QUIT_AFTER_MS"
_LAST_SECONDS = 60.0
"""For jobs that began while the window closed: libraries are loaded in 10 s where nothing else is done."""
_QUIET_MS = 2000  # from the first sight of the window until its tools are made ready: the first picture goes before
_LOG_BYTES = 2_000_000  # some weeks of messages; four files are kept


def run_window(argv: Sequence[str] = ()) -> int:
    """Open the window and stay until it is closed.

    Args:
        argv: Arguments after the program's name; the first project or model among them is opened, in the window
            that this user has open already, if there is one.

    Returns:
        The exit status; 2 where there is no display.
    """
    if not display_present(os.environ, sys.platform):
        sys.stderr.write("There is no display, so the window cannot open. See voxelwright --help for commands.\n")
        return 2
    app = make_application()
    door = SingleInstance()
    if door.hand_over(argv):
        return 0
    _start_log()
    settings, bad = load_settings()
    theme().apply(settings.theme)
    session, runner, notifier = Session(settings), JobRunner(), Notifier()
    install_excepthook(notifier)
    window = MainWindow(session, runner, notifier)
    requests = FileRequests(app)
    app.installEventFilter(requests)
    for source in (door, requests):
        source.opened.connect(lambda paths: come_forward(window, paths))
    window.show()
    gc.enable()
    if bad:
        notifier.warning(f"Some settings could not be read and are back to their defaults: {', '.join(bad)}.")
    later(window, lambda: first_steps(window, named_files(argv)))
    later(window, lambda: get_tools_ready(window), _QUIET_MS)
    if os.environ.get(_QUIT_AFTER, "").isdigit():
        later(window, window.close, int(os.environ[_QUIT_AFTER]))
    status = app.exec()
    runner.cancel_all()  # what was due later may have begun one while the window closed
    runner.wait_all(_LAST_SECONDS)
    door.close()
    logging.getLogger(__name__).info("Closed")
    return status


def display_present(variables: Mapping[str, str], platform: str) -> bool:
    """Whether Qt finds something to draw on: a desktop, or a platform chosen for it, as for tests."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return platform in ("win32", "darwin") or any(variables.get(name) for name in named)


def make_application() -> QApplication:
    """The one ``QApplication``, named and with its icon."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("voxelwright")
    app.setApplicationDisplayName("Voxelwright")
    app.setDesktopFileName("voxelwright")
    app.setWindowIcon(QIcon(str(resource("icons", "voxelwright.png"))))
    return app


def _start_log() -> None:
    """Write a rotating log, and the stacks of a crash, into the log folder; without rights to do so, do without."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Files besides the one that is written.
        handler = RotatingFileHandler(folder / "voxelwright.log", maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8")
        faulthandler.enable((folder / "crash.log").open("a", encoding="utf-8"))
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger(__name__).info("Started")
