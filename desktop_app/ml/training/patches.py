"""The patches that a run learns from, and those by which its loss is watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Progress, QuietContext
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource, batches
from desktop_app.ml.data.targets import PatchTargets
from desktop_app.ml.recipes.base import TrainingData
from desktop_app.ml.training.batch_norm import refresh_statistics
from desktop_app.ml.training.plan import TrainingPlan

_STATISTICS_BATCHES = 8
"""Batches whose mean and spread batch normalisation takes; more change these by less than a run's last steps do."""

_STILL = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)


@dataclass(frozen=True)
class Patches:
    """The sources of patches of a run, each made when it is first asked for.

    Attributes:
        plan: Of the run.
        data: Its images.
        ctx: Hears about progress, and may cancel.
    """

    plan: TrainingPlan
    data: TrainingData
    ctx: JobContext

    @cached_property
    def learned(self) -> PatchSource:
        """Of the images to learn from.

        Raises:
            UserError: If these hold nothing to learn from.
        """
        config = self.plan.config
        source = self._source("train", self.data.train, config.augmentation, config.seed, self.ctx)
        if source is None:
            raise UserError(
                "The labels of the training images are empty: there is nothing to learn from.",
                hint="Label some objects first, and check that the label values are the right ones.",
            )
        return source

    @cached_property
    def watched(self) -> PatchSource | None:
        """Of the validation images, always the same ones; None if these hold nothing."""
        if not self.data.watched:
            return None
        quiet = QuietContext(self.ctx, kept=(Progress,))
        return self._source("validation", self.data.watched, _STILL, self.plan.config.dataset.split.seed, quiet)

    def _source(
        self,
        name: str,
        images: tuple[TrainingImage, ...],
        augmentation: AugmentationParameters,
        seed: int,
        ctx: JobContext,
    ) -> PatchSource | None:
        request = PatchRequest(
            images=images,
            patch=self.plan.config.patch_size,
            batch_size=self.plan.config.optimisation.batch_size,
            augmentation=augmentation,
            anisotropy=self.data.voxel_size.anisotropy,
            seed=seed,
            in_memory=self.data.in_memory,
            cache=self.plan.cache / name,
            ctx=ctx,
        )
        return self.plan.recipe.patch_source(request, self.plan.task)

    def renew_statistics(self, network: nn.Module, norms: Sequence[str]) -> None:
        """Batch statistics that belong to averaged weights, from patches that no step sees.

        Args:
            network: With the averaged weights, in evaluation mode, on the plan's device.
            norms: Its batch normalisations to renew.
        """
        if not norms:
            return
        first = self.plan.config.optimisation.iterations
        unseen = batches(self.learned, first, first + _STATISTICS_BATCHES, 0)
        device, dimensions = self.plan.device, self.plan.task.dimensions
        images = (network_input(batch.image, {}, dimensions, device)[0] for batch in unseen)
        refresh_statistics(network, norms, images, device)


def network_input(
    image: torch.Tensor, targets: PatchTargets, dimensions: int, device: torch.device
) -> tuple[torch.Tensor, PatchTargets]:
    """A batch on the device, without the z axis for 2D networks, in the layout that computes fastest."""
    if dimensions == 2:
        image, targets = image[:, :, 0], {name: t[:, 0] for name, t in targets.items()}
    layout = torch.channels_last if dimensions == 2 else torch.channels_last_3d
    moved = image.to(device, non_blocking=True).contiguous(memory_format=layout)
    return moved, {name: t.to(device, non_blocking=True) for name, t in targets.items()}
