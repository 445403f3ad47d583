"""Buttons for the label layers of the open image."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from desktop_app.core.labelling.layers import OWN, LabelLayer
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.gui.layers.label_layers import LabelLayerCommands
from desktop_app.gui.layers.takeover_box import tipped_button
from desktop_app.gui.session import Session
from desktop_app.gui.theme.spacing import SMALL


class LabelLayersBox(QWidget):
    """For labels, edited or not: choose the one that is edited, rename, copy, remove."""

    def __init__(self, session: Session, commands: LabelLayerCommands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._key: str | None = None
        self.edit = tipped_button(
            "Edit this layer", "Paint on these labels from now on.", lambda: commands.edit(self._of())
        )
        self.rename = tipped_button(
            "Rename…", "Give this label layer another name.", lambda: commands.rename(self._of())
        )
        self.copy = tipped_button("Duplicate…", "Copy these labels into a layer of their own.",
                            lambda: commands.duplicate(self._of()))  # fmt: skip
        self.remove = tipped_button("Remove…", "Take this label layer away, with all that is labelled in it.",
                              lambda: commands.remove(self._of()))  # fmt: skip
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SMALL)
        grid.addWidget(self.edit, 0, 0, 1, 2)
        for place, button in enumerate((self.rename, self.copy, self.remove)):
            grid.addWidget(button, 1 + place // 2, place % 2)
        self.show_layer(None)

    def show_layer(self, layer: LabelLayer | None) -> None:
        """Offer what can be done with a layer; nothing with what is no label layer of the project."""
        item = self._session.item
        own = layer is not None and layer.key == OWN
        self._key = None if layer is None or item is None else item.edited if own else layer.label_layer
        self.setVisible(self._key is not None)
        self.edit.setVisible(not own)
        self.remove.setEnabled(self._key != FIRST_LAYER)

    def _of(self) -> str:
        return self._key or FIRST_LAYER
