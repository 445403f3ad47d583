"""Everything can be reached without a mouse: parts by F6, controls by Tab, commands by menus and their letters."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QSlider, QWidget

from desktop_app.gui.inference.batch_wizard import BatchWizard
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.training.wizard import TrainingWizard
from desktop_app.gui.widgets.window_parts import reachable
from desktop_app.gui.window_context import WindowContext
from tests.app.fits.pages import dialogs, make_project

pytestmark = pytest.mark.app
MOST_STEPS = 400  # Tab presses; more would mean that the walk does not come round


class Silent(RecordingNotifier):
    """Needs no window."""

    def attach(self, window: QWidget) -> None:
        self.window = window


@pytest.fixture
def window(qtbot, qapp, tmp_path: Path):
    window = MainWindow(Session(), JobRunner(), Silent())
    window.resize(1400, 800)
    window.show()
    window.commands.open_folder(make_project(tmp_path))
    window.side_panels.arrange()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setStyleSheet("")


def walk(window: QWidget, start: QWidget) -> list[QWidget]:
    """The widgets at which Tab stops, until it comes round."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget] = []
    for _ in range(MOST_STEPS):
        here = window.focusWidget()
        if here is None or any(here is one for one in seen):
            return seen
        seen.append(here)
        if not window.focusNextPrevChild(True):
            return seen
    raise AssertionError("Tab does not come round")


def test_f6_goes_round_all_parts_and_back(window) -> None:
    parts = [part for part in window._parts() if part.isVisible()]
    assert len(parts) >= 5
    visited = []
    for _ in parts:
        window.actions_table.action("view.next_part").trigger()
        focus = QApplication.focusWidget()
        visited.append(next(n for n, part in enumerate(parts) if focus is part or part.isAncestorOf(focus)))
    assert sorted(visited) == list(range(len(parts)))
    last = QApplication.focusWidget()
    window.actions_table.action("view.previous_part").trigger()
    assert QApplication.focusWidget() is not last
    window.actions_table.action("view.next_part").trigger()
    assert QApplication.focusWidget() is last


def test_every_control_that_is_seen_takes_the_focus(window) -> None:
    controls = [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, QAbstractButton | QSlider)
        and widget.isVisible()
        and widget.isEnabled()
        and widget.window() is window
        and not widget.objectName().startswith("qt_")
        and type(widget.parentWidget()).__name__ != "QTabBar"
    ]
    mouse_only = [w.toolTip() or type(w).__name__ for w in controls if not w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(controls) > 20
    assert mouse_only == []


def test_tab_reaches_every_control_of_the_panel(window) -> None:
    panel = window.labelling_panel
    wanted = [w for w in reachable(panel) if w is not panel and isinstance(w, QAbstractButton | QSlider)]
    seen = walk(window, wanted[0])
    missed = [w.toolTip() for w in wanted if not any(w is one for one in seen)]
    assert missed == []


def test_no_dialog_is_a_trap_and_each_has_something_to_focus(window) -> None:
    walked = 0
    for name, dialog in dialogs(window):
        choices = reachable(dialog)
        assert choices, name
        seen = walk(dialog, choices[0])
        buttons = [b for b in dialog.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
        text_buttons = [b for b in buttons if b.text() and b.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert any(any(b is one for one in seen) for b in text_buttons) or not text_buttons, name
        walked += 1
    assert walked > 10


@pytest.mark.parametrize("make", [TrainingWizard, BatchWizard])
def test_wizards_are_gone_through_by_keyboard(window, qtbot, make) -> None:
    context = WindowContext(window.session, window.runner, window.notifier, window)
    wizard = make(context)
    qtbot.addWidget(wizard)
    wizard.show()
    seen = walk(wizard, wizard.close_button)
    assert any(wizard.next_button is one for one in seen) or not wizard.next_button.isEnabled()
    assert any(wizard.stack.isAncestorOf(one) for one in seen)
    wizard.close()


def test_every_menu_has_a_letter_of_its_own(window) -> None:
    titles = [action.text() for action in window.menuBar().actions()]
    letters = [title[title.index("&") + 1].casefold() for title in titles]
    assert len(set(letters)) == len(letters)


def test_every_command_is_in_a_menu_or_has_a_key(window) -> None:
    in_menus = {a.objectName() for menu in window.menuBar().findChildren(QMenu) for a in menu.actions()}
    table = window.actions_table
    hidden = [i.id for i in table.infos() if i.id not in in_menus and not table.shortcuts(i.id)]
    assert hidden == []
