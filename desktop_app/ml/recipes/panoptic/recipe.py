"""Objects of slices: classes, centres, and the way from each pixel to its centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch.nn import functional

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.data.targets import CLASSES, Interpolation, Sampling, TargetMaps
from desktop_app.ml.losses.panoptic import PanopticLoss
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Task
from desktop_app.ml.recipes.panoptic.calibration import calibrated_panoptic
from desktop_app.ml.recipes.panoptic.decode import decode_panoptic
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps
from desktop_app.ml.recipes.panoptic.score import pooled_scores, score_panoptic
from desktop_app.ml.recipes.panoptic.targets import OBJECTS, panoptic_targets, panoptic_training, patch_targets


class PanopticRecipe:
    """Panoptic-DeepLab's way to objects (Cheng et al. 2020, arXiv 1911.10194), slice by slice."""

    name = "panoptic"
    max_validation_box = (16, 1024, 1024)

    def channels(self, task: Task) -> int:
        """One for a single class, else the background and one per class."""
        count = len(task.class_names)
        return 1 if count == 1 else 1 + count

    def map_names(self, card: ModelCard) -> tuple[str, ...]:
        """``class:NAME`` per class, then ``centre`` and ``offsets``."""
        return (*(f"class:{name}" for name in card.class_names), "centre", "offsets")

    def interpolation(self, task: Task) -> Mapping[str, Interpolation]:
        """Numbers are never interpolated."""
        return {CLASSES: "nearest", OBJECTS: "nearest"}

    def targets(self, labels: NDArray[Any], task: Task, sampling: Sampling) -> TargetMaps:
        """Class numbers ``(Z, Y, X) uint8`` and objects of each slice ``(Z, Y, X) int32``."""
        return panoptic_targets(labels, task)

    def patch_targets(self, targets: dict[str, torch.Tensor], task: Task) -> dict[str, torch.Tensor]:
        """Heatmap and offsets of the objects that a patch shows."""
        return patch_targets(targets, task)

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """The weighted sum of four losses, and these by name.

        Outputs may also be those of a network in evaluation, whose maps are coarse: these are enlarged, and outlines,
        which are refined already, are judged with the classes alone.
        """
        weights = panoptic_training(batch.task)
        size = batch.targets[CLASSES].shape[-2:]
        fine = {name: _at_size(values, size) if values.dim() == 4 else values for name, values in batch.outputs.items()}
        loss = PanopticLoss(
            weights.semantic_weight,
            weights.centre_weight,
            weights.offset_weight,
            weights.point_weight,
            weights.hardest_share,
        )
        total, parts = loss(fine, batch.targets)
        return total, {name: float(value.detach()) for name, value in parts.items()}

    def maps(self, outputs: Mapping[str, torch.Tensor], card: ModelCard) -> dict[str, torch.Tensor]:
        """``probabilities`` of the classes without the background, ``heatmap`` and ``offsets``."""
        logits = outputs["sem_logits"].float()
        probabilities = torch.sigmoid(logits) if logits.shape[1] == 1 else torch.softmax(logits, dim=1)[:, 1:]
        return {"probabilities": probabilities, "heatmap": outputs["ctr_hmp"][:, 0], "offsets": outputs["offsets"]}

    def decode(self, maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard) -> Decoded:
        """Objects and regions."""
        return decode_panoptic(maps, parameters, card)

    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """``pq``, ``f1``, ``f1_75``, ``iou``, ``dice`` of single slices, and ``score``, the mean of IoU and PQ."""
        return score_panoptic(decoded, truth, task)

    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Of all objects and pixels together."""
        return pooled_scores(scores)

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """Thresholds, distance of centres and smallest size that suit validation images best."""
        return calibrated_panoptic(cases, task, card, ctx)


def _at_size(maps: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Maps ``(B, C, h, w)`` at the size of the image: bilinear, corners aligned."""
    if maps.shape[-2:] == size:
        return maps
    return functional.interpolate(maps.float(), size=size, mode="bilinear", align_corners=True)
