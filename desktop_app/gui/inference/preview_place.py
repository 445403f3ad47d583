"""Where a preview is wanted: a slice or a box, and what part of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop_app.core.recipes.looks import Mode
from desktop_app.gui.inference.preview_region import Area, PreviewSpot
from desktop_app.gui.theme import icon
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmSpinBox

_AREAS: tuple[tuple[str, Area, str], ...] = (
    ("Visible part", "view", "What you see of the slice. Zoom in for a quicker preview."),
    ("Drawn rectangle", "rectangle", "Draw it over the image with the left button. It stays while you change slices."),
    ("Whole slice", "whole", "All of the slice, also what lies outside the view. Large slices take a while."),
)
LABEL_WIDTH = 50  # px, by eye
_BOX_TIP = "The slice with some slices before and after it. Three directions need 16 or more."
_MODE_TIP = "How a box is gone through. A slice alone is looked at as it is."


class PreviewPlace(QWidget):
    """The rows "On", "Region" and, where the model knows several ways through a box, "As".

    "As" keeps its place for a slice, so that nothing below moves under the pointer.

    Signals:
        changed: The user chose something else.
        draw_wanted: The user wants to draw a rectangle, or (False) to stop doing so.
    """

    changed = Signal()
    draw_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slice_button, self.box_button = QRadioButton("Slice"), QRadioButton("Box")
        self.around, self.areas, self.modes = CalmSpinBox(), CalmComboBox(), CalmComboBox()
        self.draw_button = QToolButton()
        self._mode_label = QLabel("As")
        self._build()
        self.box_button.toggled.connect(self._on_changed)
        self.around.valueChanged.connect(self._on_changed)
        self.modes.currentIndexChanged.connect(self._on_changed)
        self.areas.activated.connect(self._on_area)
        self.draw_button.clicked.connect(self.draw_wanted)
        self._show_parts()

    def place(self) -> PreviewSpot:
        """What is chosen."""
        return PreviewSpot(self.box_button.isChecked(), self.around.value(), self.areas.currentData())

    def mode(self) -> str | None:
        """The way through a box; None where there is no choice."""
        chosen = self.modes.currentData()
        return str(chosen) if chosen is not None else None

    def set_modes(self, modes: tuple[Mode, ...]) -> None:
        """Offer these ways through a box; the present one stays where possible."""
        chosen = self.modes.currentData()
        self.modes.blockSignals(True)
        self.modes.clear()
        for row, mode in enumerate(modes):
            self.modes.addItem(mode.title, mode.name)
            self.modes.setItemData(row, mode.summary, Qt.ItemDataRole.ToolTipRole)
        self.modes.setCurrentIndex(max(0, self.modes.findData(chosen)) if modes else -1)
        self.modes.blockSignals(False)
        self._show_parts()

    def choose_mode(self, mode: str) -> None:
        """Take a way through a box, where it is offered."""
        row = self.modes.findData(mode)
        if row >= 0:
            self.modes.setCurrentIndex(row)

    def set_area(self, area: Area) -> None:
        """Choose a part of the slice, as if the user had, without drawing."""
        self.areas.setCurrentIndex(self.areas.findData(area))
        self._on_changed()

    def set_drawing(self, drawing: bool) -> None:
        """Whether the next drag over the image draws a rectangle."""
        self.draw_button.setChecked(drawing)

    def _build(self) -> None:
        group = QButtonGroup(self)
        group.addButton(self.slice_button)
        group.addButton(self.box_button)
        self.slice_button.setChecked(True)
        self.slice_button.setToolTip("The slice that the view shows. With several views: of the one clicked last.")
        self.box_button.setToolTip(_BOX_TIP)
        self.around.setRange(1, 64)  # slices: a preview stays small
        self.around.setValue(PreviewSpot().around)
        self.around.setPrefix("± ")
        self.around.setAccessibleName("Slices before and after")
        for row, (title, area, tip) in enumerate(_AREAS):
            self.areas.addItem(title, area)
            self.areas.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.areas.setAccessibleName("Region")
        self.modes.setAccessibleName("Way through the box")
        self.draw_button.setIcon(icon("rectangle"))
        self.draw_button.setCheckable(True)
        # as high as the list beside it, so that its coming and going moves nothing below
        self.draw_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.draw_button.setToolTip("Draw another rectangle over the image. Right click or Esc: leave it as it is.")
        self.draw_button.setAccessibleName("Draw a rectangle")
        self._arrange()

    def _arrange(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(SMALL)
        for widget in (self.slice_button, self.box_button, self.around):
            first.addWidget(widget)
        first.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("On"), 0, 0)
        grid.addLayout(first, 0, 1)
        self._mode_label.setBuddy(self.modes)
        grid.addWidget(self._mode_label, 1, 0)
        grid.addWidget(self.modes, 1, 1)
        region, beside = QLabel("Region"), QHBoxLayout()
        region.setBuddy(self.areas)
        beside.setSpacing(SMALL)
        beside.addWidget(self.areas, 1)
        beside.addWidget(self.draw_button)
        grid.addWidget(region, 2, 0)
        grid.addLayout(beside, 2, 1)

    def _show_parts(self) -> None:
        box = self.box_button.isChecked()
        self.around.setEnabled(box)
        for widget in (self._mode_label, self.modes):
            widget.setVisible(self.modes.count() > 1)
            widget.setEnabled(box)
        self.draw_button.setVisible(self.areas.currentData() == "rectangle")
        for combo in (self.areas, self.modes):
            tip = combo.currentData(Qt.ItemDataRole.ToolTipRole)
            combo.setToolTip(str(tip or ""))
        if not box:
            self.modes.setToolTip(_MODE_TIP)

    def _on_changed(self) -> None:
        self._show_parts()
        self.changed.emit()

    def _on_area(self) -> None:
        self._on_changed()
        self.draw_wanted.emit(self.areas.currentData() == "rectangle")
