"""Which object is painted now."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.imaging.label_colors import TABLE_SIZE, color_of
from desktop_app.core.labelling import LabelScheme
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.labelling.class_row import Swatch
from desktop_app.gui.labelling.label_values import LabelValues
from desktop_app.gui.session import Session
from desktop_app.gui.theme.spacing import SMALL_ICON, TIGHT
from desktop_app.gui.widgets.number_fields import CalmSpinBox


class ObjectBar(QWidget):
    """Colour and number of the object, and buttons for the next, the one before and a new one."""

    def __init__(self, session: Session, values: LabelValues, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._background: int | None = None
        self.swatch = Swatch((0, 0, 0))
        self.swatch.setToolTip("Colour of this object in the image")
        self.number = CalmSpinBox()
        self.number.setAccessibleName("Number of the object")
        self.number.setRange(0, 2**31 - 1)
        self.number.setSpecialValueText("Background")
        self.number.setKeyboardTracking(False)
        self.number.setMinimumWidth(72)  # px, by eye
        self.number.setToolTip("Number of the object that you paint now")
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.new = QToolButton()
        self.new.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.new.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(row)
        row.setSpacing(TIGHT)
        row.addWidget(self.swatch)
        row.addWidget(self.number, 1)
        self.steps = {name: QToolButton() for name in ("label.previous", "label.next")}
        for button in self.steps.values():
            button.setIconSize(QSize(SMALL_ICON, SMALL_ICON))
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addWidget(self.new)
        self.background = QToolButton()
        self.background.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.background.setCheckable(True)
        column.addWidget(self.background)
        self.background.clicked.connect(values.swap)
        session.scheme_changed.connect(self._on_scheme)
        self._on_scheme(values.scheme)
        self.number.valueChanged.connect(values.choose)
        session.active_value_changed.connect(self._on_active)
        session.settings_changed.connect(lambda _settings: self._on_active(session.active_value))
        self._on_active(session.active_value)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Give the buttons their actions."""
        self.new.setDefaultAction(registry.action("label.new_object"))
        for name, button in self.steps.items():
            button.setDefaultAction(registry.action(name))

    def _on_scheme(self, scheme: LabelScheme) -> None:
        """Strokes of background are painted only where empty voxels are unknown."""
        self.background.setText("Background")
        self.background.setToolTip("Paint background: here is no object. Empty voxels are unknown (0, and X to swap)")
        self.background.setVisible(scheme.background is not None)
        self._background = scheme.background
        self._on_active(self._session.active_value)

    def _on_active(self, value: int) -> None:
        self.background.setChecked(value == self._background)
        self.number.blockSignals(True)
        self.number.setValue(value)
        self.number.blockSignals(False)
        row, palette = (value - 1) % (TABLE_SIZE - 1) + 1, self._session.settings.label_palette
        self.swatch.set_color(color_of(row, palette) if value else (128, 128, 128))  # a grey, which no object has
