"""Classes of voxels, then objects of them."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.semantic.parameters import SemanticTraining
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.sampler import sampled_patches
from desktop_app.ml.data.targets import CLASSES, IGNORED, Interpolation, LabelTargets
from desktop_app.ml.losses.class_loss import ClassLoss
from desktop_app.ml.losses.depth import DepthLoss
from desktop_app.ml.losses.registry import build_loss
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Recipe, Start, Task, TrainingData
from desktop_app.ml.recipes.semantic.calibration import calibrated
from desktop_app.ml.recipes.semantic.engine import SemanticEngine
from desktop_app.ml.recipes.semantic.first_decode import first_semantic_decode
from desktop_app.ml.recipes.semantic.score import pooled, score_semantic
from desktop_app.ml.recipes.semantic.targets import (
    DEPTH,
    SMALL,
    SMALL_STEPS,
    TOUCHING,
    WEIGHT,
    learns_depth,
    scales_of,
    semantic_targets,
    weighs_small,
    weighs_touching,
)


class SemanticRecipe(Recipe):
    """A softmax over background and classes; for objects also the depth inside each, which gives watershed seeds."""

    name = "semantic"
    engine = SemanticEngine()

    def channels(self, task: Task) -> int:
        """Background, one per class, and one for the depth where objects are learned."""
        return 1 + len(task.class_names) + int(learns_depth(task))

    def label_targets(self, task: Task) -> LabelTargets:
        """Class numbers, and the depth scaled to 0..255, ``uint8``; classes are never interpolated, the depth is."""
        kinds: dict[str, Interpolation] = {CLASSES: "nearest"}
        if learns_depth(task):
            kinds[DEPTH] = "linear"
        if weighs_touching(task):
            kinds[TOUCHING] = "nearest"
        if weighs_small(task):
            kinds[SMALL] = "nearest"
        if task.value_weights:
            kinds[WEIGHT] = "nearest"
        return LabelTargets(task.class_names, kinds, lambda labels, edges: semantic_targets(labels, task, edges))

    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource | None:
        """Cut from whole images for each step."""
        return sampled_patches(request, self.label_targets(task), scales_of(task))

    def first_prediction(self, task: Task) -> dict[str, Any]:
        """Images are seen at the size at which they were learned from."""
        across, along, _ = scales_of(task)
        return {} if across == along == 1 else {"shrink": along, "shrink_z": across}

    def first_decode(self, config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
        """Way to objects, smallest size and smoothing as the training labels are."""
        return first_semantic_decode(data, start)

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """The chosen loss of the classes (``regions``), plus the loss of the depth."""
        parameters = SemanticTraining.model_validate(batch.task.parameters.model_dump())
        levels = batch.outputs if isinstance(batch.outputs, tuple) else (batch.outputs,)
        outputs, classes = levels[0], batch.targets[CLASSES]
        count = 1 + len(batch.task.class_names)
        chosen = build_loss(parameters)
        weights = _voxel_weights(batch) if isinstance(chosen, ClassLoss) else ()
        loss = _over_levels([chosen(level[:, :count], classes, *weights) for level in levels])
        parts = {"regions": float(loss.detach())}
        if DEPTH in batch.targets:
            depth = DepthLoss()(outputs[:, count], batch.targets[DEPTH], classes != IGNORED, _of_objects(batch))
            parts[DEPTH] = float(depth.detach())
            loss = loss + parameters.depth_weight * depth
        return loss, parts

    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """``dice``, for objects ``f1`` at an IoU of 0.5, and ``score``, their mean."""
        return score_semantic(decoded, truth, task)

    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Means, but F1 of all objects together."""
        return pooled(scores)

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """Thresholds and smoothing that suit validation images best, over the card's own."""
        return calibrated(cases, task, card, self.engine.decode, ctx)


def _voxel_weights(batch: LossInput) -> tuple[torch.Tensor, ...]:
    """How much each voxel ``(B, [Z,] Y, X)`` counts; nothing where all count alike."""
    of_objects = _of_objects(batch)
    if WEIGHT not in batch.targets:
        return () if of_objects is None else (of_objects,)
    table = batch.image.new_tensor([1.0, *(weight for _, weight in batch.task.value_weights)])
    own = table[batch.targets[WEIGHT].long()]
    return (own if of_objects is None else own * of_objects,)


def _of_objects(batch: LossInput) -> torch.Tensor | None:
    """How much a voxel ``(B, [Z,] Y, X)`` counts for lying between objects or in a small one; None where all alike."""
    parameters, kind = batch.task.parameters, batch.image.dtype
    if not isinstance(parameters, SemanticTraining):
        return None
    counts = None
    if TOUCHING in batch.targets:
        counts = 1 + parameters.touching_weight * batch.targets[TOUCHING].to(kind)
    if SMALL in batch.targets:
        small = 1 + batch.targets[SMALL].to(kind) / SMALL_STEPS
        counts = small if counts is None else counts * small
    return counts


def _over_levels(losses: list[torch.Tensor]) -> torch.Tensor:
    """The mean of the losses of all levels, each counting half of the finer one (Isensee et al. 2021)."""
    weights = [0.5**level for level in range(len(losses))]
    weighted = [weight * loss for weight, loss in zip(weights, losses, strict=True)]
    return torch.stack(weighted).sum() / sum(weights)
