"""Lets the user point at what an operation needs, and shows meanwhile what it would change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.labelling.operation_preview import OperationPreview, Where
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.place_pickers import DragPicker, LinePicker, PlacesPicker, RectanglePicker
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.objects.operations import Offer, Operation, Place, Pointed, Scene, Target

_HOW_TO_LEAVE = "Esc or a right click leaves it."


class OperationPointing(QObject):
    """Waits for a line, a rectangle or clicks; nothing changes before they are there.

    Args:
        session: What is open.
        viewer: Where the user points.
        preview: Lays what would change over the image.
        scene: What is seen, with what is pointed at; None where nothing is open or something is under way.

    Signals:
        said: What to do, then how much would change; empty when the user points no longer.
    """

    said = Signal(str)

    def __init__(
        self, session: Session, viewer: ViewerWidget, preview: OperationPreview,
        scene: Callable[[Pointed], Scene | None], parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._viewer, self._preview, self._scene = session, viewer, preview, scene
        views = viewer.grid.views.values()
        self._pickers: dict[Target, DragPicker] = {
            Target.PLACES: PlacesPicker(views, self),
            Target.LINE: LinePicker(views, self),
            Target.REGION: RectanglePicker(views, self),
        }
        for picker in self._pickers.values():
            picker.changed.connect(self._on_so_far)
        self._for: tuple[Operation, Offer] | None = None
        self._target = Target.NOTHING
        preview.told.connect(self._on_told)

    def begin(self, operation: Operation, offer: Offer, done: Callable[[Pointed], None]) -> bool:
        """Wait until the user has pointed; False where nothing needs to be pointed at.

        Args:
            operation: What is begun.
            offer: In which way.
            done: Hears what was pointed at, unless the user changes their mind.
        """
        self.leave()
        target = next((target for target in self._pickers if target in operation.targets), None)
        if target is None:
            return False
        self._for, self._target = (operation, offer), target
        self._pickers[target].begin(partial(self._on_done, done))
        self.said.emit(f"{offer.tip or operation.advice} {_HOW_TO_LEAVE}")
        return True

    def leave(self) -> None:
        """Stop waiting."""
        for picker in self._pickers.values():
            picker.end()

    def _on_done(self, done: Callable[[Pointed], None], drawn: Any) -> None:
        self._for = None
        self._preview.clear()
        self.said.emit("")
        pointed = self._pointed(drawn)
        if pointed is not None:
            done(pointed)

    def _on_so_far(self, drawn: Any) -> None:
        """Show what would change if it ended here."""
        pointed = self._pointed(drawn)
        scene = None if pointed is None else self._scene(pointed)
        if self._for is None or scene is None or pointed is None:
            self._preview.clear()
            return
        operation, offer = self._for
        if offer.parameters is not None:
            where = Where(pointed.objects)
            self._preview.ask(operation, scene, offer.parameters(scene), where, dragging=True)

    def _on_told(self, words: str) -> None:
        if self._for is not None:
            self.said.emit(f"{words} {_HOW_TO_LEAVE}")

    def _pointed(self, drawn: Any) -> Pointed | None:
        """What was pointed at with what a picker gives; None with nothing."""
        labels = self._session.labels
        if drawn is None or labels is None:
            return None
        if self._target is Target.REGION:
            plane = self._viewer.current_plane()
            here = Place(plane, plane.to_voxel(0, 0, self._viewer.current_depth(plane)))
            return Pointed((), (here,), drawn)
        points: tuple[ToolPoint, ...] = drawn
        whole, line = Region.whole(labels.labels.shape), self._target is Target.LINE
        places = tuple(Place(p.plane, p.voxel) for p in points if line or whole.contains(p.voxel))
        return Pointed((), places) if places else None
