"""Pictures of validation images while the model learns: outlines of prediction and truth, step by step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QWidget

from desktop_app.core.job import Preview
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.widgets.outline_picture import PREDICTION_COLOR, TRUTH_COLOR, PictureView, outlined
from desktop_app.gui.widgets.step_page import column


class PreviewView(QWidget):
    """Shows the newest picture; a slider goes back to earlier steps."""

    def __init__(self) -> None:
        super().__init__()
        self._previews: list[Preview] = []
        self.picture = PictureView("A validation image appears here after the first check.")
        self.title = QLabel()
        self.truth = QCheckBox("Show the labels, too")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Earlier checks")
        self.slider.setRange(0, 0)
        self._build()
        self.truth.setChecked(True)
        self.truth.toggled.connect(self._draw)
        self.slider.valueChanged.connect(self._draw)

    def expect(self, step: int | None) -> None:
        """Say at which step the first picture comes; None: when all parts of a cross-validation have learned."""
        if step is None:
            self.picture.set_empty_text("The images appear here once all parts have learned.")
        else:
            self.picture.set_empty_text(f"A validation image appears here after the next check, at step {step:,}.")

    def expect_none(self) -> None:
        """Say that no picture comes any more."""
        self.picture.set_empty_text("The training ended before a validation image was looked at.")

    def set_previews(self, previews: list[Preview]) -> None:
        """Show these, the last one first; stays at an earlier one if the user went back."""
        at_end = self.slider.value() == self.slider.maximum()
        self._previews = list(previews)
        self.slider.setMaximum(max(0, len(previews) - 1))
        self.slider.setEnabled(len(previews) > 1)
        if at_end:
            self.slider.setValue(self.slider.maximum())
        self._draw()

    def _build(self) -> None:
        layout = column(self, TIGHT)
        layout.addWidget(self.picture, 1)
        set_role(self.title, "muted")
        layout.addWidget(self.title)
        legend = QHBoxLayout()
        legend.addWidget(QLabel(_legend("prediction", PREDICTION_COLOR)))
        self.truth_legend = QLabel(_legend("labels", TRUTH_COLOR))
        legend.addWidget(self.truth_legend)
        legend.addStretch(1)
        legend.addWidget(self.truth)
        layout.addLayout(legend)
        layout.addWidget(self.slider)
        self.slider.setEnabled(False)

    def _draw(self) -> None:
        if not self._previews:
            return
        preview = self._previews[min(self.slider.value(), len(self._previews) - 1)]
        self.truth.setEnabled(preview.truth is not None)
        truth = preview.truth if self.truth.isChecked() else None
        self.truth_legend.setVisible(truth is not None)
        self.picture.set_picture(outlined(preview.image, preview.labels, truth))
        self.title.setText(f"{preview.title} · after step {preview.step:,}")


def _legend(text: str, color: tuple[int, int, int]) -> str:
    return f'<span style="color: rgb{color}">■</span> {text}'
