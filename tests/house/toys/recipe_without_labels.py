"""A recipe in one file, both halves, that learns from images alone: one channel shall look like the image."""

from __future__ import annotations

from dataclasses import replace

import torch

from desktop_app.core.networks.residual_unet import UNET_3D
from desktop_app.core.recipes.goals import Goal
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.sampler import unlabelled_patches
from desktop_app.ml.recipes.base import LossInput, Task
from tests.house.toys.recipe import ToyInfo, ToyRecipe


class LabelFreeInfo(ToyInfo):
    """The half that is seen."""

    name = "label_free_toy"
    title = "Toy without labels"
    goals = (Goal("bare toys", "Find bare toys", "Each one.", "A nursery", 3, "objects", "toys", "toys", "objects3d"),)
    label_kinds = ()


class LabelFreeRecipe(ToyRecipe):
    """The half that is computed."""

    name = "label_free_toy"

    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource:
        """From anywhere in the images."""
        return unlabelled_patches(request)

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """How far the output is from the image."""
        error = (batch.outputs[:, 0] - batch.image[:, 0]).square().mean()
        return error, {"reconstruction": float(error.detach())}


INFO = LabelFreeInfo()
COMPUTED = LabelFreeRecipe()
NETWORK = replace(UNET_3D, name="label_free_unet", title="U-Net of the toy without labels", recipes=(INFO.name,))
"""A known network under another name, which serves the toy."""
