"""A recipe in one file, both halves: it learns a mask from patches cut once, and looks hardest where the image is
bright.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch.nn import functional

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.core.networks.residual_unet import UNET_3D
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.goals import Goal
from desktop_app.core.recipes.looks import Mode
from desktop_app.core.recipes.suggested import Finetuning
from desktop_app.ml.data.cached_patches import cached_patches
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.targets import CLASSES, IGNORED, LabelTargets
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.predictor import Predictor, VoxelOutputs
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Recipe, Start, Task, TrainingData, kept_decode
from desktop_app.objects.components import connected_objects

seen: list[tuple[int, float]] = []
"""Step and mean brightness of each batch that the loss saw."""


class ToyTraining(Parameters):
    """What it learns."""

    patches: int = Field(default=4, ge=1, le=99, title="Patches of the toy", description="Cut once and kept.")
    brightness: float = Field(default=1.0, ge=0, le=9, title="Weight of bright places", description="1 is enough.")


class ToyDecode(Parameters):
    """How its map becomes objects."""

    level: float = Field(default=0.5, ge=0, le=1, title="Level of the toy", description="Lower finds more.")


class ToyInfo(RecipeInfo):
    """The half that is seen."""

    name = "toy"
    title = "Toy method"
    summary = "For a test."
    training = ToyTraining
    decode = ToyDecode
    modes = (Mode("volume", "As volumes", "Boxes of the volume.", (3,)),)
    goals = (Goal("toys", "Find toys", "Each toy.", "A nursery", 3, "objects", "toys", "toys", "objects3d"),)
    finetuning = Finetuning(steps=7)
    misses = "lower the level of the toy"


class ToyEngine:
    """Tiles for the network, islands for objects."""

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> VoxelMaps:
        """One map: how likely a voxel is a toy."""
        outputs = VoxelOutputs(("toy",), torch.sigmoid)
        return predictor.predict(
            volume, region, plan.tiling, ctx, outputs=outputs, channels=plan.channels, scratch=plan.scratch
        )

    def decode(
        self, maps: VoxelMaps, parameters: ToyDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Islands above the level."""
        whole = Region.whole(maps.shape)
        labels = connected_objects(maps.read(whole)[0] >= parameters.level)
        names = {int(number): card.class_names[0] for number in np.unique(labels) if number}
        return LabelStream(iter([(whole, labels)]), names)

    def classes(self, maps: VoxelMaps, parameters: ToyDecode, card: ModelCard, ctx: JobContext) -> NDArray[np.uint8]:
        """1 above the level."""
        return (maps.read(Region.whole(maps.shape))[0] >= parameters.level).astype(np.uint8)


class ToyRecipe(Recipe):
    """The half that is computed."""

    name = "toy"
    engine = ToyEngine()

    def channels(self, task: Task) -> int:
        """One."""
        return 1

    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource | None:
        """Cut once and kept on disk."""
        masks = LabelTargets(
            task.class_names, {CLASSES: "nearest"}, lambda labels, _: {CLASSES: (labels > 0).astype(np.uint8)}
        )
        parameters = ToyTraining.model_validate(task.parameters.model_dump())
        return cached_patches(request, masks, parameters.patches, {})

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """Cross-entropy, weighted by the image."""
        seen.append((batch.step, float(batch.image.mean())))
        parameters = ToyTraining.model_validate(batch.task.parameters.model_dump())
        classes = batch.targets[CLASSES]
        weights = (1 + parameters.brightness * batch.image[:, 0].clamp(0, 1)) * (classes != IGNORED)
        errors = functional.binary_cross_entropy_with_logits(
            batch.outputs[:, 0], (classes == 1).float(), reduction="none"
        )
        loss = (weights * errors).mean()
        return loss, {"bright": float(loss.detach())}

    def first_decode(self, config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
        """The default."""
        return kept_decode(ToyDecode(), start)

    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """Share of voxels that agree."""
        return {"score": float(((decoded.labels > 0) == (truth > 0)).mean())}

    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Their mean."""
        return {"score": float(np.mean([score["score"] for score in scores]))}

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """Nothing to tune."""
        return dict(card.decode)


INFO = ToyInfo()
COMPUTED = ToyRecipe()
NETWORK = replace(UNET_3D, name="toy_unet", title="U-Net of the toy", recipes=(INFO.name,))
"""A known network under another name, which serves the toy."""
