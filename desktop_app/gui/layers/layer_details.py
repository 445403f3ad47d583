"""How the chosen layer is drawn."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.core.imaging.label_colors import PALETTES
from desktop_app.core.labelling.layers import LabelLayer, LabelStyle, LayerKind
from desktop_app.gui.session.layers import Layers
from desktop_app.gui.theme.spacing import SMALL, level_titles
from desktop_app.gui.widgets.folding_dock import tool_button
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmSpinBox, SliderField

_STYLES = {LabelStyle.FILLED: "Filled", LabelStyle.CONTOUR: "Outlines", LabelStyle.STRIPED: "Striped"}
_LARGEST = 2**31 - 1  # what a number field can show


class LayerDetails(QWidget):
    """Drawing, opacity, colours and order of one layer.

    Args:
        layers: Where it is among others.
        parent: The widget it stands in.
    """

    def __init__(self, layers: Layers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = layers
        self._key = ""
        self.style_box = CalmComboBox()
        for style, words in _STYLES.items():
            self.style_box.addItem(words, style)
        self.opacity = SliderField(0, 100, 1, "%")  # per cent
        self.opacity.spin.setDecimals(0)
        self.opacity.setToolTip("How strongly the layer covers what is below.")
        self.palette_box = CalmComboBox()
        self.palette_box.addItem("As in Settings", "")
        for name, palette in PALETTES.items():
            self.palette_box.addItem(palette.title, name)
        self.palette_box.setToolTip("Colours of objects. Classes keep a colour that you chose for them.")
        self.palette_box.setMinimumContentsLength(8)  # characters, by eye
        self.palette_box.setSizeAdjustPolicy(CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.solo = CalmSpinBox()
        self.solo.setRange(0, _LARGEST)
        self.solo.setSpecialValueText("All")
        self.solo.setKeyboardTracking(False)
        self.solo.setToolTip("Number of the only object to draw; 0 draws all.")
        self.up = tool_button("up", "Bring this layer up by one")
        self.down = tool_button("down", "Bring this layer down by one")
        self._build()
        self._wire()
        self.show_layer(None)

    def _build(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        order = QHBoxLayout()
        for button in (self.up, self.down):
            order.addWidget(button)
        order.addStretch(1)
        for words, field in (
            ("Drawn", self.style_box),
            ("Opacity", self.opacity),
            ("Colours", self.palette_box),
            ("Object", self.solo),
        ):
            form.addRow(words, field)
            field.setAccessibleName(words)
        form.addRow("Order", order)
        level_titles(form)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(form)

    def _wire(self) -> None:
        self.style_box.activated.connect(lambda place: self._set(style=self.style_box.itemData(place)))
        self.palette_box.activated.connect(lambda place: self._set(palette=self.palette_box.itemData(place)))
        self.opacity.value_changed.connect(lambda percent: self._set(opacity=percent / 100))
        self.solo.valueChanged.connect(lambda number: self._set(solo=number))
        self.up.clicked.connect(lambda: self._layers.move(self._key, 1))
        self.down.clicked.connect(lambda: self._layers.move(self._key, -1))

    def show_layer(self, layer: LabelLayer | None) -> None:
        """Show the look of a layer; None where there is none."""
        self._key = layer.key if layer is not None else ""
        self.setEnabled(layer is not None)
        if layer is None:
            return
        look = layer.look
        for field in (self.opacity, self.solo):
            field.blockSignals(True)
        self.style_box.setCurrentIndex(self.style_box.findData(look.style))
        self.palette_box.setCurrentIndex(max(0, self.palette_box.findData(look.palette)))
        if round(self.opacity.value()) != round(look.opacity * 100):
            self.opacity.set_value(round(look.opacity * 100))
        self.solo.setValue(min(look.solo, _LARGEST))
        for field in (self.opacity, self.solo):
            field.blockSignals(False)
        stack = self._layers.stack
        self.up.setEnabled(stack[-1].key != layer.key)
        self.down.setEnabled(stack[0].key != layer.key)
        self.palette_box.setEnabled(layer.kind is not LayerKind.AGREEMENT)

    def _set(self, **changes: object) -> None:
        self._layers.set_look(self._key, **changes)
