"""Buttons that take the chosen layer over into the labels."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QWidget

from desktop_app.core.labelling.layers import LabelLayer, LayerKind, free_name
from desktop_app.gui.layers.takeover import Takeover
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL

_WAITING = "Click or draw over the image; a right click or Esc gives up."


class TakeoverBox(QWidget):
    """For results and previews: all, an object, or a region; a preview can be kept beside later ones."""

    def __init__(self, layers: Layers, takeover: Takeover, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers, self._takeover = layers, takeover
        self._layer: LabelLayer | None = None
        self.all = tipped_button(
            "All", "Take all of this layer over into the labels.", lambda: self._do(takeover.take_all)
        )
        self.one = tipped_button(
            "An object…", "Click an object of this layer: it comes into the labels with all its slices.",
            lambda: self._do(takeover.take_object),
        )  # fmt: skip
        self.region = tipped_button(
            "A region…", "Draw a rectangle: what lies in it on this slice comes into the labels.",
            lambda: self._do(takeover.take_region),
        )  # fmt: skip
        self.keep = tipped_button("Keep this preview", "Go on showing it, whatever is previewed next.", self._keep)
        self.gently = QCheckBox("Leave what is labelled as it is")
        self.gently.setChecked(True)
        self.gently.setToolTip("Off: the layer is written over your labels. Undo brings them back.")
        self.hint = QLabel(_WAITING)
        self.hint.setWordWrap(True)
        set_role(self.hint, "muted")
        self.hint.hide()
        caption = QLabel("Take over into the labels")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SMALL)
        grid.addWidget(caption, 0, 0, 1, 3)
        for column, button in enumerate((self.all, self.one, self.region)):
            grid.addWidget(button, 1, column)
        grid.addWidget(self.gently, 2, 0, 1, 3)
        grid.addWidget(self.hint, 3, 0, 1, 3)
        grid.addWidget(self.keep, 4, 0, 1, 3)
        takeover.waiting_changed.connect(self.hint.setVisible)
        self.gently.toggled.connect(self._on_gently)
        self.show_layer(None)

    def show_layer(self, layer: LabelLayer | None) -> None:
        """Offer what can be done with a layer."""
        self._layer = layer
        kind = layer.kind if layer is not None else LayerKind.LABELS
        other = layer is not None and layer.label_layer is not None
        self.setVisible(other or kind in (LayerKind.RESULT, LayerKind.PREVIEW))
        self.keep.setVisible(kind is LayerKind.PREVIEW)

    def _do(self, take: Callable[[LabelLayer], None]) -> None:
        if self._layer is not None:
            take(self._layer)

    def _keep(self) -> None:
        stack = self._layers.stack
        key = free_name((layer.key for layer in stack), "kept preview")
        self._layers.keep_preview(key, free_name((layer.title for layer in stack), "Kept preview"))

    def _on_gently(self, on: bool) -> None:
        self._takeover.keep_existing = on


def tipped_button(text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
    """A button with its tip and what it does."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda _checked=False: slot())
    return button
