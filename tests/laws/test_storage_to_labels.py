"""The same picture gives the same labels, however it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import new_scale
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.ml.inference.loading import predictor_of
from desktop_app.ml.inference.predictor import Predictor
from tests.laws.discs import dice, found, picture, write
from tests.laws.test_storage import COPIES
from tests.ml.recipes.panoptic.ideal_networks import LabelReadingNetwork, panoptic_card

DECODE = {"median": 1, "min_size": 0, "min_area": 0, "min_extent": 0}


@pytest.mark.slow
def test_regions_are_the_same_in_every_copy(model: Path, tmp_path: Path) -> None:
    """But for pixels at the threshold, where a rounding of the input decides."""
    image, truth = picture(np.random.default_rng(7), 1)
    image = image.astype(np.uint8)
    expected = found(model, image, tmp_path / "8 bits")
    assert dice(expected, truth) > 0.99
    for name, copy in COPIES.items():
        assert (found(model, copy(image), tmp_path / name) != expected).mean() < 1e-4, name


@pytest.mark.parametrize("kind", ["percentile", "stretched"])
def test_panoptic_objects_are_the_same_in_every_copy(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, truth = picture(np.random.default_rng(7), 1)
    image = np.where(truth, 60, 20).astype(np.uint8)

    def load(_model: Path, _device: str, _others: Sequence[Path]) -> Predictor:
        card = panoptic_card().model_copy(update={"normalisation": new_scale(kind=kind)})
        return predictor_of(card, LabelReadingNetwork(1.0), torch.device("cpu"))

    monkeypatch.setattr("desktop_app.ml.inference.load_predictor", load)

    def objects(array: NDArray[np.generic], folder: Path) -> NDArray[np.generic]:
        config = InferenceConfig(
            model="m", inputs=(write(folder / "in" / "p.tif", array),), output=str(folder / "out"), decode=DECODE,
            mode="slice", device="cpu",
        )  # fmt: skip
        run_inference(config, RecordingContext())
        return np.asarray(tifffile.imread(folder / "out" / "p.tif")).reshape(image.shape)

    expected = objects(image, tmp_path / "8 bits")
    assert np.array_equal(expected > 0, truth)
    assert expected.max() > 40
    for name, copy in COPIES.items():
        assert np.array_equal(objects(copy(image), tmp_path / name), expected), name
