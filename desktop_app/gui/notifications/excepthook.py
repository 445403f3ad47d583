"""Exceptions that nobody caught reach the notifier, from whatever thread."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from desktop_app.gui.notifications.notifier import Notifier


def install_excepthook(notifier: Notifier) -> None:
    """From now on, uncaught errors are shown and the program goes on; Ctrl+C still ends it."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        notifier.exception_raised.emit(error.with_traceback(trace))

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            notifier.exception_raised.emit(args.exc_value.with_traceback(args.exc_traceback))

    sys.excepthook = hook
    threading.excepthook = thread_hook
