"""The Layers panel of the main window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.layers import LabelLayer
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.layers.channel_box import ChannelBox
from desktop_app.gui.layers.compare_box import CompareBox
from desktop_app.gui.layers.comparison import LayerComparison
from desktop_app.gui.layers.label_layers import LabelLayerCommands
from desktop_app.gui.layers.label_layers_box import LabelLayersBox
from desktop_app.gui.layers.layer_details import LayerDetails
from desktop_app.gui.layers.layer_list import LayerList
from desktop_app.gui.layers.takeover import Takeover
from desktop_app.gui.layers.takeover_box import TakeoverBox
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.widgets.separator import Separator
from desktop_app.gui.window_context import WindowContext


class LayersPanel(QScrollArea):
    """Channels of the image, and the label layers over it: look, order, comparison, taking over.

    Args:
        context: What is open, where is compared and taken over, and who is told.
        viewer: Shows it.
        locked: The labels that must not change now.
    """

    def __init__(
        self, context: WindowContext, viewer: ViewerWidget, locked: Callable[[], frozenset[int]] = frozenset
    ) -> None:
        super().__init__()
        session, inside = context.session, context.above(self)
        layers = session.layers
        self.takeover = Takeover(inside, viewer, locked)
        self.comparison = LayerComparison(session, viewer, context.runner, self)
        self.channels = ChannelBox(viewer.channels)
        self.list = LayerList(layers)
        self.details = LayerDetails(layers)
        self.taking = TakeoverBox(layers, self.takeover)
        self.label_layers = LabelLayerCommands(inside)
        self.labels_box = LabelLayersBox(session, self.label_layers)
        self.comparing = CompareBox(layers, self.comparison)
        self.add, self.new = QToolButton(), QToolButton()
        for button in (self.add, self.new):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._build()
        self.list.chosen_changed.connect(self._on_chosen)
        session.volume_changed.connect(self._on_volume)
        self._on_chosen(self.list.chosen)
        self._on_volume(session.volume)

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        pad(column, MEDIUM, SMALL)
        for widget in (
            _heading("Image"), self.channels, Separator(), _heading("Labels and results"), self.list, self.new,
            self.add, self.details, self.labels_box, self.taking, Separator(), self.comparing,
        ):  # fmt: skip
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(self._body)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Put the actions that add a layer on their buttons, and answer those about label layers."""
        for button, name in ((self.add, "project.look_at_labels"), (self.new, "layers.new")):
            action: QAction = registry.action(name)
            button.setDefaultAction(action)
        for name, slot in self.label_layers.slots().items():
            registry.connect(name, slot)

    def _on_chosen(self, layer: LabelLayer | None) -> None:
        self.details.show_layer(layer)
        self.labels_box.show_layer(layer)
        self.taking.show_layer(layer)

    def _on_volume(self, volume: Volume | None) -> None:
        self._body.setEnabled(volume is not None)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    set_role(label, "heading")
    return label
