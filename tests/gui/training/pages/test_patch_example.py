"""The patch in one of the user's own images."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.example import example_of
from desktop_app.gui.training.pages.patch_example import PatchExample
from desktop_app.gui.widgets.outline_picture import PREDICTION_COLOR, TRUTH_COLOR


def report(*, example: bool = True) -> DataReport:
    labels = np.zeros((80, 80), np.uint16)
    labels[30:50, 30:50] = 1
    row = DataRow("worm", (1, 80, 80), voxel_size=VoxelSize.unknown(), objects=1, small_object=400)
    shown = example_of("worm", np.full((80, 80), 90, np.uint8), labels, 80) if example else None
    return DataReport((row,), dimensions=2, example=shown)


def pixels(widget: PatchExample, color: tuple[int, int, int]) -> int:
    image = widget.picture._image
    assert image is not None
    bits = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1)[:, : 3 * image.width()]
    return int((bits.reshape(image.height(), image.width(), 3) == color).all(axis=2).sum())


def test_patch_labels_and_smallest_object_are_drawn(qtbot: QtBot) -> None:
    widget = PatchExample()
    qtbot.addWidget(widget)
    config = TrainingConfig(recipe="embedding", network="erfnet2d", patch_size=(1, 32, 32))
    widget.show_patch(report(), config)
    assert pixels(widget, TRUTH_COLOR)
    small = pixels(widget, PREDICTION_COLOR)
    assert "100 pixels" in widget.words.text()
    widget.show_patch(report(), config.model_copy(update={"patch_size": (1, 64, 64)}))
    assert pixels(widget, PREDICTION_COLOR) > 1.5 * small


def test_without_labels_there_is_no_example(qtbot: QtBot) -> None:
    widget = PatchExample()
    qtbot.addWidget(widget)
    widget.show()
    widget.show_patch(report(example=False), TrainingConfig())
    assert widget.isHidden()


def test_only_what_is_learned_is_outlined(qtbot: QtBot) -> None:
    widget = PatchExample()
    qtbot.addWidget(widget)
    config = TrainingConfig(recipe="semantic", network="unet2d", patch_size=(1, 16, 16))
    for values, seen in (((1,), True), ((2,), False)):
        dataset = DatasetConfig(kind="classes", class_values=values, class_names=("Axon",))
        widget.show_patch(report(), config.model_copy(update={"dataset": dataset}))
        assert bool(pixels(widget, TRUTH_COLOR)) == seen
