"""Asks in which format images are to be written and where, and says before what would be lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QFormLayout, QLabel, QWidget

from desktop_app.core.sizes import megabytes
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import level_titles
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.number_fields import CalmComboBox
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.io.images.registry import WritableKind, writable_kinds
from desktop_app.jobs.data.convert_many import Conversion, Prospect

_WIDTH = 620  # px: a path and its button
_MOST_LISTED = 4  # sentences on losses: more would not be read


class ConvertDialog(FittedDialog):
    """Shows what becomes of the images in the chosen format.

    Args:
        prospects: What each would lose in each format.
        folder: Where the new files go at first.
        kind: The format that is chosen at first, by its title; "" the first.
        parent: The window.
    """

    def __init__(
        self, prospects: Sequence[Prospect], folder: Path, kind: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Convert images")
        self._prospects = tuple(prospects)
        self.kinds, self._offered = CalmComboBox(), writable_kinds()
        for one in self._offered:
            self.kinds.addItem(one.title)
        self.kinds.setCurrentIndex(max(0, self.kinds.findText(kind)))
        self.kinds.setAccessibleName("Format")
        self.chooser = PathChooser("folder", "Folder for the new files", placeholder="Choose or drop a folder")
        self.chooser.set_path(folder)
        self.pyramid = QCheckBox("Smaller resolutions, too")
        self.pyramid.setToolTip("Large images are then quick to look at here and elsewhere; files are a third larger.")
        self.pyramid.setChecked(True)
        self.words, self.losses = QLabel(), Banner()
        self.words.setWordWrap(True)
        set_role(self.words, "muted")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Convert", QDialogButtonBox.ButtonRole.AcceptRole)
        self._rows = rows = QFormLayout()
        rows.addRow("Format", self.kinds)
        rows.addRow("", self.pyramid)
        rows.addRow("Folder", self.chooser)
        level_titles(rows)
        self.column.addLayout(rows)
        for widget in (self.losses, self.words):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.kinds.currentIndexChanged.connect(self._say)
        self.chooser.path_changed.connect(self._say)
        self._say()

    def kind(self) -> WritableKind:
        """The chosen format."""
        return self._offered[self.kinds.currentIndex()]

    def conversion(self) -> Conversion | None:
        """What is to be done; None while it cannot be."""
        folder, kind = self.chooser.path(), self.kind()
        images = tuple(p.image for p in self._prospects if not p.problem and kind.ending not in p.refused)
        if folder is None or not images:
            return None
        pyramid = self.pyramid.isChecked() if kind.resolutions else None
        return Conversion(images, folder, kind.ending, kind.flavour, pyramid)

    def _say(self, _changed: object = None) -> None:
        self._rows.setRowVisible(self.pyramid, self.kind().resolutions)
        sentences = what_is_lost(self._prospects, self.kind().ending)
        self.losses.show_text("\n".join(sentences), "warning")
        conversion = self.conversion()
        self.go.setEnabled(conversion is not None)
        self.words.setText(what_will_happen(self._prospects, conversion))


def what_is_lost(prospects: Sequence[Prospect], ending: str) -> list[str]:
    """Sentences on what a format would not keep, and on what is left out; each once, with the number of images."""
    many = len(prospects) > 1
    said: Counter[str] = Counter()
    for prospect in prospects:
        if prospect.problem:
            said[prospect.problem] += 1
        elif why := prospect.refused.get(ending):
            said[why if not many else f"Left out: {why}"] += 1
        else:
            said.update(prospect.lost.get(ending, ()))
    listed = [f"{text} ({count} images)" if count > 1 else text for text, count in said.items()]
    more = len(listed) - _MOST_LISTED
    return listed if more <= 0 else [*listed[:_MOST_LISTED], f"And {more} more of this kind."]


def what_will_happen(prospects: Sequence[Prospect], conversion: Conversion | None) -> str:
    """One sentence on what comes of it."""
    if conversion is None:
        return "Choose a format that holds the images, and a folder."
    chosen = set(conversion.images)
    size = megabytes(sum(p.nbytes for p in prospects if p.image in chosen))
    count = "One image" if len(chosen) == 1 else f"{len(chosen)} images"
    first = conversion.targets[0].name
    named = f"as {first}" if len(chosen) == 1 else f"the first as {first}"
    return f"{count} ({size} of grey values), {named}. The images themselves stay as they are."
