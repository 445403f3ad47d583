"""Asks how many patches to pick from an image, how large and from where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QLabel, QWidget

from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.imaging import Plane, Times, Volume
from desktop_app.core.imaging.patch_places import planes_of
from desktop_app.core.shown_name import dated
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.time_choice import TimeChoice


class PatchesDialog(FittedDialog):
    """Shows the form, and in one sentence what will happen.

    Args:
        name: Of the image.
        volume: The image, with the voxel size that holds.
        labelled: Whether it has labels that could be taken along.
        settings: What the form shows first.
        parent: The window.
        time: The time point that is shown, from 0.
        sets: Sets of patches that are there, to which others can be added.
        into: The one that is chosen first; None begins a new one.
    """

    def __init__(
        self, name: str, volume: Volume, labelled: bool, settings: PatchSettings, parent: QWidget | None = None,
        time: int = 0, sets: Sequence[Path] = (), into: Path | None = None,
    ) -> None:  # fmt: skip
        super().__init__(560, parent)  # px wide, by eye
        self.setWindowTitle("Pick patches to label")
        self._name, self._volume = name, volume
        self.form = ParameterForm(PatchSettings, settings)
        for field in ("planes", "kind", "neighbours"):
            self.form.set_field_visible(field, not volume.is_2d)
        self.take_labels = QCheckBox("Take the labels of the image along")
        self.take_labels.setToolTip("Patches then begin with the labels that the image has at their place.")
        self.take_labels.setVisible(labelled)
        self.times = TimeChoice(time)
        self.times.offer(volume.times)
        self.sets = QComboBox()
        self.sets.setAccessibleName("Set of patches")
        self.sets.addItem("A new set of patches", None)
        for folder in sets:
            self.sets.addItem(f"Add to “{dated(folder.name)}”", str(folder))
        self.sets.setCurrentIndex(max(0, self.sets.findData(None if into is None else str(into))))
        self.sets.setVisible(bool(sets))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Pick patches")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.form.changed.connect(self._on_changed)
        self.form.validity_changed.connect(self._on_validity)
        self.times.changed.connect(self._on_times)
        self.sets.activated.connect(self._on_set)
        for widget in (self.sets, self.form, self.times, self.take_labels, self.words):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self._on_set()
        self._on_changed(settings)

    def settings(self) -> PatchSettings:
        """What the user chose.

        Raises:
            UserError: If an entry is not valid.
        """
        return self.form.value()

    def with_labels(self) -> bool:
        """Whether labels are taken along."""
        return self.take_labels.isChecked()

    def into(self) -> Path | None:
        """The set of patches to add to; None begins a new one."""
        folder = self.sets.currentData()
        return Path(folder) if folder else None

    def time(self) -> Times:
        """The time points to take patches from; None: all."""
        return self.times.time()

    def _on_changed(self, settings: PatchSettings) -> None:
        self.form.set_field_visible("neighbours", settings.kind != "flat" and not self._volume.is_2d)
        self.words.setText(what_will_happen(self._name, self._volume, settings))

    def _on_set(self) -> None:
        """How images and labels lie is asked of new sets alone."""
        self.form.set_field_visible("layout", self.into() is None)

    def _on_times(self) -> None:
        self._on_validity(not self.form.problems())
        if not self.form.problems() and not self.times.problem():
            self._on_changed(self.form.value())

    def _on_validity(self, valid: bool) -> None:
        problems = [*([] if valid else self.form.problems()), *filter(None, [self.times.problem()])]
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not problems)
        if problems:
            self.words.setText(" ".join(problems))


def what_will_happen(name: str, volume: Volume, settings: PatchSettings) -> str:
    """One sentence on what comes of these settings."""
    planes = planes_of(volume.shape, volume.voxel_size, settings.size, settings.planes)
    where = "" if volume.is_2d else f" ({_listed(planes)})"
    count = "one piece" if settings.number == 1 else f"{settings.number} pieces"
    if settings.where == "marks":
        count = "a piece around each mark"
    deep = f" × {2 * settings.around + 1} slices" if settings.around and not volume.is_2d else ""
    flipbooks = " Of each the middle slice is to be labelled." if deep and settings.kind == "flipbook" else ""
    return (
        f"Copies {count} of {settings.size} × {settings.size} px{deep} from “{name}”{where} into the project, as "
        f"pictures of their own.{flipbooks}{_cut_off(volume, settings, planes)} The image itself stays as it is."
    )


def _cut_off(volume: Volume, settings: PatchSettings, planes: tuple[Plane, ...]) -> str:
    """A sentence where the image is smaller than a patch, with a space before it."""
    edges = [volume.shape[axis] for plane in planes for axis in (plane.row_axis, plane.column_axis)]
    if max(edges) <= settings.size:
        return (
            f" The image is no larger than that, so {'it is taken whole' if volume.is_2d else 'each is a whole slice'}."
        )
    return " They end where the image does, which is smaller." if min(edges) < settings.size else ""


def _listed(planes: tuple[Plane, ...]) -> str:
    names = [plane.value for plane in planes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
