"""Choose two layers and see where and how well they agree."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.labelling.layers import AGREEMENT, OTHERWISE, LabelLayer, LayerKind
from desktop_app.gui.layers.comparison import LayerComparison, score_words
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.number_fields import CalmComboBox
from desktop_app.objects.masks import mask_sentence


class CompareBox(QWidget):
    """Two lists and a button; below it the numbers of the whole volume."""

    def __init__(self, layers: Layers, comparison: LayerComparison, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers, self._comparison = layers, comparison
        self.first, self.second = CalmComboBox(), CalmComboBox()
        for box, name in ((self.first, "First layer"), (self.second, "Second layer")):
            box.setAccessibleName(name)
            box.setMinimumContentsLength(8)  # characters, by eye
            box.setSizeAdjustPolicy(CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        heading = QLabel("Compare two layers")
        set_role(heading, "heading")
        self.button = QPushButton("Compare")
        self.again = QPushButton("Count again")
        self.again.setToolTip("The labels have changed since the volume was counted.")
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.scores = QLabel()
        self.scores.setWordWrap(True)
        set_role(self.scores, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        for widget in (heading, self.first, self.second):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.again)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.legend)
        column.addWidget(self.scores)
        for box in (self.first, self.second):
            box.activated.connect(lambda _place: self._show())
        self.button.clicked.connect(self._on_clicked)
        self.again.clicked.connect(comparison.count_volume)
        layers.changed.connect(self._show)
        comparison.changed.connect(self._show)
        self._show()

    def _choices(self) -> tuple[LabelLayer, ...]:
        return tuple(layer for layer in reversed(self._layers.listed) if layer.kind is not LayerKind.AGREEMENT)

    def _show(self) -> None:
        choices, comparing = self._choices(), self._comparison.pair is not None
        for box in (self.first, self.second):
            _offer(box, choices)
            box.setEnabled(not comparing)
        if len(choices) > 1 and self.first.currentData() == self.second.currentData():
            self.second.setCurrentIndex(1 if self.first.currentIndex() == 0 else 0)
        self.setVisible(len(choices) > 1)
        self.button.setText("Stop comparing" if comparing else "Compare")
        self.again.setVisible(comparing and self._comparison.stale and not self._comparison.busy)
        self.scores.setText(self._words() if comparing else "")
        for label in (self.legend, self.scores):
            label.setVisible(comparing)
        self.legend.setText(self._colors() if comparing else "")

    def _colors(self) -> str:
        """What the colours mean."""
        shown = self._layers.get(AGREEMENT)
        pair = self._comparison.pair
        if shown is None or pair is None:
            return ""
        meant = [one for one in shown.scheme.classes if one.value != OTHERWISE or pair.by_class]
        return "<br>".join(f'<span style="color: rgb{one.color}">■</span> {escape(one.name)}' for one in meant)

    def _words(self) -> str:
        comparison = self._comparison
        if comparison.busy:
            return "Counting the whole volume…"
        found = comparison.whole
        if found is None:
            return ""
        stale = "\nBefore the last change of the labels." if comparison.stale else ""
        masks = "".join(
            f"\n{mask_sentence(which)}"
            for which, is_mask in zip(("the first", "the second"), found.masks, strict=True)
            if is_mask
        )
        return (
            f"Whole volume\n{score_words(found)}\n{found.partners} objects in both, "
            f"{found.first - found.partners} only in the first, {found.second - found.partners} only in the second."
            f"{masks}{stale}"
        )

    def _on_clicked(self) -> None:
        if self._comparison.pair is not None:
            self._layers.stop_comparing()
        else:
            self._layers.compare(self.first.currentData(), self.second.currentData())


def _offer(box: CalmComboBox, choices: tuple[LabelLayer, ...]) -> None:
    """Offer these layers; what was chosen stays."""
    if [(box.itemData(n), box.itemText(n)) for n in range(box.count())] == [(one.key, one.title) for one in choices]:
        return
    before = box.currentData()
    box.clear()
    for layer in choices:
        box.addItem(layer.title, layer.key)
    box.setCurrentIndex(max(0, box.findData(before)))
