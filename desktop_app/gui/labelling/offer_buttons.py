"""Buttons for those operations on objects that are used all the time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.object_actions import offers_of_the_menu
from desktop_app.gui.session import Session


class OfferButtons(QWidget):
    """One button per offer that asks for one; hidden where the open image has no use for it.

    Attributes:
        buttons: By the id of the action.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for _, offer in offers_of_the_menu():
            if offer.button:
                button = self.buttons[offer.id] = QToolButton()
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                column.addWidget(button)
        session.volume_changed.connect(self._on_volume)
        self._on_volume(session.volume)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Give the buttons their actions."""
        for action_id, button in self.buttons.items():
            button.setDefaultAction(registry.action(action_id))

    def _on_volume(self, volume: Volume | None) -> None:
        flat = volume is not None and volume.is_2d
        for operation, offer in offers_of_the_menu():
            if offer.button:
                self.buttons[offer.id].setVisible(operation.in_flat_images or not flat)
