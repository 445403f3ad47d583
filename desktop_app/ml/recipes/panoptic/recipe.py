"""Objects of slices: classes, centres, and the way from each pixel to its centre."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext, Note
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.sampler import sampled_patches
from desktop_app.ml.data.targets import CLASSES, LabelTargets
from desktop_app.ml.inference.uncertainty import uncertainty_layer
from desktop_app.ml.losses.registry import build_loss
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Recipe, Start, Task, TrainingData
from desktop_app.ml.recipes.panoptic.calibration import calibrated_panoptic
from desktop_app.ml.recipes.panoptic.engine import PanopticEngine
from desktop_app.ml.recipes.panoptic.first_decode import first_panoptic_decode
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps
from desktop_app.ml.recipes.panoptic.score import compared_panoptic, pooled_scores, score_panoptic
from desktop_app.ml.recipes.panoptic.start import (
    fix_panoptic_parts,
    load_encoder,
    panoptic_start,
    read_encoder,
    without_folders,
)
from desktop_app.ml.recipes.panoptic.targets import OBJECTS, panoptic_targets, panoptic_training, patch_targets
from desktop_app.objects.mistakes import FoundAndTrue


class PanopticRecipe(Recipe):
    """Panoptic-DeepLab's way to objects (Cheng et al. 2020, arXiv 1911.10194), slice by slice."""

    name = "panoptic"
    engine = PanopticEngine()

    def map_layers(self, maps: PanopticMaps) -> tuple[MapLayer, ...]:
        """How uncertain it is, where that was asked for; of three directions the mean."""
        percent = maps.uncertain_percent()
        return () if percent is None else (uncertainty_layer(percent),)

    def channels(self, task: Task) -> int:
        """One for a single class, else the background and one per class."""
        count = len(task.class_names)
        return 1 if count == 1 else 1 + count

    def scale(self, task: Task) -> int:
        """As chosen for the training."""
        return panoptic_training(task).downsampling

    def label_targets(self, task: Task) -> LabelTargets:
        """Class numbers ``uint8`` and objects of each slice ``int32``; then heatmap and offsets of what a patch shows.

        Numbers are never interpolated.
        """
        return LabelTargets(
            task.class_names,
            {CLASSES: "nearest", OBJECTS: "nearest"},
            lambda labels, _: panoptic_targets(labels, task),
            partial(patch_targets, task=task),
        )

    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource | None:
        """Cut from whole images for each step."""
        return sampled_patches(request, self.label_targets(task))

    def start(self, config: TrainingConfig, ctx: JobContext) -> Start:
        """Weights of a pretrained encoder, and its grey scale."""
        return panoptic_start(config, ctx)

    def load_pretrained(self, network: nn.Module, start: Start, ctx: JobContext) -> None:
        """Fill the encoder."""
        if start.pretrained is not None:
            weights, _ = read_encoder(start.pretrained)
            ctx.report(Note("info", load_encoder(network, weights, start.pretrained.name)))

    def fix_parts(
        self, network: nn.Module, config: TrainingConfig, data: TrainingData, start: Start, ctx: JobContext
    ) -> None:
        """Layers of the encoder, and batch statistics."""
        fix_panoptic_parts(network, config, data, start, ctx)

    def card_parameters(self, task: Task) -> dict[str, Any]:
        """Of a file with pretrained weights only the name."""
        return without_folders(task.parameters.model_dump())

    def first_prediction(self, task: Task) -> dict[str, Any]:
        """At the scale that it learns at."""
        return {"downsampling": self.scale(task)}

    def first_decode(self, config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
        """Smallest area and extent as the training labels are."""
        return first_panoptic_decode(data, start, self.scale(data.task))

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """The weighted sum of four losses, and these by name.

        Outputs may also be those of a network in evaluation, whose maps are coarse: these are enlarged, and outlines,
        which are refined already, are judged with the classes alone.
        """
        size = batch.targets[CLASSES].shape[-2:]
        fine = {name: _at_size(values, size) if values.dim() == 4 else values for name, values in batch.outputs.items()}
        total, parts = build_loss(panoptic_training(batch.task))(fine, batch.targets)
        return total, {name: float(value.detach()) for name, value in parts.items()}

    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """``pq``, ``f1``, ``f1_75``, ``iou``, ``dice`` of single slices, and ``score``, the mean of IoU and PQ."""
        return score_panoptic(decoded, truth, task)

    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Of all objects and pixels together."""
        return pooled_scores(scores)

    def compared(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> FoundAndTrue:
        """Objects of the classes that have some, slice by slice; regions where no class has any."""
        return compared_panoptic(decoded, truth, task)

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """Thresholds, distance of centres and smallest size that suit validation images best."""
        return calibrated_panoptic(cases, task, card, ctx)


def _at_size(maps: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Maps ``(B, C, h, w)`` at the size of the image: bilinear, corners aligned."""
    if maps.shape[-2:] == size:
        return maps
    return functional.interpolate(maps.float(), size=size, mode="bilinear", align_corners=True)
