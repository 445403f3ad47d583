"""Within what is painted: a class, or the objects chosen in the table."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.tools.options import Limit, OnlyWithin
from desktop_app.gui.labelling.choices import WITHIN, Choices
from desktop_app.gui.session import Session
from desktop_app.gui.widgets.number_fields import CalmComboBox

_ALL, _CHOSEN = "Everything", "Objects chosen in the table"


class WithinBox(QWidget):
    """Shows and changes the limit in ``choices``; classes come from the project."""

    def __init__(self, session: Session, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        field = OnlyWithin.model_fields[WITHIN]
        self.box = CalmComboBox()
        self.box.setAccessibleName(field.title or "")
        self.box.setToolTip(field.description or "")
        # Long class names are cut rather than widening the panel.
        self.box.setSizeAdjustPolicy(CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(field.title))
        row.addWidget(self.box, 1)
        self.box.currentIndexChanged.connect(self._on_chosen)
        choices.changed.connect(self._show)
        session.scheme_changed.connect(self._fill)
        self._fill(session.scheme)

    def _fill(self, scheme: LabelScheme) -> None:
        """List what there is; a class that is gone limits nothing."""
        limits: list[tuple[str, Limit | None]] = [(_ALL, None)]
        if scheme.kind == "objects":
            limits.append((_CHOSEN, "chosen"))
        limits += [(c.name, c.value) for c in scheme.classes]
        self.box.blockSignals(True)
        self.box.clear()
        for text, limit in limits:
            self.box.addItem(text, limit)
        self.box.blockSignals(False)
        if self._choices.option(WITHIN) not in [limit for _, limit in limits]:
            self._choices.set_option(WITHIN, None)
        self._show()

    def _on_chosen(self, place: int) -> None:
        self._choices.set_option(WITHIN, self.box.itemData(place))

    def _show(self) -> None:
        wanted = self._choices.option(WITHIN)
        places = [self.box.itemData(place) for place in range(self.box.count())]
        self.box.blockSignals(True)
        self.box.setCurrentIndex(places.index(wanted) if wanted in places else 0)
        self.box.blockSignals(False)
