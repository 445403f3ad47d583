"""Where the method is weak, the result says so, with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Volume
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.registry import write_volume
from desktop_app.jobs.train.results import read_result
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.recipes.unsupervised.doubts import FoundKind, doubts_of, sight_of


def square(start: int = 4) -> NDArray[np.bool_]:
    found = np.zeros((1, 20, 20), bool)
    found[0, start : start + 6, 4:10] = True
    return found


def picture(of: NDArray[np.bool_], bright: float = 100.0) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 10, of.shape)
    return (50 + bright * of + noise).astype(np.float32)


def test_what_stands_out_and_agrees_with_the_labels_raises_no_doubt() -> None:
    sight = sight_of("a", picture(square()), square(), square())
    assert sight.share == pytest.approx(36 / 400)
    assert sight.contrast == pytest.approx(10, rel=0.2)
    assert sight.agreed == (72, 72)
    assert doubts_of([sight]) == ()
    assert doubts_of([]) == ()


def test_everything_and_nothing_are_doubted_each_with_what_to_do() -> None:
    everything = sight_of("wing 3.tif", picture(square()), np.ones((1, 20, 20), bool))
    (said,) = doubts_of([everything])
    assert "Nearly all of wing 3.tif" in said
    assert "another kind" in said
    nothing = sight_of("wing 4.tif", picture(square()), np.zeros((1, 20, 20), bool))
    (said,) = doubts_of([nothing])
    assert "Next to nothing in wing 4.tif" in said
    assert "lower the confidence threshold" in said


def test_what_is_no_brighter_than_the_rest_is_doubted_and_what_is_darker_is_not() -> None:
    (said,) = doubts_of([sight_of("a", picture(square(), 0.0), square())])
    assert "hardly brighter or darker" in said
    assert doubts_of([sight_of("a", picture(square(), -100.0), square())]) == ()


def test_a_threshold_that_finds_more_of_the_labels_is_said_over_all_images() -> None:
    shifted = sight_of("a", picture(square()), square(7), square())
    (said,) = doubts_of([shifted])
    assert "Otsu's threshold alone finds more of what is labelled (Dice 1.00) than the model (0.50)" in said
    good = FoundKind("b", 0.1, 5.0, agreed=(900, 1000), by_otsu=(100, 1000))
    assert doubts_of([shifted, good]) == ()


def test_unknown_places_do_not_count_and_a_flat_image_has_no_contrast() -> None:
    known = ~square(7) | square()
    sight = sight_of("a", np.full((1, 20, 20), np.nan), square(7), square(), known)
    assert sight.contrast == 0
    assert sight.agreed == (2 * 18, 18 + 36)


@pytest.mark.parametrize("validation", [0.0, 0.5])
def test_a_run_without_labels_tells_its_doubts_and_keeps_them(tmp_path: Path, validation: float) -> None:
    """Pure noise: there is nothing that could stand out; whether or not an image is kept aside."""
    pairs = []
    for number in range(2):
        grey = np.random.default_rng(number).normal(500, 50, (1, 40, 48)).astype(np.uint16)
        image = Volume.from_array(grey)
        write_volume(tmp_path / f"{number}.tif", image.source, image)
        pairs.append(PairConfig(name=f"noise {number}", image=str(tmp_path / f"{number}.tif")))
    config = TrainingConfig.model_validate(
        {
            "output": str(tmp_path / "run"),
            "dataset": {"pairs": pairs, "split": {"validation": validation}},
            "recipe": "unsupervised",
            "network": "wnet2d",
            "network_arguments": {"channels": 4, "levels": 2},
            "patch_size": (1, 16, 16),
            "optimisation": {"iterations": 1, "batch_size": 1},
            "validation": {"every": 1},
            "device": "cpu",
        }
    )
    result = train_model(config, RecordingContext())
    short, poor = result.doubts
    assert "one step only: train longer, 150 steps or more" in short
    assert "noise" in poor
    again = read_result(tmp_path / "run")
    assert again is not None
    assert again.doubts == result.doubts
