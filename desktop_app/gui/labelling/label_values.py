"""Which label the tools paint: a class, or an object with its number."""

from __future__ import annotations

import numpy as np

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.tools import Within
from desktop_app.core.labelling.tools.options import Limit
from desktop_app.gui.session import Session


class LabelValues:
    """Chooses the active value of the session by the rules of the project's scheme."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._swapped = 1
        self._used: set[int] | None = None
        self._fresh = 0  # the number of an object that has no voxel yet
        session.labels_edited.connect(self._on_edited)
        session.labels_replaced.connect(self._forget)

    @property
    def scheme(self) -> LabelScheme:
        """What labels mean in the open project."""
        return self._session.scheme

    @property
    def fresh(self) -> int:
        """The number of an object that was begun and has no voxel yet; 0 without."""
        return self._fresh

    def in_order(self) -> list[int]:
        """Class numbers in order of the list."""
        return [c.value for c in self.scheme.classes]

    def name(self, value: int) -> str:
        """A label in words."""
        background = self.scheme.background
        if value == (background or 0):
            return "Background"
        if value == 0:
            return "Nothing"
        if self.scheme.kind == "objects":
            found = self.scheme.by_value(self._session.reviewing.class_of(value))
            return f"{(found or self.scheme.usual).name} {value}"
        found = self.scheme.by_value(value)
        return found.name if found is not None else f"Label {value}"

    def within(self, limit: Limit | None) -> Within | None:
        """The labels that a limit of painting stands for."""
        reviewing, scheme = self._session.reviewing, self.scheme
        if limit is None:
            return None
        if limit == "chosen":
            return Within(frozenset(reviewing.chosen))
        if scheme.kind == "classes":
            return Within(frozenset({limit}))
        if limit != scheme.usual.value:
            return Within(reviewing.numbers_of(limit))
        others = frozenset(n for n in reviewing.review.classes if reviewing.class_of(n) != limit)
        return Within(others | {0, scheme.background or 0}, besides=True)

    def choose(self, value: int) -> None:
        """Paint this label from now on; a class number that does not exist is passed over."""
        if self.scheme.kind == "objects" or value == 0 or self.scheme.by_value(value) is not None:
            self._session.set_active_value(value)

    def choose_background(self) -> None:
        """Paint what says that here is nothing: empty voxels, or strokes of background where empty is unknown."""
        self._session.set_active_value(self.scheme.background or 0)

    def choose_row(self, row: int) -> None:
        """Paint the class of a row of the list, from 1; for objects, the object with that number."""
        values = self.in_order()
        if self.scheme.kind == "objects":
            self.choose(row)
        elif row <= len(values):
            self.choose(values[row - 1])

    def step(self, step: int) -> None:
        """The class or object before or after."""
        active = self._session.active_value
        if self.scheme.kind == "objects":
            self._step_object(step)
            return
        values = self.in_order()
        place = values.index(active) if active in values else (-1 if step > 0 else 0)
        self.choose(values[(place + step) % len(values)])

    def _step_object(self, step: int) -> None:
        """To the next number that is in use; behind the last one comes a new object."""
        labels, active = self._session.labels, self._session.active_value
        if labels is None:
            return
        if self._used is None:
            self._used = self._objects()
        if step < 0:
            self.choose(max((value for value in self._used if value < active), default=active))
        else:
            following = min((value for value in self._used if value > active), default=0)
            if following:
                self.choose(following)
            elif active <= labels.labels.max_id():
                self.new_object()

    def _on_edited(self, region: Region) -> None:
        labels = self._session.labels
        if self._used is not None and labels is not None:
            found = {int(value) for value in np.unique(labels.labels.read(region))}
            self._used |= found - {0, self.scheme.background}

    def _forget(self) -> None:
        self._used = None

    def new_object(self) -> None:
        """Paint an object with a number that was never used."""
        labels = self._session.labels
        if labels is not None and self.scheme.kind == "objects":
            self._fresh = self._free()
            self.choose(self._fresh)

    def choose_class(self, value: int) -> None:
        """In a project of single objects: the next object that is begun is of this class."""
        self._session.reviewing.painted_class = value
        self.new_object()

    def give_class(self, number: int) -> None:
        """An object was painted: one that is new is of the chosen class."""
        painted = self._session.reviewing.painted_class
        if number == self._fresh and self.scheme.kind == "objects":
            self._fresh = 0
            if painted and self.scheme.by_value(painted) is not None:
                self._session.reviewing.give_class([number], painted)

    def _free(self) -> int:
        """A number that no object has had; where strokes of background have the largest, one that none has."""
        labels = self._session.labels
        return 1 if labels is None else FreeNumbers.of(labels.labels, self.scheme.background).next

    def _objects(self) -> set[int]:
        labels = self._session.labels
        return {int(v) for v in labels.labels.used_ids()} - {self.scheme.background} if labels is not None else set()

    def swap(self) -> None:
        """Background instead of the label, and back."""
        active, background = self._session.active_value, self.scheme.background or 0
        self._session.set_active_value(background if active != background else self._swapped)
        self._swapped = active if active != background else self._swapped

    def begin(self) -> None:
        """Other labels are open: a class that exists, or a new object."""
        if self.scheme.kind == "objects":
            self.new_object()
        elif self._session.active_value not in self.in_order():
            self._session.set_active_value(self.in_order()[0])

    def keep_valid(self) -> None:
        """The scheme has changed: never a class that is gone."""
        if self.scheme.kind == "classes" and self._session.active_value not in (0, *self.in_order()):
            self._session.set_active_value(self.in_order()[0])
