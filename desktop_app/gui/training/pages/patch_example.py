"""What a patch is, drawn to scale into one of the user's own images."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QWidget

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.labelling.learned import learned_alone, values_of
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.example import ExampleSlice, patch_frame
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.widgets.outline_picture import PREDICTION_COLOR, TRUTH_COLOR, PictureView, outlined
from desktop_app.gui.widgets.step_page import column

_HEIGHT = 240  # px: objects are recognised, and the form below is still seen
_LINES = 2  # that the words take; a label that wraps does not ask for them
_DOT_COLOR = (255, 255, 255)  # RGB
_LINE = 3  # px of the drawn picture


class PatchExample(QWidget):
    """A slice with its labels, the frame of a patch, and the smallest object as a dot; hidden without an example."""

    def __init__(self) -> None:
        super().__init__()
        self.picture, self.words = PictureView(), QLabel()
        self.picture.setFixedHeight(_HEIGHT)
        self.words.setWordWrap(True)
        set_role(self.words, "muted")
        self.words.setMinimumHeight(_LINES * self.words.fontMetrics().lineSpacing())
        layout = column(self, TIGHT)
        layout.addWidget(self.picture)
        layout.addWidget(self.words)
        self.hide()

    def show_patch(self, report: DataReport, config: TrainingConfig) -> None:
        """Draw the patch of a configuration."""
        example, recipe = report.example, RECIPES[config.recipe]
        self.setVisible(example is not None)
        if example is None:
            return
        _, scale = recipe.exact_scales(config.recipe_parameters)
        example = replace(example, labels=_learned(example.labels, config.dataset))
        depth, height, width = config.patch_size
        smallest = recipe.smallest_object(report, flat=depth == 1)
        self.picture.set_picture(_drawn(example, height * scale, width * scale, smallest, flat=depth == 1))
        self.words.setText(_words(example, smallest, flat=depth == 1))


def _learned(labels: NDArray[np.uint32], dataset: DatasetConfig) -> NDArray[np.uint32]:
    """Labels (Y, X) of what is learned alone: others count as background, and an outline would promise them."""
    classes = None if dataset.kind == "objects" else dataset.class_values
    values = values_of(labels, None if classes is None else dataset.label_divisor, dataset.unknown)
    return learned_alone(labels, values, classes, (dataset.background, dataset.unknown))


def _words(example: ExampleSlice, smallest: int | None, *, flat: bool) -> str:
    blue, orange = (f'<span style="color: rgb{color}">■</span>' for color in (TRUTH_COLOR, PREDICTION_COLOR))
    text = f"{example.name}: {blue} labels, {orange} a patch, which is all that the network sees at once."
    if smallest is not None:
        unit = "pixels" if flat else "voxels"
        text += f" The white dot is as large as the smallest object that will count ({smallest:,} {unit})."
    return text


def _drawn(
    example: ExampleSlice, height: float, width: float, smallest: int | None, *, flat: bool
) -> NDArray[np.uint8]:
    picture = outlined(example.picture, np.zeros_like(example.labels), example.labels)
    factor = picture.shape[0] // example.picture.shape[0]
    top, left, bottom, right = (factor * edge for edge in patch_frame(example, round(height), round(width)))
    bottom, right = min(bottom, picture.shape[0]), min(right, picture.shape[1])
    for rows, columns in (
        (slice(top, top + _LINE), slice(left, right)),
        (slice(bottom - _LINE, bottom), slice(left, right)),
        (slice(top, bottom), slice(left, left + _LINE)),
        (slice(top, bottom), slice(right - _LINE, right)),
    ):
        picture[rows, columns] = PREDICTION_COLOR
    if smallest is not None:
        radius = factor * (math.sqrt(smallest / math.pi) if flat else (3 * smallest / (4 * math.pi)) ** (1 / 3))
        y, x = np.ogrid[: picture.shape[0], : picture.shape[1]]
        middle = top + 2 * _LINE + radius, left + 2 * _LINE + radius
        picture[(y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2] = _DOT_COLOR
    return picture
