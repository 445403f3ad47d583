"""The first start: what one can do here, a project to play with, and where things lie."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.io.layers.manifests import downloads_address
from desktop_app.io.settings import log_folder, settings_folder

_WIDTH = 720  # px, by eye
_STEPS = (
    ("Find nuclei now", "In any image, with a model that comes with Voxelwright: nothing to label, nothing to train."),
    ("Look", "Open volumes in many formats; the wheel goes through slices, Ctrl+wheel zooms."),
    ("Label a little", "Brush, wand, livewire and more; I fills between drawn slices, Ctrl+Z takes back."),
    ("Train a model", "A wizard chooses what suits your images: press Next until it runs."),
    ("Run it on everything", "Labels, tables of objects and a summary for whole folders."),
)


class WelcomeDialog(FittedDialog):
    """Shown once.

    Signals:
        sample_wanted: Make and open the sample project.
        manual_wanted: Open the manual.
        find_wanted: Find nuclei at once.
    """

    sample_wanted = Signal()
    manual_wanted = Signal()
    find_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Welcome to Voxelwright")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel("Segment microscopy images without writing code")
        set_role(title, "title")
        title.setWordWrap(True)
        self.column.addWidget(title)
        for head, text in _STEPS:
            line = QLabel(f"<b>{head}.</b> {text}")
            line.setWordWrap(True)
            self.column.addWidget(line)
        places = QLabel(
            f"Projects lie where you make them, and images stay where they are. Settings are in {settings_folder()}, "
            f"the log in {log_folder()}. Nothing is sent anywhere, and nothing is fetched without your asking."
        )
        places.setWordWrap(True)
        places.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_role(places, "muted")
        self.column.addWidget(places)
        self.updates = QCheckBox("Look for a newer version at each start")
        self.updates.setVisible(bool(downloads_address()))
        self.column.addWidget(self.updates)
        self.column.addStretch(1)
        self.sample, self.manual, self.later, self.find_now = (
            QPushButton("Try the sample project"), QPushButton("Read the manual"), QPushButton("Start"),
            QPushButton("Find nuclei now…"),
        )  # fmt: skip
        for button in (self.manual, self.later, self.find_now):
            button.setAutoDefault(False)
        self.sample.setDefault(True)
        self.sample.setFocus()
        self.sample.clicked.connect(self._on_sample)
        self.find_now.clicked.connect(self._on_find)
        self.manual.clicked.connect(self.manual_wanted)
        self.later.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.manual)
        buttons.addStretch(1)
        buttons.addWidget(self.later)
        buttons.addWidget(self.find_now)
        buttons.addWidget(self.sample)
        self.footer.addLayout(buttons)

    def _on_sample(self) -> None:
        self.accept()
        self.sample_wanted.emit()

    def _on_find(self) -> None:
        self.accept()
        self.find_wanted.emit()
