"""The slim bar above the views: contrast, channel, labels, layout, zoom."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.look import ImageLook
from desktop_app.core.labelling.layers import LabelStyle
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import ICON, TIGHT
from desktop_app.gui.viewer.contrast_slider import ContrastBar
from desktop_app.gui.widgets.overflow_row import OverflowRow
from desktop_app.gui.widgets.separator import Separator

LAYOUTS = ("xy", "xz", "yz", "all", "3d")
STYLES = (LabelStyle.FILLED, LabelStyle.CONTOUR, LabelStyle.OFF)
_ALL = -1
"""In the list of channels: all of them."""
_LAYOUT_TIPS = {
    "xy": "Slices as recorded (Alt+1)",
    "xz": "Cut along x and z (Alt+2)",
    "yz": "Cut along y and z (Alt+3)",
    "all": "All three planes, linked, and 3D (Alt+4)",
    "3d": "3D alone (Alt+5)",
}
_STYLE_WORDS = {
    LabelStyle.FILLED: ("Filled", "layers"),
    LabelStyle.CONTOUR: ("Outlines", "contour"),
    LabelStyle.OFF: ("Hidden", "eye-off"),
}


class ViewerToolbar(OverflowRow):
    """Signals say what the user chose; setters never emit.

    Signals:
        channel_chosen: Number of the channel; -1 for all of them, each in its colour.
        style_chosen: ``LabelStyle``.
        opacity_chosen: 0 to 1.
        layout_chosen: One of ``LAYOUTS``.
        fit_clicked, actual_size_clicked: Zoom.
    """

    channel_chosen = Signal(int)
    style_chosen = Signal(object)
    opacity_chosen = Signal(float)
    layout_chosen = Signal(str)
    fit_clicked = Signal()
    actual_size_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "bar")
        self.contrast = ContrastBar()
        self.channel = QComboBox()
        self.channel.setToolTip("Channel of the image")
        self.channel.setAccessibleName("Channel")
        self.channel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.style_button = _button("layers", "Labels: filled, outlines or hidden (Tab). Hold H to look below.")
        self.style_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(5, 100)  # per cent: fainter labels would seem to be gone
        self.opacity.setAccessibleName("Label opacity")
        self.opacity.setFixedWidth(60)  # px, by eye
        self.opacity.setToolTip("How strongly labels cover the image (Ctrl+Up, Ctrl+Down)")
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fit_button = _button("fit", "Fit the whole image into the view (Ctrl+0)")
        self.actual_button = _button("actual-size", "One pixel of the image on one of the screen (Ctrl+1)")
        self.layout_buttons = {name: _button(f"layout-{name}", _LAYOUT_TIPS[name]) for name in LAYOUTS}
        self._style = LabelStyle.FILLED
        self._build()
        self._wire()
        self.set_style(LabelStyle.FILLED)

    def _build(self) -> None:
        self.add_part(self.contrast, "Contrast", leaves=4, stretch=2)
        self.add_part(self.channel, "Channel", leaves=3)
        caption = QLabel("Labels")
        set_role(caption, "muted")
        self.add_part(_group(caption, self.style_button, self.opacity), "Labels", leaves=2)
        choice = QButtonGroup(self)
        for button in self.layout_buttons.values():
            button.setCheckable(True)
            choice.addButton(button)
        self._planes = _group(Separator(Qt.Orientation.Vertical), *self.layout_buttons.values())
        self.add_part(self._planes, "Planes", leaves=5)
        zoom = _group(Separator(Qt.Orientation.Vertical), self.fit_button, self.actual_button)
        self.add_part(zoom, "Zoom", leaves=1)

    def _wire(self) -> None:
        self.channel.activated.connect(lambda place: self.channel_chosen.emit(int(self.channel.itemData(place))))
        self.style_button.clicked.connect(self.cycle_style)
        self.opacity.valueChanged.connect(lambda value: self.opacity_chosen.emit(value / 100))
        self.fit_button.clicked.connect(lambda: self.fit_clicked.emit())
        self.actual_button.clicked.connect(lambda: self.actual_size_clicked.emit())
        for name, button in self.layout_buttons.items():
            button.clicked.connect(lambda _checked=False, name=name: self.layout_chosen.emit(name))

    @property
    def label_style(self) -> LabelStyle:
        """How labels are drawn."""
        return self._style

    @property
    def label_opacity(self) -> float:
        """0 to 1."""
        return self.opacity.value() / 100

    def cycle_style(self) -> None:
        """Filled, outlines, hidden, and round again."""
        self.set_style(STYLES[(STYLES.index(self._style) + 1) % len(STYLES)])
        self.style_chosen.emit(self._style)

    def set_style(self, style: LabelStyle) -> None:
        """Show how labels are drawn."""
        self._style = style
        words, picture = _STYLE_WORDS[style]
        self.style_button.setText(words)
        self.style_button.setIcon(icon(picture))

    def show_contrast(self, look: ImageLook, sample: NDArray[Any] | None, window: Window | None) -> None:
        """Show which channel is seen, its grey values and its contrast, as far as they are known."""
        self.show_channel(None if look.mode == "composite" else look.chosen)
        if sample is not None:
            self.contrast.set_sample(sample)
        if window is not None:
            self.contrast.set_window(window)

    def set_opacity(self, opacity: float) -> None:
        """Show the opacity."""
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(opacity * 100))
        self.opacity.blockSignals(False)

    def set_layout_name(self, name: str) -> None:
        """Show which layout is in use."""
        self.layout_buttons[name].setChecked(True)

    def show_channel(self, channel: int | None) -> None:
        """Show which channel is seen; None for all of them."""
        self.channel.setCurrentIndex(self.channel.findData(_ALL if channel is None else channel))

    def set_volume(self, volume: Volume | None) -> None:
        """Offer what suits a volume: channels only if several, planes only in 3D."""
        channels = 1 if volume is None or volume.rgb else volume.channels
        self.channel.clear()
        names = volume.channel_names if volume is not None else ()
        for number in range(channels):
            self.channel.addItem(names[number] if number < len(names) else f"Channel {number + 1}", number)
        self.channel.addItem("All channels", _ALL)
        self.channel.setVisible(channels > 1)
        flat = volume is None or volume.is_2d
        self._planes.setVisible(not flat)
        self.setEnabled(volume is not None)


def _group(*widgets: QWidget) -> QWidget:
    """Widgets side by side that leave the row together."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(TIGHT)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return group


def _button(picture: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(picture))
    button.setIconSize(QSize(ICON, ICON))
    button.setToolTip(tip)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
