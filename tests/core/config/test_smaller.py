"""What is trained with where memory does not do, and how it is told."""

from __future__ import annotations

import pytest

from desktop_app.core.config.smaller import done_again, is_smaller, smaller, smaller_in_words
from desktop_app.core.config.training import TrainingConfig


def config(batch: int, patch: tuple[int, int, int]) -> TrainingConfig:
    return TrainingConfig.model_validate(
        {"recipe": "semantic", "network": "unet3d", "patch_size": patch, "optimisation": {"batch_size": batch}}
    )


@pytest.mark.parametrize(("batch", "patch"), [(4, (16, 32, 32)), (1, (32, 64, 64))])
def test_what_is_told_of_a_smaller_training_is_known_again(batch: int, patch: tuple[int, int, int]) -> None:
    before = config(batch, patch)
    less = smaller(before)
    assert less is not None
    assert is_smaller(smaller_in_words(before, less))
    assert not is_smaller("There is not enough memory to train with these settings.")


def test_steps_that_were_not_saved_are_told() -> None:
    assert done_again(80, 80) == ""
    assert done_again(80, 81) == " Step 81 is done again, as the state after it was not saved yet."
    assert done_again(1080, 1200).startswith(" Steps 1,081 to 1,200 are done again")
