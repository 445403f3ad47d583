"""How the image is shown: its channels, and colours, contrast and curve of the chosen one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.core.imaging.look import first_look
from desktop_app.gui.layers.color_button import ColorButton
from desktop_app.gui.layers.rows import EyeRow
from desktop_app.gui.theme.spacing import SMALL, TIGHT
from desktop_app.gui.viewer.channels import Channels
from desktop_app.gui.viewer.contrast_slider import HistogramSlider
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.number_fields import CalmComboBox, NumberField, SliderField

_MODES = {"single": "One channel alone", "composite": "All channels, each in its colour"}
_GAMMA = (0.1, 4.0, 0.05)  # least, most, step: the middle of what the curve allows, where eyes see a difference
_HEIGHT = 64  # px of the histogram, by eye


class ChannelBox(QWidget):
    """Shows and changes the look of a viewer's image; models always read the true values."""

    def __init__(self, channels: Channels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._channels = channels
        self._shown_sample: object = None
        self.mode = CalmComboBox()
        self.mode.setAccessibleName("Channels shown")
        for mode, title in _MODES.items():
            self.mode.addItem(title, mode)
        self.rows: list[EyeRow] = []
        self.colors: list[ColorButton] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(1)
        self.histogram = HistogramSlider(_HEIGHT)
        self.histogram.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.histogram.setAccessibleName("Grey values at the dark and the bright end")
        self.histogram.setToolTip("How often each grey value occurs. Drag the ends to where dark and bright shall be.")
        self.low, self.high = NumberField(), NumberField()
        self.low.setAccessibleName("Grey value at the dark end")
        self.high.setAccessibleName("Grey value at the bright end")
        self.auto = QPushButton("Auto")
        self.auto.setToolTip("Choose both ends from the grey values of the whole image.")
        self.logarithmic = QCheckBox("Logarithmic histogram")
        self.logarithmic.setToolTip("Lets rare grey values be seen.")
        self.gamma = SliderField(*_GAMMA)
        self.gamma.setToolTip("Below 1 brightens what is dark; 1 is straight.")
        self.gamma.spin.setAccessibleName("Gamma")
        self.inverted = QCheckBox("Inverted: dark is bright")
        self.reset = QPushButton("As at first")
        self.reset.setToolTip("Colours, contrast and curve of all channels as when the image was opened first.")
        self._build()
        self._wire()
        self._show()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.mode)
        column.addLayout(self._list)
        column.addWidget(self.histogram)
        ends = QHBoxLayout()
        ends.setSpacing(TIGHT)
        ends.addWidget(self.low, 1)
        ends.addWidget(self.high, 1)
        ends.addWidget(self.auto)
        column.addLayout(ends)
        gamma = QWidget()
        form = QFormLayout(gamma)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Gamma", self.gamma)
        more = CollapsibleSection("Curve and more")
        for widget in (gamma, self.inverted, self.logarithmic, self.reset):
            more.add(widget)
        column.addWidget(more)

    def _wire(self) -> None:
        channels = self._channels
        channels.changed.connect(self._show)
        channels.sampled.connect(lambda _channel: self._show())
        self.mode.activated.connect(self._on_mode)
        self.histogram.valueChanged.connect(self._on_dragged)
        self.auto.clicked.connect(self._on_auto)
        for field in (self.low, self.high):
            field.editingFinished.connect(self._on_typed)
        self.gamma.value_changed.connect(lambda gamma: self._change(gamma=gamma))
        self.inverted.clicked.connect(lambda on: self._change(inverted=on))
        self.logarithmic.toggled.connect(self.histogram.set_logarithmic)
        self.reset.clicked.connect(lambda: channels.set_look(first_look(len(channels.names))))

    def _change(self, **changes: object) -> None:
        look = self._channels.look
        self._channels.change(look.chosen, **changes)

    def _show(self) -> None:
        """Show the look of now."""
        channels, look = self._channels, self._channels.look
        self._fill_rows()
        several = len(channels.names) > 1
        self.mode.setVisible(several)
        self.mode.setCurrentIndex(self.mode.findData(look.mode))
        for number, (row, button) in enumerate(zip(self.rows, self.colors, strict=True)):
            row.set_seen(number in look.shown)
            row.eye.setVisible(several)
            row.set_active(several and number == look.chosen)
            button.set_color(look.channels[number].color)
            button.setVisible(not channels.is_colors)
        self._show_contrast()
        chosen = channels.chosen
        self.gamma.blockSignals(True)
        self.gamma.set_value(chosen.gamma)
        self.gamma.blockSignals(False)
        self.inverted.setChecked(chosen.inverted)
        self.reset.setEnabled(look != first_look(len(channels.names)))

    def _show_contrast(self) -> None:
        channels, chosen = self._channels, self._channels.look.chosen
        sample, window = channels.sample(chosen), channels.window(chosen)
        self.histogram.blockSignals(True)
        if sample is not None and sample is not self._shown_sample:
            self._shown_sample = sample
            self.histogram.set_sample(sample)
        if window is not None:
            self.histogram.show_window(window)
            for field, value in ((self.low, window.low), (self.high, window.high)):
                if not field.hasFocus():
                    field.set_value(int(value) if value == int(value) else float(f"{value:.6g}"))
        self.histogram.blockSignals(False)

    def _fill_rows(self) -> None:
        names = self._channels.names
        if [row.name.text() for row in self.rows] == list(names):
            return
        for old in self.rows:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows, self.colors = [], []
        for number, name in enumerate(names):
            row, button = EyeRow(name, "channel"), ColorButton(name)
            row.row.addWidget(button)
            row.chosen.connect(partial(self._channels.choose, number))
            row.seen_toggled.connect(partial(self._on_seen, number))
            button.color_chosen.connect(partial(self._on_color, number))
            self._list.addWidget(row)
            self.rows.append(row)
            self.colors.append(button)

    def _on_mode(self, place: int) -> None:
        look = self._channels.look
        self._channels.set_look(look.model_copy(update={"mode": self.mode.itemData(place)}))

    def _on_seen(self, number: int, seen: bool) -> None:
        """In a composite a channel comes or goes; of single ones it is the one seen."""
        if self._channels.look.mode == "composite":
            self._channels.change(number, visible=seen)
        else:
            self._channels.choose(number)
            self._show()

    def _on_color(self, number: int, color: str) -> None:
        self._channels.change(number, color=color)

    def _on_dragged(self, ends: tuple[float, float]) -> None:
        self._channels.choose_window(Window(float(ends[0]), float(ends[1])))

    def _on_auto(self) -> None:
        sample = self._channels.sample(self._channels.look.chosen)
        if sample is not None:
            self._channels.choose_window(auto_window(sample))

    def _on_typed(self) -> None:
        low, high = self.low.value(), self.high.value()
        if low is not None and high is not None and low < high:
            self._channels.choose_window(Window(low, high))
        else:
            self._shown_sample = None
            self._show_contrast()
