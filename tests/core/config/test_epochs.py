"""Epochs become training steps."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.epochs import Epochs, learning_images, times_seen
from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError


def config(roles: str = "aaaaaaaaaa", validation: float = 0.2, **rates: Any) -> TrainingConfig:
    names = {"a": "auto", "t": "train", "v": "validation", "u": "unused"}
    pairs = tuple(
        PairConfig(name=str(n), image=f"{n}.tif", labels=f"{n}.tif", role=names[role])  # type: ignore[arg-type]
        for n, role in enumerate(roles)
    )
    dataset = DatasetConfig.model_validate({"pairs": pairs, "split": {"validation": validation}})
    network = {"recipe": "semantic", "network": "unet2d", "patch_size": (1, 64, 64)}
    optimisation = OptimisationParameters(**rates)
    return TrainingConfig.model_validate({**network, "output": "o", "dataset": dataset, "optimisation": optimisation})


@pytest.mark.parametrize(
    ("roles", "validation", "images"), [("a" * 10, 0.2, 8), ("tttvu", 0.2, 3), ("a", 0.15, 1), ("ttaaaav", 0.5, 4)]
)
def test_images_kept_aside_do_not_count(roles: str, validation: float, images: int) -> None:
    assert learning_images(config(roles, validation)) == images


def test_steps_show_each_image_so_often() -> None:
    counted = Epochs(epochs=50, samples=4).applied(config(batch_size=3, accumulate=2))
    assert counted.optimisation.iterations == 267  # 50 × 4 × 8 patches, 6 a step
    assert counted.validation.every == 53
    assert times_seen(counted) == pytest.approx(200, abs=1)
    assert Epochs(epochs=50, samples=4).in_words(counted) == (
        "50 epochs of 8 images with 4 samples each are 267 training steps."
    )
    assert Epochs(epochs=1).applied(config("t", batch_size=8)).optimisation.iterations == 1


@pytest.mark.parametrize(("every", "steps"), [(0, 80), (2, 16), (7, 56), (99, 400)])
def test_checks_come_after_as_many_epochs_as_wanted(every: int, steps: int) -> None:
    counted = Epochs(epochs=50, every=every).applied(config(batch_size=1))
    assert (counted.optimisation.iterations, counted.validation.every) == (400, steps)


def test_what_counts_steps_keeps_its_share_of_them() -> None:
    plain = config(batch_size=1, iterations=800, fall_every=200)
    own = {"recipe": "embedding", "network": "erfnet2d", "recipe_parameters": {"kept_steps": 400}}
    counted = Epochs(epochs=200).applied(TrainingConfig.model_validate(plain.model_dump() | own))
    assert counted.optimisation.iterations == 1600
    assert (counted.optimisation.fall_every, counted.recipe_parameters["kept_steps"]) == (400, 800)


def test_more_than_a_training_may_have_is_refused() -> None:
    with pytest.raises(UserError, match="4,000,000 steps"):
        Epochs(epochs=1_000_000).applied(config(batch_size=2))
