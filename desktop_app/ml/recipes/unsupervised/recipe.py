"""The recipe ``unsupervised``: kinds of voxels that hold together and from which the image can be drawn again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.unsupervised.parameters import UnsupervisedDecode, UnsupervisedTraining
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.sampler import unlabelled_patches
from desktop_app.ml.data.targets import IGNORED
from desktop_app.ml.networks.wnet import KINDS, RECONSTRUCTION
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Recipe, Start, Task, TrainingData, kept_decode
from desktop_app.ml.recipes.semantic.score import pooled, score_semantic
from desktop_app.ml.recipes.unsupervised.calibration import calibrated
from desktop_app.ml.recipes.unsupervised.cuts import mean_cuts, neighbour_cuts, unevenness
from desktop_app.ml.recipes.unsupervised.doubts import FoundKind, doubts_of, sight_of
from desktop_app.ml.recipes.unsupervised.engine import UnsupervisedEngine
from desktop_app.objects.mistakes import FoundAndTrue


class UnsupervisedRecipe(Recipe):
    """Soft normalised cuts and the reconstruction of the image; labels, where there are some, only tell the score."""

    name = "unsupervised"
    engine = UnsupervisedEngine()

    def channels(self, task: Task) -> int:
        """One per kind."""
        return UnsupervisedTraining.model_validate(task.parameters.model_dump()).kinds

    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource:
        """From anywhere in the images."""
        return unlabelled_patches(request)

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """``cut``, ``evenness`` and ``reconstruction``, weighted; without the last where nothing is drawn."""
        p = UnsupervisedTraining.model_validate(batch.task.parameters.model_dump())
        image = batch.image.float().clamp(0, 1)
        learning = isinstance(batch.outputs, Mapping)
        logits = batch.outputs[KINDS] if learning else batch.outputs
        cuts = neighbour_cuts if p.affinity == "neighbours" else mean_cuts
        kinds = torch.softmax(logits.float(), 1)
        cut, uneven = cuts(kinds, image, p.intensity_sigma, p.spatial_sigma, p.radius), unevenness(kinds, image)
        loss = p.cut_weight * cut + p.evenness_weight * uneven
        parts = {"cut": float(cut.detach()), "evenness": float(uneven.detach())}
        if learning:
            drawn = batch.outputs[RECONSTRUCTION].float()
            compare = functional.mse_loss if p.reconstruction == "mse" else functional.binary_cross_entropy_with_logits
            error = compare(drawn, image)
            loss, parts[RECONSTRUCTION] = loss + p.reconstruction_weight * error, float(error.detach())
        return loss, parts

    def first_decode(self, config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
        """Objects of the most conspicuous kind, or of that of the model to improve where there is still one."""
        decode = kept_decode(UnsupervisedDecode(), start)
        kinds = self.channels(data.task)
        return decode if decode["foreground"] <= kinds else decode | {"foreground": 1}

    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """``dice`` of all that is labelled, ``f1`` of objects at an IoU of 0.5, and ``score``, their mean."""
        return score_semantic(*against_anything(decoded, truth, task))

    def compared(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> FoundAndTrue:
        """All that is found beside all that is labelled."""
        return super().compared(*against_anything(decoded, truth, task))

    def sight(
        self, name: str, grey: NDArray[Any], decoded: Decoded, truth: NDArray[Any] | None, task: Task
    ) -> FoundKind:
        """How much of an image was found, how it stands out, and how Otsu's threshold would have done."""
        found = decoded.labels > 0
        if truth is None:
            return sight_of(name, grey, found)
        _, labels, one = against_anything(decoded, truth, task)
        numbers = one.class_numbers(labels)
        return sight_of(name, grey, found, numbers == 1, numbers != IGNORED)

    def doubts(self, sights: Sequence[Any]) -> tuple[str, ...]:
        """Where the method is weak: too much, too little, nothing that stands out, less than a threshold finds."""
        return doubts_of(sights)

    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Means, but F1 of all objects together."""
        return pooled(scores)

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """The kind that objects are made of, thresholds and smoothing, where some images have labels."""

        def score(decoded: Decoded, truth: NDArray[Any]) -> dict[str, float]:
            return self.score(decoded, truth, task)

        return calibrated(cases, card, score, ctx)


def against_anything(decoded: Decoded, truth: NDArray[Any], task: Task) -> tuple[Decoded, NDArray[Any], Task]:
    """The same with all classes of the labels as one: kinds that were found without labels have no names."""
    if task.kind == "objects":
        return decoded, truth, task
    values = task.values_of(truth)
    known = values if task.unlabelled is None else np.where(truth == task.unlabelled, 0, values)
    labelled = np.where(np.isin(known, task.class_values), 1, 0).astype(np.uint16)
    unlabelled = None
    if task.unlabelled is not None:
        unlabelled = 2
        labelled[truth == task.unlabelled] = unlabelled
    one = replace(
        task,
        class_names=task.class_names[:1],
        class_values=(1,),
        background=None,
        unlabelled=unlabelled,
        label_divisor=None,
    )
    found = replace(decoded, class_of=dict.fromkeys(decoded.class_of, task.class_names[0]))
    return found, labelled, one
