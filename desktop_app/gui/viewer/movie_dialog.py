"""What a movie of slices or time points shall show."""

from __future__ import annotations

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget

from desktop_app.core.config.pictures import MovieSettings
from desktop_app.core.imaging import Plane, Volume
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm

_WIDTH = 460  # px, by eye


class MovieDialog(FittedDialog):
    """A form, and what will come of it in one sentence.

    Args:
        volume: The image.
        plane: The one that is looked at.
        parent: The window.
    """

    def __init__(self, volume: Volume, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Save a movie")
        self._volume = volume
        along = "time" if volume.times > 1 else "slices"
        start = MovieSettings.model_validate({"plane": plane.value, "along": along})
        self.form: ParameterForm[MovieSettings] = ParameterForm(MovieSettings, start)
        self.form.set_field_visible("plane", not volume.is_2d)
        self.form.set_field_visible("along", volume.times > 1 and not volume.is_2d)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Choose a file…", QDialogButtonBox.ButtonRole.AcceptRole)
        for widget in (self.form, self.words):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self.form.changed.connect(self._on_changed)
        self.form.validity_changed.connect(lambda valid: self.go.setEnabled(valid))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._on_changed(start)

    def settings(self) -> MovieSettings:
        """What the user chose.

        Raises:
            UserError: If an entry is not valid.
        """
        return self.form.value()

    def _on_changed(self, settings: MovieSettings) -> None:
        axis = settings.cut().depth_axis
        count = self._volume.times if settings.along == "time" else self._volume.shape[axis]
        what = "time points" if settings.along == "time" else f"slices ({settings.plane})"
        pictures = min(settings.last or count, count) - settings.first + 1
        self.go.setEnabled(pictures > 1)
        if pictures > 1:
            self.words.setText(f"{pictures} of {count} {what}, {pictures / settings.rate:.3g} s.")
        else:
            self.words.setText(f"There are {count} {what}; a movie needs two pictures at least.")
