"""A window that leads through steps, page by page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL, TIGHT
from desktop_app.gui.widgets.later import later
from desktop_app.gui.widgets.step_page import StepPage, scrolled
from desktop_app.gui.widgets.step_rail import StepRail
from desktop_app.gui.widgets.window_place import center_on_parent, room_for, screen_of

_SIZE = QSize(1040, 720)  # px, by eye
_MOST = (0.95, 0.9)  # of the width and the height of the screen, so that what lies behind is seen
_NARROW = 820  # px of the window; below, the steps lose their names, by eye


class StepWindow(QWidget):
    """Pages with a list of steps, a heading, and Back and Next. Never modal.

    Args:
        title: Of the window.
        pages: In order; each is shown when the ones before have no problems.
        parent: The window it belongs to; it may lie below or above it, and closes with it.
    """

    page_changed = Signal(int)
    closed = Signal()

    def __init__(self, title: str, pages: list[StepPage], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(title)
        self.move(screen_of(self).availableGeometry().topLeft())  # Qt 6.9 may make a native window anew elsewhere
        self.winId()
        self.windowHandle().setTransientParent(None)  # type: ignore[arg-type]
        if parent is not None:
            parent.window().installEventFilter(self)
        self._shown = False
        self.pages = pages
        self.rail = StepRail([page.step for page in pages])
        self._heading, self._subtitle, self._problem = QLabel(), QLabel(), QLabel()
        self.stack = QStackedWidget()
        self.back_button, self.next_button, self.close_button = (
            QPushButton("Back"), QPushButton("Next"), QPushButton("Cancel")
        )  # fmt: skip
        self._build()
        self._connect_signals()
        self.resize(self._good_size())
        self.go_to(0)

    @property
    def page(self) -> StepPage:
        """The page that is shown."""
        return self.pages[self.stack.currentIndex()]

    def go_to(self, index: int) -> None:
        """Show a page."""
        page = self.pages[index]
        self.stack.setCurrentIndex(index)
        page.enter()
        self.page_changed.emit(index)
        self.refresh()
        page.setFocus()

    def next(self) -> None:
        """Go on, if the page has no problems; the last page closes the window."""
        if self.page.problems() or not self.page.leave_forward():
            self.refresh()
            return
        index = self.stack.currentIndex()
        if index + 1 < len(self.pages):
            self.go_to(index + 1)
        else:
            self.close()

    def back(self) -> None:
        """Go to the page before."""
        index = self.stack.currentIndex()
        if index > 0 and self.page.can_go_back():
            self.go_to(index - 1)

    def refresh(self) -> None:
        """Bring the buttons and the line about problems up to date."""
        page, index = self.page, self.stack.currentIndex()
        problems = page.problems()
        self._heading.setText(page.title)
        self._subtitle.setText(page.subtitle)
        self._subtitle.setVisible(bool(page.subtitle))
        self._problem.setText(problems[0] if problems else "")
        self.next_button.setText(page.next_text)
        self.next_button.setVisible(bool(page.next_text))
        self.next_button.setEnabled(not problems)
        self.back_button.setVisible(index > 0 and page.can_go_back())
        self.close_button.setVisible(index + 1 < len(self.pages) or not page.next_text)
        self.rail.set_current(index, locked=not page.can_go_back())

    def set_close_text(self, text: str) -> None:
        """Label of the button that closes the window."""
        self.close_button.setText(text)

    def _build(self) -> None:
        set_role(self._heading, "title")
        set_role(self._subtitle, "muted")
        set_role(self._problem, "warning")
        set_role(self.next_button, "primary")
        self._subtitle.setWordWrap(True)
        self._problem.setWordWrap(True)
        self._problem.setAccessibleName("What is missing")
        for page in self.pages:
            self.stack.addWidget(scrolled(page))
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.rail)
        body = QVBoxLayout()
        body.setContentsMargins(26, 20, 26, 16)  # px: wider than a page; by eye
        body.setSpacing(TIGHT)
        body.addWidget(self._heading)
        body.addWidget(self._subtitle)
        body.addSpacing(SMALL)
        body.addWidget(self.stack, 1)
        body.addSpacing(TIGHT)
        body.addLayout(self._footer())
        outer.addLayout(body, 1)

    def _footer(self) -> QHBoxLayout:
        footer = QHBoxLayout()
        footer.setSpacing(SMALL)
        footer.addWidget(self.close_button)
        footer.addWidget(self._problem, 1)
        footer.addWidget(self.back_button)
        footer.addWidget(self.next_button)
        for button in (self.close_button, self.back_button, self.next_button):
            button.setMinimumWidth(96)  # px, by eye
        return footer

    def _connect_signals(self) -> None:
        self.back_button.clicked.connect(self.back)
        self.next_button.clicked.connect(self.next)
        self.close_button.clicked.connect(self.close)
        self.rail.clicked.connect(self.go_to)
        for page in self.pages:
            page.changed.connect(self.refresh)
            page.next_requested.connect(self._next_later)

    def _next_later(self) -> None:
        later(self, self.next)

    def _good_size(self) -> QSize:
        screen = room_for(self)
        return QSize(
            min(_SIZE.width(), round(screen.width() * _MOST[0])), min(_SIZE.height(), round(screen.height() * _MOST[1]))
        )

    def showEvent(self, event: QShowEvent) -> None:
        if not self._shown:
            self._shown = True
            center_on_parent(self)
            self.raise_()
            self.activateWindow()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < _NARROW)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.close()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.next_button.isVisible() and not isinstance(self.focusWidget(), QAbstractSpinBox):
                self.next_button.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        if event.isAccepted():
            for page in self.pages:
                page.stop()
            self.closed.emit()
