"""Which labels are locked or hidden now: by class, or one by one in a review."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from desktop_app.core.imaging import Region
from desktop_app.gui.labelling.choices import Choices
from desktop_app.gui.session import Session


class GuardedLabels(QObject):
    """Keeps the choices in step with the locks and eyes of classes and with the locks of objects.

    Args:
        session: What is open.
        choices: Told which labels are locked and hidden.
    """

    def __init__(self, session: Session, choices: Choices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        session.scheme_changed.connect(lambda _scheme: self._renew())
        session.reviewing.changed.connect(lambda _review: self._renew())
        session.labels_edited.connect(self._on_edited)
        self._renew()

    def _renew(self) -> None:
        scheme = self._session.scheme
        locked = self._of_classes([c.value for c in scheme.classes if c.locked])
        hidden = self._of_classes([c.value for c in scheme.classes if c.hidden])
        if scheme.kind == "objects":
            locked |= self._session.reviewing.review.locked
        self._session.reviewing.guarded = locked
        self._choices.guard(locked, hidden)

    def _of_classes(self, values: list[int]) -> frozenset[int]:
        if self._session.scheme.kind == "classes":
            return frozenset(values)
        numbers: frozenset[int] = frozenset()
        for value in values:
            numbers |= self._session.reviewing.numbers_of(value)
        return numbers

    def _on_edited(self, region: Region) -> None:
        """New objects of a class that is hidden or locked as a whole are, too."""
        usual, labels = self._session.scheme.usual, self._session.labels
        if self._session.scheme.kind == "classes" or labels is None or not (usual.hidden or usual.locked):
            return
        known = self._choices.locked | self._choices.hidden
        if not known.issuperset(np.unique(labels.labels.read(region)).tolist()):
            self._renew()
