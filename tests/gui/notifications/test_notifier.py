"""Toasts, questions and the report about unexpected errors."""

from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop_app.core.errors import UserError
from desktop_app.gui.notifications import Notifier, RecordingNotifier
from desktop_app.gui.notifications.error_dialog import ErrorDialog
from desktop_app.gui.notifications.error_report import ErrorReport
from desktop_app.gui.notifications.excepthook import install_excepthook


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.resize(900, 600)
    qtbot.addWidget(window)
    window.show()
    return window


def words(toast) -> list[str]:
    return [label.text() for label in toast.findChildren(QLabel) if label.text()]


def test_a_user_error_shows_message_and_hint(window):
    notifier = Notifier(window)
    notifier.error(UserError("Cannot open a.tif: the file is cut off.", hint="Copy it again."))
    assert words(notifier.toasts[0]) == ["Cannot open a.tif: the file is cut off.", "Copy it again."]


def test_an_error_that_is_told_ends_its_block_alone(qapp):
    said, reached = RecordingNotifier(), []
    with said.errors_told():
        reached.append("before")
        raise UserError("The disk is full.", hint="Free some space.")
    assert (reached, said.said("error")) == (["before"], ["The disk is full. Free some space."])
    with pytest.raises(ZeroDivisionError), said.errors_told():
        reached.append(str(1 // 0))


def test_toasts_stay_inside_the_window_and_do_not_pile_up(qtbot, window):
    notifier = Notifier(window)
    for number in range(7):
        notifier.info(f"Message {number} " + "with quite a few words " * 4)
    assert len(notifier.toasts) == 4
    qtbot.wait(20)
    tops = [t.y() for t in notifier.toasts]
    assert tops == sorted(tops)
    for toast in notifier.toasts:
        assert window.rect().contains(toast.geometry())


def test_a_toast_is_as_high_as_its_words(qtbot, window):
    notifier = Notifier(window)
    notifier.info("One line.", action=("Set it", lambda: None))
    toast = notifier.toasts[0]
    line = next(label for label in toast.findChildren(QLabel) if label.text() == "One line.")
    qtbot.waitUntil(lambda: line.height() >= line.sizeHint().height() > 0)
    QTest.qWait(20)  # ms: it has been placed for good
    low, bottom = toast.height(), toast.geometry().bottom()
    line.setText("Words that need some lines. " * 8)  # as where the font is known late
    qtbot.waitUntil(lambda: toast.height() >= low + 2 * line.fontMetrics().height())
    assert toast.geometry().bottom() == bottom


def test_what_is_said_again_is_not_there_twice(window):
    notifier = Notifier(window)
    for text in ("Saved.", "Closed.", "Saved."):
        notifier.info(text)
    assert [words(toast) for toast in notifier.toasts] == [["Closed."], ["Saved."]]


def test_the_link_of_a_toast_acts_and_closes_it(qtbot, window):
    done = []
    notifier = Notifier(window)
    notifier.info("Exported.", action=("Show", lambda: done.append(1)))
    from PySide6.QtWidgets import QPushButton

    notifier.toasts[0].findChild(QPushButton).click()
    assert done == [1]
    assert notifier.toasts == ()


def error_of(kind: type[Exception]) -> Exception:
    try:
        raise kind("boom")
    except kind as error:
        return error


def test_the_report_names_versions_and_place(qtbot, window):
    report = ErrorReport.of(error_of(ValueError))
    dialog = ErrorDialog(report, window)
    qtbot.addWidget(dialog)
    dialog.add(ErrorReport.of(error_of(KeyError)))
    dialog.copy_report()
    text = QGuiApplication.clipboard().text()
    assert "ValueError: boom" in text
    assert "KeyError" in text
    assert "error_of" in text
    assert "PySide6" in text


def test_uncaught_exceptions_reach_the_notifier_from_any_thread(qtbot, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    notifier = RecordingNotifier()
    install_excepthook(notifier)
    sys.excepthook(ValueError, ValueError("here"), None)
    thread = threading.Thread(target=lambda: int("there"))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(notifier.exceptions) == 2)
    sys.excepthook(UserError, UserError("Do this."), None)
    assert notifier.said("error") == ["Do this."]


@pytest.mark.parametrize(("careful", "agreed"), [(False, True), (True, False)])
def test_enter_agrees_only_where_no_care_is_needed(qapp, careful, agreed):
    def press_enter() -> None:
        box = QApplication.activeModalWidget()
        box.defaultButton().click()

    QTimer.singleShot(0, press_enter)
    assert Notifier().ask("Sure?", "Think first.", careful=careful) is agreed


def test_a_message_lies_in_the_window_that_is_used_and_outlives_it(qtbot, window, monkeypatch):
    notifier = Notifier(window)
    above, small, foreign = (QWidget(parent, Qt.WindowType.Window) for parent in (window, window, None))
    for other, width in ((above, 900), (small, 300), (foreign, 900)):
        qtbot.addWidget(other)
        other.resize(width, 600)
        other.show()
    monkeypatch.setattr(QApplication, "activeWindow", lambda: above)
    notifier.info("Taken over.")
    notifier.info("One more.")
    assert [toast.parentWidget() for toast in notifier.toasts] == [above, above]
    for other in (small, foreign, window):
        monkeypatch.setattr(QApplication, "activeWindow", lambda chosen=other: chosen)
        assert notifier.toasts == ()
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)  # as when a file dialog has just been closed
    assert len(notifier.toasts) == 2
    above.close()
    assert [words(toast)[0] for toast in notifier.toasts] == ["Taken over.", "One more."]
    assert all(toast.parentWidget() is window and toast.isVisible() for toast in notifier.toasts)
    notifier.toasts[0].closed.emit()
    assert len(notifier.toasts) == 1


def test_nothing_is_said_over_a_page_that_says_the_same(qtbot, window, monkeypatch):
    notifier = Notifier(window)
    above = QWidget(window, Qt.WindowType.Window)
    page = QLabel("Finished.", above)
    qtbot.addWidget(above)
    above.resize(900, 600)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: above)
    notifier.info("It has ended.", page=page)  # the page is not shown yet
    assert len(notifier.toasts) == 1
    above.show()
    notifier.info("It has ended.", page=page)
    notifier.warning("It has ended.", page=page)
    notifier.error("It has failed.", page=page)
    assert len(notifier.toasts) == 1
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    notifier.error("It has failed.", page=page)
    assert words(notifier.toasts[-1]) == ["It has failed."]


def test_a_message_follows_the_user_back_to_the_main_window(qtbot, window, qapp, monkeypatch):
    notifier = Notifier(window)
    above = QWidget(window, Qt.WindowType.Window)
    qtbot.addWidget(above)
    above.resize(900, 600)
    above.show()
    monkeypatch.setattr(QApplication, "activeWindow", lambda: above)
    notifier.info("It lies over the image.")
    assert notifier.toasts[0].parentWidget() is above
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    qapp.focusWindowChanged.emit(window.windowHandle())
    assert [toast.parentWidget() for toast in notifier.toasts] == [window]


def test_a_message_waits_while_a_small_dialog_may_hide_it(qtbot, window, qapp, monkeypatch):
    notifier = Notifier(window)
    small = QWidget(window, Qt.WindowType.Window)
    small.setWindowModality(Qt.WindowModality.WindowModal)
    qtbot.addWidget(small)
    small.resize(300, 200)
    small.show()
    notifier.info("Said before.")
    monkeypatch.setattr(QApplication, "activeWindow", lambda: small)
    qapp.focusWindowChanged.emit(small.windowHandle())
    notifier.info("Said while it is open.")
    timers = [toast.findChild(QTimer) for toast in notifier.toasts]
    assert [timer.isActive() for timer in timers] == [False, False]
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    qapp.focusWindowChanged.emit(window.windowHandle())
    assert [timer.isActive() for timer in timers] == [True, True]


def test_what_is_offered_stays_long_enough_to_decide(window):
    notifier = Notifier(window)
    notifier.info("Done.")
    notifier.info("Exported.", action=("Show", lambda: None))
    plain, offering = (toast.findChild(QTimer).interval() for toast in notifier.toasts)
    assert plain < offering


def test_the_place_that_a_message_leaves_is_drawn_anew(qtbot, monkeypatch):
    class Window(QWidget):
        def update(self, place) -> None:
            drawn.append(place)
            super().update(place)

    drawn, window = [], Window()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    notifier = Notifier(window)
    notifier.info("It lies over the image.")
    (toast,) = notifier.toasts
    left = toast.geometry()
    window.resize(900, 700)
    assert left in drawn
    assert toast.geometry() != left
