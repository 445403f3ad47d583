"""The layers over the image, the topmost first."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_app.core.labelling.layers import OWN, LabelLayer, LayerKind
from desktop_app.gui.layers.rows import EyeRow
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.folding_dock import tool_button

_WORDS = {
    LayerKind.LABELS: "the labels that you paint",
    LayerKind.RESULT: "a result",
    LayerKind.PREVIEW: "what the model proposes now",
    LayerKind.AGREEMENT: "where two layers agree",
    LayerKind.MAP: "what the network says of each voxel",
    LayerKind.PROPOSAL: "what an assistant proposes now",
    LayerKind.LIVE: "what a model that is learning found at its last check",
}
_OTHER = "other labels of this image; “Edit this layer” paints on them"


class LayerList(QWidget):
    """A row for each layer; one of them is chosen.

    Signals:
        chosen_changed: The ``LabelLayer`` whose details are shown, or None; also when it looks different.
    """

    chosen_changed = Signal(object)

    def __init__(self, layers: Layers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = layers
        self._chosen = ""
        self.rows: dict[str, EyeRow] = {}
        self.empty = QLabel("Open an image to see its labels here.")
        self.empty.setWordWrap(True)
        set_role(self.empty, "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addWidget(self.empty)
        layers.changed.connect(self._show)
        self._show()

    @property
    def chosen(self) -> LabelLayer | None:
        """The layer whose details are shown."""
        return self._layers.get(self._chosen)

    def choose(self, key: str) -> None:
        """Show the details of another layer."""
        self._chosen = key
        self._show()

    def _show(self) -> None:
        stack = tuple(reversed(self._layers.listed))
        known = list(self.rows)
        if known != [layer.key for layer in stack]:
            new = [layer.key for layer in stack if layer.key not in known]
            self._fill(stack)
            if new or self.chosen is None:
                self._chosen = new[0] if new else stack[0].key if stack else ""
        several = any(layer.label_layer is not None for layer in stack)
        for layer in stack:
            row = self.rows[layer.key]
            row.name.setText(f"{layer.title} · edited" if several and layer.key == OWN else layer.title)
            words = _WORDS[layer.kind] if layer.label_layer is None else _OTHER
            row.name.set_tip(f"{words}\n{layer.path}" if layer.path is not None else words)
            row.set_seen(layer.look.visible)
            row.set_active(layer.key == self._chosen)
        self.empty.setVisible(not stack)
        self.chosen_changed.emit(self.chosen)

    def _fill(self, stack: tuple[LabelLayer, ...]) -> None:
        for old in self.rows.values():
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows.clear()
        for layer in stack:
            row = EyeRow(layer.title, "layer")
            row.chosen.connect(partial(self.choose, layer.key))
            row.seen_toggled.connect(partial(self._on_seen, layer.key))
            if layer.kind is not LayerKind.LABELS:
                close = tool_button("close", "Take this layer away; files stay")
                close.clicked.connect(partial(self._layers.remove, layer.key))
                row.row.addWidget(close)
            self.rows[layer.key] = row
            self._column.addWidget(row)

    def _on_seen(self, key: str, seen: bool) -> None:
        self._layers.set_look(key, visible=seen)
