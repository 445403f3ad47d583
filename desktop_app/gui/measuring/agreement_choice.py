"""What is compared with what: layers of the open image, files, or folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QWidget

from desktop_app.core.errors import UserError
from desktop_app.core.labelling.layers import LabelLayer, LayerKind
from desktop_app.gui.session import Session
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmSpinBox
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.io.images.registry import label_filter
from desktop_app.jobs.data.evaluate import LabelMeaning

_LAYERS, _FILES, _FOLDERS = "Layers of the open image", "Two label files", "Two folders of label files"
_NONE, _LARGEST = -1, 2**31 - 1
"""Of the value of unlabelled voxels: no such value, and the largest that a field of Qt holds."""


class AgreementChoice(QWidget):
    """Found labels and true ones.

    Args:
        session: Whose layers are offered.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.kind = CalmComboBox()
        self.kind.addItems((_LAYERS, _FILES, _FOLDERS))
        self.kind.setAccessibleName("What is compared")
        self.classes = QCheckBox("Label values are classes")
        self.unlabelled = CalmSpinBox()
        self.unlabelled.setRange(_NONE, _LARGEST)
        self.unlabelled.setValue(_NONE)
        self.unlabelled.setSpecialValueText("Unlabelled voxels: none")
        self.unlabelled.setPrefix("Unlabelled voxels: ")
        self.unlabelled.setAccessibleName("Value of unlabelled voxels in the true labels")
        self.unlabelled.setToolTip("True voxels of this value, often 255, do not count: nothing is known of them.")
        self.found, self.truth = CalmComboBox(), CalmComboBox()
        files = [PathChooser("file", title, filter=label_filter()) for title in ("Found labels", "True labels")]
        folders = [PathChooser("folder", title) for title in ("Found labels", "True labels")]
        self.files, self.folders = files, folders
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SMALL)
        grid.addWidget(self.kind, 0, 0, 1, 2)
        means = QHBoxLayout()
        means.setSpacing(MEDIUM)
        means.addWidget(self.classes)
        means.addWidget(self.unlabelled)
        means.addStretch(1)
        grid.addLayout(means, 0, 2)
        for row, (title, box, file, folder) in enumerate(
            zip(("Found", "Truth"), (self.found, self.truth), files, folders, strict=True), start=1
        ):
            label = QLabel(title)
            label.setBuddy(box)
            box.setAccessibleName(f"{title}: layer")
            grid.addWidget(label, row, 0)
            for widget in (box, file, folder):
                grid.addWidget(widget, row, 1, 1, 2)
        grid.setColumnStretch(2, 1)
        self.kind.currentIndexChanged.connect(lambda _index: self._show())
        session.layers.changed.connect(self._offer)
        self._offer()
        if self.found.count() < 2:
            self.kind.setCurrentText(_FILES)
        self._show()

    def layers(self) -> tuple[LabelLayer, LabelLayer] | None:
        """The layers that are chosen; None where files are.

        Raises:
            UserError: If there are not two.
        """
        if self.kind.currentText() != _LAYERS:
            return None
        layers = self._session.layers
        found, truth = layers.get(self.found.currentData() or ""), layers.get(self.truth.currentData() or "")
        if found is None or truth is None or found.key == truth.key:
            raise UserError(
                "Two different layers are needed.",
                hint="Lay a result over the image (Project ▸ Look at a label file…), or compare files.",
            )
        return found, truth

    def meaning(self) -> LabelMeaning:
        """What the values in the files mean."""
        value = self.unlabelled.value()
        return LabelMeaning("classes" if self.classes.isChecked() else "objects", None if value == _NONE else value)

    def paths(self) -> tuple[Path, Path]:
        """The files or folders that are chosen.

        Raises:
            UserError: If one is missing.
        """
        found, truth = (one.path() for one in (self.files if self.kind.currentText() == _FILES else self.folders))
        if found is None or truth is None:
            raise UserError("Say where the found and the true labels are.")
        return found, truth

    def _offer(self) -> None:
        kinds = (LayerKind.LABELS, LayerKind.RESULT, LayerKind.PREVIEW)
        offered = [one for one in reversed(self._session.layers.stack) if one.kind in kinds and one.key != "errors"]
        for box in (self.found, self.truth):
            before = box.currentData()
            box.clear()
            for layer in offered:
                box.addItem(layer.title, layer.key)
            box.setCurrentIndex(max(0, box.findData(before)))
        if self.found.currentData() == self.truth.currentData() and len(offered) > 1:
            self.truth.setCurrentIndex(1 if self.found.currentIndex() == 0 else 0)
        own = self.truth.findData("labels")
        if own >= 0 and self.found.currentData() != "labels":
            self.truth.setCurrentIndex(own)

    def _show(self) -> None:
        chosen = self.kind.currentText()
        for widget in (self.found, self.truth):
            widget.setVisible(chosen == _LAYERS)
        for file in self.files:
            file.setVisible(chosen == _FILES)
        for folder in self.folders:
            folder.setVisible(chosen == _FOLDERS)
        self.classes.setVisible(chosen != _LAYERS)
        self.unlabelled.setVisible(chosen != _LAYERS)
