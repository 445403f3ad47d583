"""Which of the docks at the sides are open: as the user wishes, and as the window has room."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from desktop_app.gui.widgets.folding_dock import RAIL, FoldingDock

_PICTURE = 420  # px that the picture in the middle keeps, by eye: a plane with its slider and some tools


class SidePanels(QObject):
    """Folds docks for which a narrow window has no room, those used longest ago first, and opens them again.

    Args:
        window: The main window.

    Signals:
        folded: Name of a dock, and whether it is folded now.
    """

    folded = Signal(str, bool)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks: dict[str, FoldingDock] = {}
        self._wanted: set[str] = set()
        self._latest: list[str] = []
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self.arrange)
        window.installEventFilter(self)

    def add(self, dock: FoldingDock) -> None:
        """One more dock; the user wants it open at first. Those added later stay open longer."""
        name = dock.objectName()
        self._docks[name] = dock
        self._wanted.add(name)
        self._latest.append(name)
        dock.wanted.connect(lambda is_open: self.want(name, is_open))

    def want(self, name: str, is_open: bool) -> None:
        """The user wishes a dock open or folded; if there is no room for all, this one stays open."""
        if is_open:
            self._wanted.add(name)
            self._latest.remove(name)
            self._latest.append(name)
        else:
            self._wanted.discard(name)
        self.arrange()

    def unwanted(self) -> tuple[str, ...]:
        """Names of the docks that the user has folded."""
        return tuple(name for name in self._docks if name not in self._wanted)

    def fold_again(self, names: Iterable[str]) -> None:
        """Fold what the user had folded when the program ran last."""
        self._wanted -= set(names)
        self.arrange()

    def arrange(self) -> None:
        """Open the wanted docks for which there is room, those used last first."""
        shown = {name: dock for name, dock in self._docks.items() if not dock.isHidden()}
        room = self._window.width() - _PICTURE - RAIL * len(shown)
        for place, name in enumerate(reversed(self._latest)):
            if name not in shown:
                continue
            more = shown[name].least_width() - RAIL
            # The one in hand opens in any window.
            opens = name in self._wanted and (more <= room or place == 0)
            room -= more if opens else 0
            if shown[name].folded == opens:
                shown[name].set_folded(not opens)
                self.folded.emit(name, not opens)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._settle.start()
        return False
