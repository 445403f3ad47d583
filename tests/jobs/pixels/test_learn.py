from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.pixels import PixelLearning, PixelSettings, PixelSource
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.models import load_card
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.pixels.learn import learn_pixels

DISCS = np.zeros((4, 96, 96), bool)
for _row, _column in ((25, 25), (25, 70), (70, 45)):
    _r, _c = np.ogrid[:96, :96]
    DISCS |= (_r - _row) ** 2 + (_c - _column) ** 2 <= 14**2


@pytest.fixture
def painted(tmp_path: Path) -> PixelLearning:
    """Noisy discs no brighter than what is around them, but rougher, with two short strokes in one slice."""
    rng = np.random.default_rng(0)
    image = np.where(DISCS, rng.normal(100, 40, DISCS.shape), rng.normal(100, 8, DISCS.shape))
    tifffile.imwrite(tmp_path / "image.tif", image.clip(0, 255).astype(np.uint8), imagej=True, metadata={"axes": "ZYX"})
    strokes = np.zeros(DISCS.shape, np.uint8)
    strokes[1, 25, 17:34] = 1
    strokes[1, 48, 5:60] = 2
    tifffile.imwrite(tmp_path / "strokes.tif", strokes, imagej=True, metadata={"axes": "ZYX"})
    source = PixelSource(image=str(tmp_path / "image.tif"), strokes=str(tmp_path / "strokes.tif"))
    return PixelLearning(
        sources=(source,), out=str(tmp_path / "rough.vwmodel"), class_names=("Rough",), background=2
    )  # fmt: skip


def run(learning: PixelLearning, out: Path) -> np.ndarray:
    run_inference(
        InferenceConfig(model=learning.out, inputs=(learning.sources[0].image,), output=str(out), device="cpu"),
        RecordingContext(),
    )
    return tifffile.imread(next(out.rglob("image*.tif*")))


@pytest.mark.parametrize("volume", [False, True])
def test_strokes_become_a_model_that_runs_like_any_other(painted: PixelLearning, tmp_path: Path, volume: bool) -> None:
    learning = painted.model_copy(update={"settings": PixelSettings(volume=volume, largest_px=8)})
    learned = learn_pixels(learning, RecordingContext())
    assert learned.pixels == (55, 17)
    card = load_card(learned.model)
    assert (card.network, card.dimensions) == (("pixels3d", 3) if volume else ("pixels2d", 2))
    found = run(learning, tmp_path / "out") > 0
    assert (found & DISCS).sum() / (found | DISCS).sum() > 0.7


def test_without_two_classes_it_says_what_to_paint(painted: PixelLearning) -> None:
    with pytest.raises(UserError, match="Only Rough has strokes"):
        learn_pixels(painted.model_copy(update={"background": 9}), RecordingContext())
    with pytest.raises(UserError, match="No strokes"):
        learn_pixels(painted.model_copy(update={"background": 9, "class_values": (5,)}), RecordingContext())
    assert not Path(painted.out).exists()


def test_objects_are_one_class(painted: PixelLearning) -> None:
    learned = learn_pixels(painted.model_copy(update={"kind": "objects"}), RecordingContext())
    assert learned.pixels == (55, 17)
    assert load_card(learned.model).label_kind == "objects"


def test_stopping_writes_nothing(painted: PixelLearning) -> None:
    with pytest.raises(JobCancelled):
        learn_pixels(painted, RecordingContext(cancel_after=1))
    assert not Path(painted.out).exists()


def test_a_damaged_model_is_refused(painted: PixelLearning, tmp_path: Path) -> None:
    from desktop_app.io.models import save_model
    from desktop_app.ml.inference.loading import load_predictor

    learned = learn_pixels(painted, RecordingContext())
    wrong = {"numbers": np.zeros((3, 2), np.float32), "classes": np.zeros(3, np.uint8)}
    save_model(learned.model, load_card(learned.model), wrong)
    with pytest.raises(UserError, match="do not fit"):
        load_predictor(learned.model, "cpu")
