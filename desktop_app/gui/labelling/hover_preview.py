"""Shows what an operation would change while the pointer, or the keyboard, rests on it in a menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu

from desktop_app.gui.labelling.operation_preview import OperationPreview, Where
from desktop_app.objects.operations import Offer, Operation, Pointed, Scene

_LOOK_MS = 100  # between two looks whether the menu still rests on it: nobody sees a tint that stays so much longer


class HoverPreview(QObject):
    """Previews offers that are carried out without a form; those with one are previewed beside it.

    Args:
        preview: Lays what would change over the image.
        scene: What is seen, with what is pointed at; None where nothing is open or something is under way.
    """

    def __init__(
        self, preview: OperationPreview, scene: Callable[[Pointed], Scene | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._preview, self._scene = preview, scene
        self._shown: QAction | None = None
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._end_where_left)

    def offer(self, action: QAction, operation: Operation, offer: Offer, pointed: Callable[[], Pointed | None]) -> None:
        """Preview an offer while its line of a menu is chosen.

        Args:
            action: The line.
            operation: What it belongs to.
            offer: What it starts.
            pointed: What it is about; None where that is not known yet.
        """
        if offer.parameters is not None:
            action.hovered.connect(partial(self._show, action, operation, offer.parameters, pointed))

    def _show(
        self, action: QAction, operation: Operation, parameters: Callable[[Scene], Any],
        pointed: Callable[[], Pointed | None],
    ) -> None:  # fmt: skip
        about = pointed()
        scene = None if about is None else self._scene(about)
        if scene is None or about is None or not action.isEnabled():
            return
        self._shown = action
        self._preview.ask(operation, scene, parameters(scene), Where(about.objects))
        self._look.start()

    def _end_where_left(self) -> None:
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu) and menu.activeAction() is self._shown:
            return
        self._look.stop()
        self._shown = None
        self._preview.clear()
