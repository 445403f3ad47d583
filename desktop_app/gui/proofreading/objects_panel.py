"""The Objects panel of the main window: the table, what is searched for, and what is done with the chosen rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.imaging import Plane
from desktop_app.core.project.review import STATES, ReviewState
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.object_actions import offers_for_rows
from desktop_app.gui.proofreading.clock import ReviewClock
from desktop_app.gui.proofreading.columns import PLACES
from desktop_app.gui.proofreading.object_view import ObjectTableView
from desktop_app.gui.proofreading.outcome import ReviewOutcome
from desktop_app.gui.proofreading.reviewer import Reviewer
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL, SMALL_ICON, TIGHT, pad
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.widgets.empty_state import EmptyState
from desktop_app.gui.window_context import WindowContext
from desktop_app.objects.operations import Offer, Operation
from desktop_app.objects.proofreading.facts import in_words

_BUTTONS = ("review.previous", "review.next", "review.right", "review.doubtful", "review.lock")
_SEARCH_TIP = "Numbers, classes, notes and reasons; also size<100, grey>50, pieces>1, slices=1, confidence<0.7."


class Operations(Protocol):
    """Carries operations out on objects that are named."""

    def on_objects(self, operation: Operation, offer: Offer, numbers: tuple[int, ...]) -> None:
        """Begin one."""

    def add_for_objects(self, menu: QMenu, operation: Operation, offer: Offer, numbers: tuple[int, ...]) -> None:
        """Offer one in a menu."""


class ObjectsPanel(QWidget):
    """The table of objects beside the image.

    Args:
        context: What is open, where all objects are looked at, and who is told.
        viewer: Shows the image.
        operations: Carries operations out on some objects.

    Attributes:
        reviewer: What is known, chosen and said.
        clock: Counts the time spent.
        outcome: What becomes of a review.
    """

    def __init__(self, context: WindowContext, viewer: ViewerWidget, operations: Operations) -> None:
        super().__init__()
        session, self._viewer, self._operations = context.session, viewer, operations
        self._session, self._notifier = session, context.notifier
        self._registry: ActionRegistry | None = None
        self.reviewer = Reviewer(session, viewer, context.runner, self)
        self.clock = ReviewClock(session, viewer, self)
        self.outcome = ReviewOutcome(context.above(self), self.reviewer)
        self.table = ObjectTableView(self.reviewer.model)
        self.search = QLineEdit()
        self.states, self.classes = QComboBox(), QComboBox()
        self.first = QToolButton()
        self.count, self.chosen = QLabel(), QLabel()
        self.more, self.use = QToolButton(), QToolButton()
        self.buttons = [QToolButton() for _ in _BUTTONS]
        self._stack = QStackedWidget()
        self._build()
        self._connect()
        self._show_classes()
        self._show()

    def _build(self) -> None:
        self.search.setPlaceholderText("Number, note, reason, size<100 …")
        self.search.setToolTip(_SEARCH_TIP)
        self.search.setAccessibleName("Search objects")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.states.setAccessibleName("Which states are shown")
        for words, state in (("All states", -1), *((word.capitalize(), n) for n, word in enumerate(STATES))):
            self.states.addItem(words, state)
        self.classes.setAccessibleName("Which classes are shown")
        self.more.setText("More")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setIcon(icon("more"))
        self.more.setToolTip("What else can be done with the chosen objects; also a right click on a row.")
        for button in (self.first, self.more, self.use, *self.buttons):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setIconSize(QSize(SMALL_ICON, SMALL_ICON))
        for label in (self.count, self.chosen):
            set_role(label, "muted")
        self.chosen.setWordWrap(True)
        narrowing = QHBoxLayout()
        for box in (self.states, self.classes):
            narrowing.addWidget(box, 1)
        narrowing.addWidget(self.first)
        doing = QHBoxLayout()
        doing.setSpacing(TIGHT)
        for button in self.buttons:
            doing.addWidget(button)
        doing.addStretch(1)
        doing.addWidget(self.more)
        last = QHBoxLayout()
        last.addWidget(self.chosen, 1)
        last.addWidget(self.use)
        self._stack.addWidget(self.table)
        self._stack.addWidget(
            EmptyState(
                "labels", "No objects yet", "Paint some, or take over the result of a model; they are listed here."
            )
        )
        column = QVBoxLayout(self)
        pad(column, SMALL, SMALL)
        column.addWidget(self.search)
        column.addLayout(narrowing)
        column.addWidget(self.count)
        column.addWidget(self._stack, 1)
        column.addLayout(doing)
        column.addLayout(last)

    def _connect(self) -> None:
        reviewer, table, session = self.reviewer, self.table, self._session
        self.search.textChanged.connect(lambda _text: self._narrow())
        for box in (self.states, self.classes):
            box.activated.connect(lambda _place: self._narrow())
        self.more.clicked.connect(lambda: self._show_menu(self.more.mapToGlobal(QPoint(0, self.more.height()))))
        table.chosen.connect(self._on_chosen)
        table.opened.connect(reviewer.go_to)
        table.lock_wanted.connect(reviewer.toggle_lock)
        table.key_pressed.connect(self.start_by_key)
        table.customContextMenuRequested.connect(lambda at: self._show_menu(table.viewport().mapToGlobal(at)))
        reviewer.choice_changed.connect(self._on_choice)
        reviewer.facts_changed.connect(self._on_facts)
        reviewer.follower.busy_changed.connect(lambda _busy: self._show())
        reviewer.model.modelReset.connect(self._on_reset)
        session.scheme_changed.connect(lambda _scheme: self._show_classes())
        session.active_value_changed.connect(self._on_active)
        for changed in (session.reviewing.changed, session.scheme_changed):
            changed.connect(lambda _value: self._on_said())
        self._viewer.position_changed.connect(lambda _position: self._show_slice())

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Connect the actions of ``review_actions``, and put them on the buttons."""
        self._registry = registry
        slots: dict[str, Callable[[], object]] = {
            "review.next": self.go_on,
            "review.previous": partial(self.go_on, back=True),
            "review.right": partial(self.say, "right"),
            "review.doubtful": partial(self.say, "doubtful"),
            "review.to_do": partial(self.say, "to do"),
            "review.lock": self.reviewer.toggle_lock,
            "review.suspicious": self.suspicious_first,
            "review.slice": self.toggle_slice,
            "review.by_class": self._show_by_class,
            "review.use": self.outcome.use_for_training,
            "review.export": self.outcome.ask_and_export,
        }
        for action_id, slot in slots.items():
            registry.connect(action_id, slot)
        for button, action_id in zip(self.buttons, _BUTTONS, strict=True):
            button.setDefaultAction(registry.action(action_id))
        self.first.setDefaultAction(registry.action("review.suspicious"))
        self.first.setText("Suspicious first")
        self.use.setDefaultAction(registry.action("review.use"))
        self.use.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.first.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._show_by_class()

    def go_on(self, *, back: bool = False) -> None:
        """Show the next object that is to do."""
        self.reviewer.follower.watch(True)
        if self.reviewer.facts is None:
            self._notifier.info("The objects are being looked at; try again in a moment.")
        elif not self.reviewer.step(back=back):
            self._notifier.info("No object in the table is left to do.")

    def say(self, state: ReviewState) -> None:
        """Put the chosen objects into a state, and go on."""
        if not self.reviewer.chosen:
            self._notifier.info("Choose an object first: in the table, or with J.")
            return
        alone = len(self.reviewer.chosen) == 1
        self.reviewer.say(state)
        if alone and state != "to do":
            self.reviewer.step()

    def suspicious_first(self) -> None:
        """Sort by what looks wrong."""
        self.table.sortByColumn(PLACES["reasons"], Qt.SortOrder.AscendingOrder)
        self.table.scrollToTop()

    def toggle_slice(self) -> None:
        """Mark the shown xy slice to be looked at again, or no longer."""
        z = self._viewer.current_depth(Plane.XY)
        doubtful = z not in self._session.reviewing.review.doubtful_slices
        self._session.reviewing.set_slice(z, doubtful=doubtful)
        self._show_slice()

    def _show_by_class(self) -> None:
        """Colour objects by class where that is wished and means something."""
        if self._registry is not None:
            action, scheme = self._registry.action("review.by_class"), self.reviewer.scheme
            action.setEnabled(scheme.kind == "objects" and len(scheme.classes) > 1)
            self.reviewer.highlight.show_classes(action.isChecked() and action.isEnabled())

    def _show_slice(self) -> None:
        """Show in the menu whether the slice is doubtful."""
        if self._registry is not None:
            z = self._viewer.current_depth(Plane.XY)
            self._registry.action("review.slice").setChecked(z in self._session.reviewing.review.doubtful_slices)

    def start_by_key(self, key: str) -> None:
        """Begin what a key means for the chosen objects."""
        numbers = tuple(self.reviewer.chosen)
        for operation, offer in offers_for_rows(len(numbers), self.reviewer.scheme.kind):
            if numbers and offer.row_key == key:
                self._operations.on_objects(operation, offer, numbers)

    def menu(self) -> QMenu | None:
        """What can be done with the chosen rows; None if none is."""
        numbers = tuple(self.reviewer.chosen)
        if not numbers:
            return None
        menu = QMenu(self)
        if self._registry is not None:
            for action_id in ("review.right", "review.doubtful", "review.to_do", "review.lock"):
                menu.addAction(self._registry.action(action_id))
        menu.addAction(icon("notes"), "Write a note…", self._write_note)
        scheme = self.reviewer.scheme
        if scheme.kind == "objects" and len(scheme.classes) > 1:
            classes = menu.addMenu(icon("labels"), "Class")
            for one in scheme.classes:
                classes.addAction(one.name, partial(self._session.reviewing.set_class, numbers, one.value))
        menu.addSeparator()
        for operation, offer in offers_for_rows(len(numbers), scheme.kind):
            self._operations.add_for_objects(menu, operation, offer, numbers)
        return menu

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reviewer.follower.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.reviewer.follower.watch(False)
        if not event.spontaneous():
            self.reviewer.choose([])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.table.viewport().update()

    def _show_menu(self, at: QPoint) -> None:
        menu = self.menu()
        if menu is not None:
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(at)

    def _write_note(self) -> None:
        rows = self.reviewer.model.rows_of(self.reviewer.chosen[:1])
        if rows:
            self.table.edit(self.reviewer.model.index(rows[0], PLACES["note"]))

    def _narrow(self) -> None:
        self.reviewer.model.narrow(self.search.text(), self.states.currentData(), self.classes.currentData() or 0)
        self._show()

    def _on_chosen(self, numbers: list[int]) -> None:
        self.reviewer.choose(numbers, by_table=True)
        self._show()

    def _on_choice(self) -> None:
        self.table.choose(self.reviewer.chosen)
        self._show()

    def _on_reset(self) -> None:
        """Rows have moved: what is chosen stays chosen."""
        self.table.choose(self.reviewer.chosen)

    def _on_said(self) -> None:
        self._show_slice()
        self._show_by_class()

    def _on_facts(self) -> None:
        self._show()

    def _on_active(self, value: int) -> None:
        """An object was picked in the image: choose its row."""
        facts = self.reviewer.facts
        if self.isVisible() and facts is not None and value not in self.reviewer.chosen:
            self.reviewer.choose([value] if self.reviewer.model.rows_of([value]) else [])

    def _show_classes(self) -> None:
        """Offer the classes of the project, where there are several."""
        before = self.classes.currentData()
        self.classes.clear()
        self.classes.addItem("All classes", 0)
        for one in self.reviewer.scheme.classes:
            self.classes.addItem(one.name, one.value)
        self.classes.setCurrentIndex(max(0, self.classes.findData(before)))
        several = len(self.reviewer.scheme.classes) > 1
        self.classes.setVisible(several)
        self.table.setColumnHidden(PLACES["class"], not several)
        self._narrow()

    def _show(self) -> None:
        """Say how many objects there are and how many are chosen."""
        reviewer, facts = self.reviewer, self.reviewer.facts
        total = 0 if facts is None else facts.rows.ids.size
        listed = len(reviewer.model.order)
        busy = reviewer.follower.busy
        self._stack.setCurrentIndex(0 if total or busy else 1)
        self.table.setColumnHidden(PLACES["confidence"], facts is None or not facts.said.confidence)
        objects = "object" if total == 1 else "objects"
        words = [f"{listed:,} of {total:,} {objects}" if listed != total else f"{total:,} {objects}"]
        words += [f"{count:,} {state}" for state in ("right", "doubtful") if (count := reviewer.count_of(state))]
        if busy:
            words = [*words, "looking …"] if total else ["Looking for objects …"]
        self.count.setText(" · ".join(words))
        chosen = reviewer.chosen
        self.chosen.setText(
            f"Chosen: {in_words(chosen)}" if chosen else "Choose rows: Ctrl+click and Shift+click for several."
        )
        self.more.setEnabled(bool(chosen))
