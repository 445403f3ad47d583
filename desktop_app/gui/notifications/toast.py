"""Short messages in the corner of the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.colors import ColorRole
from desktop_app.gui.theme.spacing import ICON, MEDIUM, SMALL
from desktop_app.gui.widgets.later import later

ToastLevel: TypeAlias = Literal["info", "warning", "error"]
# Time to read one sentence; what failed must be seen by who looked away.
_SECONDS: dict[ToastLevel, int] = {"info": 6, "warning": 12, "error": 30}
_TO_DECIDE = 20  # seconds: whether to follow what a message offers, at least
_COLORS: dict[ToastLevel, ColorRole] = {"info": "accent", "warning": "warning", "error": "danger"}
_WIDTH = 380  # px: about 60 characters a line, by eye
_MOST = 4  # more would cover the picture
LEAST_WINDOW = QSize(2 * _WIDTH, 400)  # px: of a smaller one a message would cover what it is about; by eye
_ABOVE_EDGE = 84  # pixels: above the status bar and the slice slider


class Toast(QFrame):
    """One message; disappears after a while, but not while the pointer is on it.

    Signals:
        closed: When it wants to go.
    """

    closed = Signal()

    def __init__(self, level: ToastLevel, text: str, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "toast")
        self.setFixedWidth(_WIDTH)
        self.level: ToastLevel = level
        self.words = (text, hint)
        picture = QLabel()
        picture.setPixmap(icon(level, _COLORS[level]).pixmap(ICON, ICON))
        close = QToolButton()
        close.setIcon(icon("close", "muted"))
        close.setToolTip("Close")
        close.setAutoRaise(True)
        close.clicked.connect(self.closed)
        self._words = QVBoxLayout()
        self._words.setSpacing(2)
        self._words.addWidget(self._line(text, muted=False))
        if hint:
            self._words.addWidget(self._line(hint, muted=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        row.setSpacing(SMALL)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.closed)
        self._seconds = _SECONDS[level]
        self._timer.start(self._seconds * 1000)

    def add_action(self, text: str, slot: Callable[[], object]) -> None:
        """A link below the words that does something about it."""
        button = QPushButton(text)
        set_role(button, "link")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: slot())
        button.clicked.connect(self.closed)
        self._words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._seconds = max(self._seconds, _TO_DECIDE)
        self.hold(not self._timer.isActive())

    def hold(self, held: bool) -> None:
        """While it may be hidden its time does not run; afterwards it has all of it."""
        if held:
            self._timer.stop()
        else:
            self._timer.start(self._seconds * 1000)

    def enterEvent(self, event: QEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start(self._seconds * 500)  # ms: half the time, as it was seen

    @staticmethod
    def _line(text: str, *, muted: bool) -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if muted:
            set_role(label, "muted")
        return label


class ToastStack(QObject):
    """Keeps the toasts of a window at the middle of its lower edge, clear of buttons at the side, newest lowest.

    Args:
        window: Where they lie.
        heir: Takes those that are still there when the window is closed; None for a window that stays.
    """

    def __init__(self, window: QWidget, heir: ToastStack | None = None) -> None:
        super().__init__(window)
        self._window, self._heir = window, heir
        self._toasts: list[Toast] = []
        window.installEventFilter(self)

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """Those now on screen, oldest first."""
        return tuple(self._toasts)

    def push(self, level: ToastLevel, text: str, hint: str = "") -> Toast:
        """Show one more; it takes the place of one that says the same."""
        for said in [old for old in self._toasts if old.words == (text, hint)]:
            self._remove(said)
        toast = Toast(level, text, hint, self._window)
        self._take(toast)
        return toast

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        grown = isinstance(watched, Toast) and event.type() == QEvent.Type.LayoutRequest
        if grown or (watched is self._window and event.type() == QEvent.Type.Resize):
            self._place()
        elif isinstance(watched, Toast):
            return False
        elif event.type() == QEvent.Type.Hide:
            self.hand_over()
        return False

    def hand_over(self) -> None:
        """Let the heir, where there is one, show those that are left, with all of their time."""
        if self._heir is None:
            return
        left, self._toasts = self._toasts, []
        for toast in left:
            toast.closed.disconnect(self._on_closed)
            toast.removeEventFilter(self)
            toast.setParent(self._heir._window)
            toast.hold(False)
            self._heir._take(toast)

    def hold(self, held: bool) -> None:
        """Let their time stand still while something lies over the window, or run again."""
        for toast in self._toasts:
            toast.hold(held)

    def _take(self, toast: Toast) -> None:
        toast.closed.connect(self._on_closed)
        toast.installEventFilter(self)  # its words are as high as they are only once fonts and window are settled
        self._toasts.append(toast)
        while len(self._toasts) > _MOST:
            self._remove(self._toasts[0])
        toast.show()
        later(toast, self._place)
        self._place()

    def _on_closed(self) -> None:
        sender = self.sender()
        if isinstance(sender, Toast):
            self._remove(sender)

    def _remove(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        bottom = self._window.height() - _ABOVE_EDGE
        for toast in reversed(self._toasts):
            self._window.update(toast.geometry())  # of one that was taken over from another window a part stayed drawn
            toast.resize(_WIDTH, toast.heightForWidth(_WIDTH))
            bottom -= toast.height()
            toast.move((self._window.width() - _WIDTH) // 2, bottom)
            toast.raise_()
            bottom -= SMALL
