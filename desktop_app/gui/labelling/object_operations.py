"""Operations on objects in the window: from a menu to one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.object_actions import offers_of_the_menu
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.labelling.controller import LabellingController
from desktop_app.gui.labelling.hover_preview import HoverPreview
from desktop_app.gui.labelling.operation_dialog import OperationDialog
from desktop_app.gui.labelling.operation_pointing import OperationPointing
from desktop_app.gui.labelling.operation_preview import OperationPreview, scene_changes
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.theme import icon
from desktop_app.gui.viewer.place_pickers import RectanglePicker
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.widgets.later import later
from desktop_app.io.labels.session import LabelSession
from desktop_app.objects.operations import OPERATIONS, Change, Offer, Operation, Place, Pointed, Scene, Target
from desktop_app.objects.operations.background import WithoutBackground
from desktop_app.objects.operations.carrying_out import dry_run, edit_of, origins_of

_AT_ONCE_VOXELS = 1_000_000  # in the boxes of the changes: read, packed and written within the 50 ms of the window
_WAIT_MS = 50  # until it is asked again whether a stroke has ended


class ObjectOperations(QObject):
    """Asks for what an operation needs, works out the changes in a job, and carries them out as one edit.

    Args:
        session: What is open.
        viewer: Where the user points.
        controller: Knows locked labels, and whether a stroke is running.
        runner: For what takes longer than a moment.
        notifier: For messages.

    Attributes:
        dialog: The question that is open, None without.
    """

    def __init__(
        self, session: Session, viewer: ViewerWidget, controller: LabellingController, runner: JobRunner,
        notifier: Notifier,
    ) -> None:  # fmt: skip
        super().__init__(controller)
        self._session, self._viewer, self._controller = session, viewer, controller
        self._runner, self._notifier = runner, notifier
        self._registry: ActionRegistry | None = None
        self.preview = OperationPreview(session, viewer, runner, self)
        self.pointing = OperationPointing(session, viewer, self.preview, self._free_scene, self)
        self.dialog: OperationDialog | None = None
        self.hover = HoverPreview(self.preview, self._free_scene, self)
        for changed in (session.scheme_changed, session.volume_changed):
            changed.connect(lambda _value: self._show_possible())
        session.labels_replaced.connect(self._show_possible)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Connect the actions of ``object_actions``."""
        self._registry = registry
        for operation, offer in offers_of_the_menu():
            registry.connect(offer.id, partial(self.start, operation, offer))
            if Target.NOTHING in operation.targets:
                self.hover.offer(registry.action(offer.id), operation, offer, self._all_objects)
        self._show_possible()

    def at_object(self, point: ToolPoint, label: int) -> Iterator[tuple[Operation, Offer, Pointed]]:
        """What can be done with the label under the pointer, as ``add_to`` takes it."""
        active = self._session.active_value
        for operation in OPERATIONS.values():
            if Target.OBJECT in operation.targets:
                objects: tuple[int, ...] = (label,)
            elif Target.TWO_OBJECTS in operation.targets and active not in (0, label):
                objects = (active, label)
            else:
                continue
            pointed = Pointed(objects, (Place(point.plane, point.voxel),))
            for offer in operation.offers:
                if self._possible(operation, offer) and offer.by in (None, Target.OBJECT, Target.TWO_OBJECTS):
                    yield operation, offer, pointed

    def add_to(self, menu: QMenu, operation: Operation, offer: Offer, pointed: Pointed, text: str = "") -> QAction:
        """A line of a menu that starts an operation, and shows what it would change while it is chosen."""
        start = partial(self.begin, operation, offer, pointed)
        action = menu.addAction(icon(offer.icon or operation.icon), text or offer.text, start)
        self.hover.offer(action, operation, offer, lambda: pointed)
        return action

    def add_for_objects(self, menu: QMenu, operation: Operation, offer: Offer, numbers: tuple[int, ...]) -> None:
        """The same for objects that are named, not pointed at."""
        here = self._place()
        if here is not None:
            text = offer.text.replace("the chosen object", f"object {numbers[0]}")
            text = text.replace("this object", f"these {len(numbers)} objects") if len(numbers) > 1 else text
            self.add_to(menu, operation, offer, Pointed(numbers, (here,)), text)

    def on_objects(self, operation: Operation, offer: Offer, numbers: tuple[int, ...]) -> None:
        """Begin an operation on objects that are named, not pointed at."""
        here = self._place()
        if here is not None:
            self.begin(operation, offer, Pointed(numbers, (here,)))

    def begin(self, operation: Operation, offer: Offer, pointed: Pointed) -> None:
        """Ask what must be asked, then go on."""
        scene = self._scene(pointed)
        if scene is None or self._session.stroke_running or self._session.carrying_out:
            return
        if not self._controller.protection.may_change():
            return
        if offer.parameters is not None:
            self._work_out(operation, offer, scene, offer.parameters(scene))
            return
        self._ask(operation, offer, scene)

    def _ask(self, operation: Operation, offer: Offer, scene: Scene) -> None:
        """Open the form; what would change is shown while it is open."""
        if self.dialog is not None:
            self.dialog.reject()
        active = self._session.active_value
        named = scene.pointed.objects or self._session.reviewing.chosen or ((active,) if active else ())
        slices = scene.labels.shape[0] > 1 and operation.in_slices
        self.dialog = dialog = OperationDialog(operation, named, slices, self._viewer.window())
        if scene.pointed.objects or self._session.reviewing.chosen:
            dialog.choose_objects()
        self._offer_box(dialog, operation)
        dialog.accepted.connect(partial(self._on_accepted, operation, offer, scene))
        dialog.finished.connect(self._on_finished)
        self.preview.told.connect(dialog.words.setText)
        dialog.asked.connect(partial(self._on_asked, operation, scene))
        self._on_asked(operation, scene)
        dialog.show()

    def _offer_box(self, dialog: OperationDialog, operation: Operation) -> None:
        """Let a box be drawn over the image where the operation asks for sizes; the dialog may go before it is."""
        from desktop_app.gui.widgets.size_by_box import SizeByBox

        picker = RectanglePicker(self._viewer.grid.views.values(), dialog)
        box = SizeByBox(picker.begin, lambda: self._session.volume)
        box.offer(operation.parameters.model_fields)
        dialog.offer_box(box)
        dialog.finished.connect(lambda _result: picker.end())

    def _on_asked(self, operation: Operation, scene: Scene) -> None:
        if self.dialog is not None:
            self.preview.ask(operation, scene, self.dialog.parameters(), self.dialog.place())

    def start(self, operation: Operation, offer: Offer) -> None:
        """Let the user point at what is needed, then go on."""
        here = self._place()
        if here is None:
            return
        if not self.pointing.begin(operation, offer, partial(self.begin, operation, offer)):
            self.begin(operation, offer, Pointed((), (here,)))

    def _on_accepted(self, operation: Operation, offer: Offer, scene: Scene) -> None:
        if self.dialog is None:
            return
        where, parameters = self.dialog.place(), self.dialog.parameters()
        self.preview.clear()
        plane = self._viewer.current_plane()
        place = (plane, self._viewer.current_depth(plane)) if where.in_slice else None
        scene = replace(scene, pointed=replace(scene.pointed, objects=where.objects or scene.pointed.objects))
        if not where.objects and Target.NOTHING in operation.targets:
            scene = replace(scene, pointed=replace(scene.pointed, objects=()))
        self._work_out(operation, offer, scene, parameters, place)

    def _on_finished(self) -> None:
        self.preview.clear()
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            self.preview.told.disconnect(dialog.words.setText)
            dialog.deleteLater()

    def _work_out(
        self, operation: Operation, offer: Offer, scene: Scene, parameters: Any,
        place: tuple[Plane, int] | None = None,
    ) -> None:  # fmt: skip
        labels, free = self._session.labels, scene.free_numbers()
        if labels is None:
            return
        if not offer.at_once:
            job = self._runner.start(operation.title, partial(scene_changes, operation, scene, parameters, place))
            job.succeeded.connect(partial(self._carry_out, operation, labels, free))
            return
        with self._notifier.errors_told():
            self._carry_out(operation, labels, free, dry_run(operation, scene, parameters))

    def _carry_out(
        self, operation: Operation, labels: LabelSession, free: FreeNumbers, changes: tuple[Change, ...]
    ) -> None:
        """Write the changes: few at once, many in a job, while nothing else may be changed."""
        from desktop_app.jobs.objects.in_project import carry_out_in_project

        session, locked = self._session, self._controller.choices.locked
        origins = origins_of(changes, free)
        if session.labels is not labels:
            self._notifier.info(f"“{operation.title}” was not carried out: the image is no longer open.")
        elif session.stroke_running or session.carrying_out:
            later(self, partial(self._carry_out, operation, labels, free, changes), _WAIT_MS)
        elif sum(change.region.size for change in changes) <= _AT_ONCE_VOXELS:
            edit = edit_of(changes, labels.labels, operation.title, locked)
            self._on_done(operation, origins, edit, session.commit_edit)
        else:
            session.carrying_out = operation.title
            write = partial(carry_out_in_project, changes, labels, operation.title, locked)
            job = self._runner.start(f"{operation.title}: writing", write)
            job.succeeded.connect(partial(self._on_written, operation, origins))
            for ended in (job.failed, job.cancelled):
                ended.connect(self._on_given_up)

    def _on_written(self, operation: Operation, origins: dict[int, int], edit: Edit | None) -> None:
        self._session.carrying_out = ""
        self._on_done(operation, origins, edit, self._session.finish_edit)

    def _on_given_up(self, *_: object) -> None:
        """All was put back; what was seen of it meanwhile is drawn anew."""
        self._session.carrying_out = ""
        if self._session.labels is not None:
            self._session.labels_edited.emit(Region.whole(self._session.labels.labels.shape))

    def _on_done(
        self, operation: Operation, origins: dict[int, int], edit: Edit | None, remember: Callable[[Edit], None]
    ) -> None:
        if edit is None:
            self._notifier.info(operation.nothing)
        else:
            self._session.reviewing.inherit(origins)
            remember(edit)

    def _scene(self, pointed: Pointed) -> Scene | None:
        labels, volume = self._session.labels, self._session.volume
        if labels is None or volume is None:
            return None
        background = self._background()
        store: LabelStore = labels.labels
        if background is not None and background not in pointed.objects:
            store = WithoutBackground(store, background)
        free = FreeNumbers.of(labels.labels, background)
        return Scene(store, volume, volume.voxel_size, pointed, free.first - 1, free)

    def _background(self) -> int | None:
        """The number of strokes of background; None where there are none, or labels name classes."""
        project = self._session.project
        return project.scheme.background if project is not None and project.scheme.kind == "objects" else None

    def _free_scene(self, pointed: Pointed) -> Scene | None:
        """What is seen, where nothing else is asked about or being done."""
        session = self._session
        busy = self.dialog is not None or session.stroke_running or bool(session.carrying_out)
        return None if busy else self._scene(pointed)

    def _all_objects(self) -> Pointed | None:
        here = self._place()
        return None if here is None else Pointed((), (here,))

    def _place(self) -> Place | None:
        """The slice that is looked at; None without labels."""
        if self._session.labels is None:
            return None
        plane = self._viewer.current_plane()
        return Place(plane, plane.to_voxel(0, 0, self._viewer.current_depth(plane)))

    def _possible(self, operation: Operation, offer: Offer) -> bool:
        project, volume = self._session.project, self._session.volume
        if project is None or volume is None or self._session.labels is None:
            return False
        return project.scheme.kind in offer.kinds and (operation.in_flat_images or not volume.is_2d)

    def _show_possible(self) -> None:
        if self._registry is not None:
            for operation, offer in offers_of_the_menu():
                self._registry.action(offer.id).setEnabled(self._possible(operation, offer))
