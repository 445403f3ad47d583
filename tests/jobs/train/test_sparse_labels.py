from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.configurations import training_config
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.job import Note, RecordingContext


@pytest.fixture
def axons(tmp_path: Path) -> Path:
    """Volumes of which two slices are labelled, as TRAILMAP has them."""
    for number in range(2):
        labels = np.zeros((16, 32, 32), np.uint8)
        for z in (3, 11):
            labels[z] = 1
            labels[z, 9:14, 4:28] = 4
            labels[z, 10:13, 5:27] = 2
            labels[z, 25:28, 5:9] = 3
        image = np.random.default_rng(number).integers(100, 120, labels.shape).astype(np.uint16) + 50 * (labels == 2)
        for name, array in (("images", image), ("labels", labels)):
            (tmp_path / "cubes" / name).mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(tmp_path / "cubes" / name / f"cube{number}.tif", array.astype(np.uint16))
    return tmp_path / "cubes"


@pytest.mark.parametrize("goal", [None, "regions", "objects3d"])
def test_the_command_line_learns_axons_without_being_told(axons: Path, goal: str | None) -> None:
    context = RecordingContext()
    config = training_config(TrainingRequest(dataset=axons, out=axons / "run", goal=goal), context)
    found = config.dataset
    assert (found.kind, found.unlabelled, found.background, found.class_values) == ("classes", 0, 1, (2,))
    assert any("Only 4 of 32 slices are labelled" in note.text for note in context.of_kind(Note))


def test_weights_need_a_value_each() -> None:
    with pytest.raises(ValueError, match="one weight"):
        DatasetConfig(weighted_values=(1, 2), value_weights=(0.5,))
