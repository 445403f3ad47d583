"""The patches that a run learns from, and those by which its loss is watched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from desktop_app.core.config.learning import UNCHANGED, AugmentationParameters
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Progress, QuietContext
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.targets import PatchTargets
from desktop_app.ml.networks.registry import memory_order
from desktop_app.ml.training.plan import TrainingPlan


@dataclass(frozen=True)
class Patches:
    """The sources of patches of a run, each made when it is first asked for.

    Attributes:
        plan: Of the run.
        ctx: Hears about progress, and may cancel.
    """

    plan: TrainingPlan
    ctx: JobContext

    @cached_property
    def learned(self) -> PatchSource:
        """Of the images to learn from.

        Raises:
            UserError: If these hold nothing to learn from.
        """
        config = self.plan.config
        source = self._source("train", self.plan.data.train, config.augmentation.used, config.seed, self.ctx)
        if source is None:
            raise UserError(
                "The labels of the training images are empty: there is nothing to learn from.",
                hint="Label some objects first, and check that the label values are the right ones.",
            )
        return source

    @cached_property
    def watched(self) -> PatchSource | None:
        """Of the validation images, always the same ones; None if these hold nothing."""
        if not self.plan.data.watched:
            return None
        quiet = QuietContext(self.ctx, kept=(Progress,))
        return self._source("validation", self.plan.data.watched, UNCHANGED, self.plan.config.dataset.split.seed, quiet)

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
            anisotropy=self.plan.data.voxel_size.anisotropy,
            seed=seed,
            in_memory=self.plan.data.in_memory,
            cache=self.plan.cache / name,
            ctx=ctx,
            anywhere=self.plan.config.optimisation.anywhere,
        )
        return self.plan.recipe.patch_source(request, self.plan.task)


def network_input(
    image: torch.Tensor, targets: PatchTargets, network: str, device: torch.device
) -> tuple[torch.Tensor, PatchTargets]:
    """A batch on the device, without the z axis for 2D networks, in the order of memory that suits the network.

    Args:
        image: ``(B, C, Z, Y, X)``.
        targets: ``(B, Z, Y, X)`` each.
        network: Key of ``NETWORKS``.
        device: Where the network is.
    """
    if NETWORKS[network].dimensions == 2:
        image, targets = image[:, :, 0], {name: t[:, 0] for name, t in targets.items()}
    moved = image.to(device, non_blocking=True).contiguous(memory_format=memory_order(network))
    return moved, {name: t.to(device, non_blocking=True) for name, t in targets.items()}
