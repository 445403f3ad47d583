"""The menu of a right click over the image: what can be done with the place and the label there."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.tools import WITH_ALT, ToolPoint, label_at
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.labelling.controller import LabellingController
from desktop_app.gui.labelling.object_operations import ObjectOperations
from desktop_app.gui.session import Session
from desktop_app.gui.theme import icon
from desktop_app.gui.viewer.viewer import ViewerWidget


class PointMenu:
    """Makes and shows the menu.

    Args:
        session: What is open.
        viewer: Where the user clicks.
        controller: Tells of the click.
        operations: What can be done with objects.
    """

    def __init__(
        self, session: Session, viewer: ViewerWidget, controller: LabellingController, operations: ObjectOperations
    ) -> None:
        self._session, self._viewer, self._controller = session, viewer, controller
        self._operations = operations
        self._registry: ActionRegistry | None = None
        controller.menu_wanted.connect(self._show)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Offer some of the window's actions, too."""
        self._registry = registry

    def menu_for(self, point: ToolPoint) -> QMenu | None:
        """The menu for a place; None outside the image."""
        store, volume = self._controller.store, self._session.volume
        if store is None or volume is None or not Region.whole(store.shape).contains(point.voxel):
            return None
        menu = QMenu(self._viewer)
        label = label_at(store, point)
        if label:
            values = self._controller.values
            menu.addAction(icon(WITH_ALT.icon), f"Paint with {values.name(label)}", partial(values.choose, label))
            free = label not in self._controller.choices.locked
            for operation, offer, pointed in self._operations.at_object(point, label):
                self._operations.add_to(menu, operation, offer, pointed).setEnabled(free)
            menu.addSeparator()
        menu.addAction(icon("goto"), "Centre here", partial(self._viewer.center_on, point.voxel))
        if self._registry is not None and not volume.is_2d:
            for action_id in ("view.maximise", "label.slice_done"):
                menu.addAction(self._registry.action(action_id))
        return menu

    def _show(self, point: ToolPoint) -> None:
        menu = self.menu_for(point)
        if menu is not None:
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(QCursor.pos())
