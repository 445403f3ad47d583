"""What every recipe offers, and the values that pass through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.ml.data.targets import Interpolation, Sampling, TargetMaps

COUNTS = "counts"
_PLAIN_COUNTS = frozenset({"tp", "fp", "fn"})


@dataclass(frozen=True, slots=True)
class Task:
    """What is learned: the meaning of label values, and the recipe's own parameters.

    Attributes:
        kind: Whether labels number objects or name classes.
        class_names: Names of the classes, the background left out.
        class_values: Their label values, for class labels.
        parameters: The recipe's training parameters.
        dimensions: 2 if the network sees single slices, 3 if volumes.
        unlabelled: Label value of unknown voxels, None if there are none.
        background: Label value of the background; None means 0.
        label_divisor: Class labels also number objects: value = class * divisor + number. None: they do not.
    """

    kind: LabelKind
    class_names: tuple[str, ...]
    class_values: tuple[int, ...]
    parameters: Parameters
    dimensions: Literal[2, 3]
    unlabelled: int | None = None
    background: int | None = None
    label_divisor: int | None = None

    @classmethod
    def of_dataset(cls, dataset: DatasetConfig, parameters: Parameters, dimensions: Literal[2, 3]) -> Task:
        """The task that a data set sets."""
        names = dataset.class_names
        if dataset.kind == "classes":
            known = dict(zip(range(len(dataset.class_values)), names, strict=False))
            names = tuple(known.get(i, f"Class {value}") for i, value in enumerate(dataset.class_values))
        return cls(
            dataset.kind,
            names if dataset.kind == "classes" else (names or ("Object",))[:1],
            dataset.class_values if dataset.kind == "classes" else (1,),
            parameters,
            dimensions,
            dataset.unlabelled,
            dataset.background,
            dataset.label_divisor,
        )


def shown_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores for the user: without the counts, which only serve to pool them."""
    return {k: v for k, v in scores.items() if not k.startswith(COUNTS) and k not in _PLAIN_COUNTS}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Labels made from maps.

    Attributes:
        labels: ``(Z, Y, X) uint32``: object ids from 1, or class values; 0 is background.
        class_of: Class name of each id (or of each class value).
        classes: ``(Z, Y, X) uint8`` class numbers from 1 before objects were made of them; None if not told.
    """

    labels: NDArray[np.uint32]
    class_of: dict[int, str] = field(default_factory=dict)
    classes: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class LossInput:
    """What a loss may look at.

    Attributes:
        image: Network input ``(B, C, [Z,] Y, X) float32``.
        outputs: Of the network in training: a tensor ``(B, C, [Z,] Y, X)``, or several in a tuple or by name, as deep
            supervision and reconstruction give them.
        targets: ``(B, [Z,] Y, X)`` by name, as the recipe's patches have them; none where it learns without labels.
        step: Steps of the run before this one.
        task: What is learned.
    """

    image: torch.Tensor
    outputs: Any
    targets: Mapping[str, torch.Tensor]
    step: int
    task: Task


class Recipe(Protocol):
    """How a family of methods turns labels into targets and outputs into labels. Holds no state."""

    name: str
    max_validation_box: Index3
    """Largest box (z, y, x) in voxels of an image that is looked at while training."""

    def channels(self, task: Task) -> int:
        """Number of channels of the network's output."""

    def map_names(self, card: ModelCard) -> tuple[str, ...]:
        """Names of the maps that a model gives."""

    def interpolation(self, task: Task) -> Mapping[str, Interpolation]:
        """The targets by name, and how each may be resampled."""

    def targets(self, labels: NDArray[Any], task: Task, sampling: Sampling) -> TargetMaps:
        """Targets ``(Z, Y, X)`` uint8 or int32 by name of labels ``(Z, Y, X)``; ``classes`` is among them, 255 is
        unknown.
        """

    def patch_targets(self, targets: dict[str, torch.Tensor], task: Task) -> dict[str, torch.Tensor]:
        """What the loss takes, from the cut and changed targets ``(Z, Y, X)`` of one patch."""

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """The loss, a scalar, and its parts by name."""

    def maps(self, outputs: Any, card: ModelCard) -> Any:
        """What is kept of the network's outputs: probabilities instead of logits."""

    def decode(self, maps: Any, parameters: Any, card: ModelCard) -> Decoded:
        """Labels from the maps that the recipe's engine made of a region; no network involved."""

    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """Agreement of decoded labels with the true ones, by name; ``score`` is what training maximises."""

    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Scores over several images."""

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """Parameters of ``decode`` that suit validation images best."""


@dataclass(frozen=True, slots=True)
class Case:
    """A validation image after prediction.

    Attributes:
        maps: As ``decode`` takes them.
        truth: Labels ``(Z, Y, X)`` as annotated.
    """

    maps: Any
    truth: NDArray[Any]
