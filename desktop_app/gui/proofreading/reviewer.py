"""Goes through the objects of an image: what is known of them, which are chosen, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QObject, Signal

from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.project.review import STATES, ReviewState
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.proofreading.follower import ObjectFollower
from desktop_app.gui.proofreading.highlight import Highlight
from desktop_app.gui.proofreading.table_model import ObjectTableModel
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.objects.proofreading.facts import Facts, next_place


class Reviewer(QObject):
    """Keeps the table in step with labels and review, and the image with what is chosen.

    Args:
        session: What is open.
        viewer: Where the chosen objects are shown.
        runner: For looking at all objects.

    Attributes:
        model: The table.
        follower: What is known of the objects.
        chosen: Numbers of the chosen objects.

    Signals:
        choice_changed: Others are chosen; not told when the table itself chose.
        facts_changed: Something else is known or said.
    """

    choice_changed = Signal()
    facts_changed = Signal()

    def __init__(
        self, session: Session, viewer: ViewerWidget, runner: JobRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.model = ObjectTableModel(self)
        self.follower = ObjectFollower(session, runner, lambda: viewer.channels.look.chosen, self)
        self.highlight = Highlight(session, viewer, self)
        self.chosen: list[int] = []
        self._channel = viewer.channels.look.chosen
        self._viewer = viewer
        self.follower.changed.connect(self._renew)
        session.reviewing.changed.connect(lambda _review: self._renew())
        session.scheme_changed.connect(lambda _scheme: self._renew())
        session.labels_replaced.connect(lambda: self.choose([]))
        viewer.channels.changed.connect(self._on_channel)
        self.model.note_written.connect(lambda number, note: session.reviewing.set_note([number], note))

    @property
    def scheme(self) -> LabelScheme:
        """What labels mean in the open project."""
        return self._session.scheme

    @property
    def facts(self) -> Facts | None:
        """What is known and said of the objects."""
        return self.model.facts

    def choose(self, numbers: Iterable[int], *, by_table: bool = False) -> None:
        """Choose objects: they are outlined, and the first one is painted with and merged into."""
        wanted = list(numbers)
        if wanted == self.chosen:
            return
        self.chosen = wanted
        self._session.reviewing.chosen = tuple(wanted)
        self.highlight.show(wanted)
        if wanted and self.scheme.kind == "objects":
            self._session.set_active_value(wanted[0])
        if not by_table:
            self.choice_changed.emit()

    def go_to(self, number: int) -> None:
        """Show an object in the middle of the views."""
        if self.facts is not None:
            self.highlight.go_to(self.facts.rows, number)

    def step(self, *, back: bool = False) -> bool:
        """Choose and show the next object that is still to do, in the order of the table; False if none is left."""
        facts, model = self.facts, self.model
        if facts is None:
            return False
        here = model.rows_of(self.chosen[:1])
        found = next_place(model.order, facts.states, here[0] if here else -1, back=back)
        if found is None:
            return False
        number = model.numbers([found])
        self.choose(number)
        self.go_to(number[0])
        return True

    def say(self, state: ReviewState) -> None:
        """The chosen objects are in this state now."""
        self._session.reviewing.set_state(self.chosen, state)

    def toggle_lock(self) -> None:
        """Lock the chosen objects, or unlock them if all are locked."""
        locked = self._session.reviewing.review.locked
        self._session.reviewing.set_locked(self.chosen, not locked.issuperset(self.chosen))

    def count_of(self, state: ReviewState) -> int:
        """How many objects are in a state."""
        return 0 if self.facts is None else int(np.count_nonzero(self.facts.states == STATES.index(state)))

    def _renew(self) -> None:
        """Other facts, or others of them are told."""
        survey, volume = self.follower.survey, self._session.volume
        if survey is None or volume is None:
            self.model.show_facts(None)
        else:
            facts = survey.facts(self._session.reviewing.review, self.scheme, volume.voxel_size)
            self.model.show_facts(facts)
            rows = facts.rows
            there = set(rows.ids[rows.places(np.sort(np.asarray(self.chosen, np.uint32)))].tolist())
            if there != set(self.chosen):
                self.choose([number for number in self.chosen if number in there])
        self.facts_changed.emit()

    def _on_channel(self) -> None:
        channel = self._viewer.channels.look.chosen
        if channel != self._channel:
            self._channel = channel
            self.follower.measure_again()
