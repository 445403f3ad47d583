"""Training steps said as rounds over the images, as older programs count them."""

from __future__ import annotations

import math

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.learning import SELDOM
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_time import with_steps
from desktop_app.core.errors import UserError

_MOST_STEPS = 1_000_000  # as the field of the training steps allows
_CHECKS = 5  # times a run, as the field of the validation's interval advises


class Epochs(Parameters):
    """How often all images are gone through, in place of steps."""

    epochs: int = Field(
        ge=1,
        le=1_000_000,
        title="Epochs",
        description="Rounds over all images, in place of steps: 50 to 300 from scratch for some ten images.",
    )
    samples: int = Field(
        default=1,
        ge=1,
        le=10_000,
        title="Samples per image",
        description="Patches of each image in a round: 1 for small images, 2 to 50 for large ones.",
    )

    every: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        title="Check every",
        json_schema_extra=field_extra("epochs", zero="five times in all"),
        description="Rounds between two looks at the images kept aside, in place of a number of steps. A fifth of all "
        "suits most; 2, as in CellSeg3D, shows more and takes longer.",
    )

    def steps(self, images: int, batch: int, accumulate: int = 1) -> int:
        """Training steps that show each image so often.

        Args:
            images: To learn from.
            batch: Patches per round of a step.
            accumulate: Rounds per step.
        """
        return max(1, math.ceil(self.epochs * self.samples * images / (batch * accumulate)))

    def applied(self, config: TrainingConfig) -> TrainingConfig:
        """The training with so many steps; it is checked five times in them, or after as many epochs as wanted.

        Raises:
            UserError: If that is more than a training may have.
        """
        rates = config.optimisation
        steps = self.steps(learning_images(config), rates.batch_size, rates.accumulate)
        if steps > _MOST_STEPS:
            raise UserError(
                f"{self.epochs:,} epochs with {self.samples:,} samples per image are {steps:,} steps.",
                hint=f"A training has at most {_MOST_STEPS:,}; say fewer.",
            )
        checked = max(1, steps // _CHECKS)
        if self.every:
            between = self.model_copy(update={"epochs": self.every})
            checked = min(steps, between.steps(learning_images(config), rates.batch_size, rates.accumulate))
        return with_steps(config, steps, min(SELDOM, checked))

    def in_words(self, config: TrainingConfig) -> str:
        """What they come to, in a sentence."""
        samples = "one sample" if self.samples == 1 else f"{self.samples} samples"
        images = learning_images(config)
        counted = "1 image" if images == 1 else f"{images} images"
        steps = config.optimisation.iterations
        return f"{self.epochs:,} epochs of {counted} with {samples} each are {steps:,} training steps."


def learning_images(config: TrainingConfig) -> int:
    """About how many images are learned from: those that are neither checked with, nor tested, nor left out."""
    pairs, split = config.dataset.pairs, config.dataset.split
    named = sum(pair.role == "train" for pair in pairs)
    shared = sum(pair.role == "auto" for pair in pairs)
    return max(1, named + shared - round(shared * min(1.0, split.validation + split.test)))


def times_seen(config: TrainingConfig) -> float:
    """How many patches a training shows of each image to learn from, on the average."""
    rates = config.optimisation
    return rates.iterations * rates.batch_size * rates.accumulate / learning_images(config)
