"""The labelling panel of the main window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop_app.core.errors import UserError
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.labelling.assistant import ClickAssistant
from desktop_app.gui.labelling.class_list import ClassList
from desktop_app.gui.labelling.controller import LabellingController
from desktop_app.gui.labelling.done_box import DoneBox
from desktop_app.gui.labelling.object_bar import ObjectBar
from desktop_app.gui.labelling.object_operations import ObjectOperations
from desktop_app.gui.labelling.offer_buttons import OfferButtons
from desktop_app.gui.labelling.options_bar import OptionsBar
from desktop_app.gui.labelling.point_menu import PointMenu
from desktop_app.gui.labelling.tool_row import ToolRow
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.widgets.separator import Separator

_MUCH = 10  # px
_WIDTH = 312  # px: the row of the object with its buttons, and a scroll bar
_ONLY_EMPTY = "only_empty"


class LabellingPanel(QScrollArea):
    """Tools, their options, classes or objects, and what is done.

    Args:
        session: What is open.
        viewer: Where the user paints.
        runner: For operations on objects that take a while.
        notifier: For questions and messages.

    Attributes:
        controller: From the pointer to the tools.

    Signals:
        hint_changed: What mouse and keys do now, for the status bar.
    """

    hint_changed = Signal(str)

    def __init__(
        self,
        session: Session,
        viewer: ViewerWidget,
        runner: JobRunner,
        notifier: Notifier,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._viewer, self._notifier = session, viewer, notifier
        self.controller = LabellingController(session, viewer, notifier, self)
        self.operations = ObjectOperations(session, viewer, self.controller, runner, notifier)
        self.assistant = ClickAssistant(session, viewer, self.controller.choices, runner, self)
        self.point_menu = PointMenu(session, viewer, self.controller, self.operations)
        choices = self.controller.choices
        self.tools = ToolRow(session)
        self.options = OptionsBar(session, choices)
        self.heading = QLabel()
        set_role(self.heading, "heading")
        self.objects = ObjectBar(session, self.controller.values)
        self.classes = ClassList(session, self.controller.values, notifier)
        self.offers = OfferButtons(session)
        self.done = DoneBox(session, viewer, notifier)
        self._build()
        self.controller.hint_changed.connect(self.hint_changed)
        self.operations.pointing.said.connect(lambda words: self.hint_changed.emit(words or self.controller.hint))
        self.controller.asked.connect(self.assistant.ask)
        self.assistant.answered.connect(self.controller.take_answer)
        self.assistant.failed.connect(self._on_no_answer)
        self.assistant.busy_changed.connect(self._on_asking)
        self.done.next_wanted.connect(self._open_next)
        session.scheme_changed.connect(self._on_scheme)
        session.labels_replaced.connect(self._on_labels)
        self._on_scheme(session.scheme)
        self._on_labels()

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(_WIDTH)
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        pad(column, MEDIUM, SMALL)
        progress = QLabel("Progress")
        set_role(progress, "heading")
        for widget in (
            self.tools,
            self.options,
            Separator(),
            self.heading,
            self.objects,
            self.classes,
            self.offers,
            Separator(),
        ):
            column.addWidget(widget)
        column.addWidget(progress)
        column.addWidget(self.done)
        column.addStretch(1)
        self.setWidget(self._body)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Connect the actions of ``labelling_actions`` and put them on the buttons."""
        for action_id, slot in self.action_slots().items():
            registry.connect(action_id, slot)
        self.tools.connect_actions(registry)
        self.point_menu.connect_actions(registry)
        self.objects.connect_actions(registry)
        self.operations.connect_actions(registry)
        self.offers.connect_actions(registry)
        only_empty, choices = registry.action("label.only_empty"), self.controller.choices
        choices.changed.connect(lambda: only_empty.setChecked(choices.option(_ONLY_EMPTY)))

    def action_slots(self) -> dict[str, Callable[[], object]]:
        """What to call for each action of ``labelling_actions``, by its id."""
        do, values, choices = self.controller, self.controller.values, self.controller.choices
        slots: dict[str, Callable[[], object]] = {
            "label.smaller": lambda: do.grow_tip(-1),
            "label.larger": lambda: do.grow_tip(1),
            "label.much_smaller": lambda: self.options.size_box.choose(choices.size_px - _MUCH),
            "label.much_larger": lambda: self.options.size_box.choose(choices.size_px + _MUCH),
            "label.only_empty": lambda: choices.set_option(_ONLY_EMPTY, not choices.option(_ONLY_EMPTY)),
            "label.swap": values.swap,
            "label.new_object": values.new_object,
            "label.previous": lambda: values.step(-1),
            "label.next": lambda: values.step(1),
            "label.finish": do.finish_outline,
            "label.cancel": do.cancel,
            "label.corner_back": do.corner_back,
            "label.slice_done": self.done.toggle_slice,
            "label.image_done": self.done.finish_image,
            "label.value_0": values.choose_background,
        }
        for name in TOOLS:
            slots[f"tool.{name}"] = lambda name=name: self._session.set_tool(name)  # type: ignore[misc]
        for row in range(1, 10):
            slots[f"label.value_{row}"] = lambda row=row: values.choose_row(row)  # type: ignore[misc]
        return slots

    def _on_scheme(self, scheme: LabelScheme) -> None:
        objects = scheme.kind == "objects"
        self.heading.setText("Objects" if objects else "Classes")
        self.objects.setVisible(objects)

    def _on_labels(self) -> None:
        self._body.setEnabled(self._session.labels is not None)

    def _on_asking(self, asking: bool) -> None:
        self.hint_changed.emit("A proposal is being worked out…" if asking else self.controller.hint)

    def _on_no_answer(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self._notifier.error(error)
        else:
            self._notifier.unexpected(error)
        self.controller.forget_unanswered()

    def _open_next(self) -> None:
        """Open the first image that is not done yet, after the one that is open."""
        project, item = self._session.project, self._session.item
        if project is None or item is None:
            return
        place = [i.id for i in project.items].index(item.id)
        waiting = [i for i in (*project.items[place + 1 :], *project.items[:place]) if not i.all_done]
        if not waiting:
            self._notifier.info("All images of this project are done.")
            return
        with self._notifier.errors_told():
            self._session.select_item(waiting[0].id)
