"""The one door through which the window speaks to the user."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox, QWidget
from shiboken6 import isValid

from desktop_app.core.errors import UserError, errors_told
from desktop_app.gui.notifications.error_dialog import ErrorDialog
from desktop_app.gui.notifications.error_report import ErrorReport
from desktop_app.gui.notifications.toast import LEAST_WINDOW, Toast, ToastLevel, ToastStack

log = logging.getLogger(__name__)


class Notifier(QObject):
    """Messages, questions and error reports.

    Every thread may emit ``exception_raised``; everything else belongs to the GUI thread.

    Signals:
        exception_raised: An exception that nobody caught.
    """

    exception_raised = Signal(object)

    def __init__(self, window: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._toasts = ToastStack(window) if window is not None else None
        self._dialog: ErrorDialog | None = None
        self._covered = False
        self.exception_raised.connect(self._on_exception)
        program = QGuiApplication.instance()
        if isinstance(program, QGuiApplication):
            program.focusWindowChanged.connect(self._on_other_window)

    def attach(self, window: QWidget) -> None:
        """Show messages in this window from now on."""
        self._window = window
        self._toasts = ToastStack(window)

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """Messages on screen now, where the next one would appear."""
        stack = self._stack()
        return stack.toasts if stack is not None else ()

    def info(
        self, text: str, *, action: tuple[str, Callable[[], object]] | None = None, page: QWidget | None = None
    ) -> None:
        """Say something that went as it should, with an optional link that does something.

        Where the message would lie over a ``page`` that says the same, nothing is said.
        """
        if page is None or not self.lies_on(page):
            self._show("info", text, "", action)

    def warning(
        self, text: str, *, action: tuple[str, Callable[[], object]] | None = None, page: QWidget | None = None
    ) -> None:
        """Say something that the user should know; not over a ``page`` that says the same."""
        if page is None or not self.lies_on(page):
            self._show("warning", text, "", action)

    def error(self, error: UserError | str, *, page: QWidget | None = None) -> None:
        """Say what failed and what to do about it; not over a ``page`` that says the same."""
        if page is not None and self.lies_on(page):
            log.error("%s", error)
        elif isinstance(error, UserError):
            if error.details:
                log.error("%s (%s)", error, error.details)
            self._show("error", error.message, error.hint, None)
        else:
            self._show("error", error, "", None)

    def errors_told(self) -> AbstractContextManager[None]:
        """Say what the user can put right instead of raising it; the block ends there, what follows it goes on."""
        return errors_told(self.error)

    def unexpected(self, error: BaseException) -> None:
        """Open the one dialog for errors that nobody expected; further ones are added to it while it is open."""
        report = ErrorReport.of(error)
        log.error("Unexpected error\n%s", report.trace)
        if self._dialog is not None and self._dialog.isVisible():
            self._dialog.add(report)
            return
        self._dialog = ErrorDialog(report, self._window)
        self._dialog.open()

    def ask(self, title: str, text: str, yes: str = "Yes", no: str = "Cancel", *, careful: bool = False) -> bool:
        """Ask a question with two answers; closing the dialog means no, and so does Enter where care is needed."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, title, parent=self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(text)
        agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        refuse = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(refuse if careful else agree)
        box.setEscapeButton(refuse)
        box.exec()
        return box.clickedButton() is agree

    def ask_text(self, title: str, label: str, text: str = "", *, many_lines: bool = False) -> str | None:
        """Ask for a name or a note; None if the user thought better of it."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput, many_lines)
        dialog.setTextValue(text)
        dialog.resize(440, 260 if many_lines else dialog.sizeHint().height())  # px, by eye
        agreed = dialog.exec() == QInputDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.textValue().strip() if agreed else None

    def ask_choice(self, title: str, label: str, choices: Sequence[str], chosen: str) -> str | None:
        """Ask for one of several; None if the user thought better of it."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        dialog.setComboBoxItems(list(choices))
        dialog.setTextValue(chosen)
        agreed = dialog.exec() == QInputDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.textValue() if agreed else None

    def _on_exception(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self.error(error)
        else:
            self.unexpected(error)

    def _show(self, level: ToastLevel, text: str, hint: str, action: tuple[str, Callable[[], object]] | None) -> None:
        log.log({"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}[level], "%s %s", text, hint)
        stack = self._stack()
        if stack is None:
            return
        toast = stack.push(level, text, hint)
        toast.hold(self._covered)
        if action is not None:
            toast.add_action(*action)

    def lies_on(self, page: QWidget) -> bool:
        """Whether the next message would lie in the window of a page that is shown."""
        stack = self._stack()
        return isValid(page) and page.isVisible() and stack is not None and stack.parent() is page.window()

    def _on_other_window(self) -> None:
        """Messages follow the user back to the main window, and wait there while a small dialog may hide them."""
        active = QApplication.activeWindow()
        if active is None or self._window is None or self._toasts is None or not isValid(self._window):
            return
        if active is self._window:
            for left in self._window.findChildren(ToastStack):
                left.hand_over()
        covered = active.isModal() and not self._lies_above(active)
        if covered != self._covered:
            self._covered = covered
            self._toasts.hold(covered)

    def _stack(self) -> ToastStack | None:
        """The messages of the window in which the user is: one that lies above the main window would hide them."""
        active = QApplication.activeWindow() or self._topmost()
        if self._toasts is None or active is None or active is self._window or not self._lies_above(active):
            return self._toasts
        own = active.findChild(ToastStack, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return own if isinstance(own, ToastStack) else ToastStack(active, self._toasts)

    def _topmost(self) -> QWidget | None:
        """The newest large window above the main one; asked while no window is active, as after a file dialog."""
        shown = self._window.findChildren(QWidget) if self._window is not None else []
        return next((w for w in reversed(shown) if w.isWindow() and w.isVisible() and self._lies_above(w)), None)

    def _lies_above(self, window: QWidget) -> bool:
        """Whether a window belongs to the main one, and is large enough for messages."""
        size = window.size()
        if size.width() < LEAST_WINDOW.width() or size.height() < LEAST_WINDOW.height():
            return False
        parent = window.parentWidget()
        while parent is not None and parent is not self._window:
            parent = parent.parentWidget()
        return parent is not None
