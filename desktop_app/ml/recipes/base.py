"""What every recipe offers, and the values that pass through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard, Normalisation, new_scale
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.learned import learned_alone, values_of
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.targets import IGNORED
from desktop_app.ml.inference.engine import Engine
from desktop_app.ml.inference.uncertainty import uncertainty_layers
from desktop_app.ml.networks.registry import freeze_stages
from desktop_app.ml.recipes.pooled_scores import COUNTED
from desktop_app.objects.masks import as_objects
from desktop_app.objects.mistakes import FoundAndTrue

COUNTS = "counts"


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
        value_weights: Label values whose voxels do not count 1, with what they count.
    """

    kind: LabelKind
    class_names: tuple[str, ...]
    class_values: tuple[int, ...]
    parameters: Parameters
    dimensions: Literal[2, 3]
    unlabelled: int | None = None
    background: int | None = None
    label_divisor: int | None = None
    value_weights: tuple[tuple[int, float], ...] = ()

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
            dataset.unknown,
            dataset.background,
            dataset.label_divisor,
            tuple((v, w) for v, w in zip(dataset.weighted_values, dataset.value_weights, strict=True) if w != 1),
        )

    def class_numbers(self, labels: NDArray[Any]) -> NDArray[np.uint8]:
        """Class numbers ``(Z, Y, X) uint8``: 0 background, 1 to K the classes, 255 unknown.

        Values that are neither classes nor unlabelled count as background.
        """
        values = self.values_of(labels)
        if self.kind == "objects":
            numbers = (labels > 0).astype(np.uint8)
        else:
            numbers = np.zeros(labels.shape, np.uint8)
            for number, value in enumerate(self.class_values, start=1):
                numbers[values == value] = number
        if self.background is not None:
            numbers[values == self.background] = 0
        if self.unlabelled is not None:
            numbers[labels == self.unlabelled] = IGNORED
        return numbers

    def values_of(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Class values ``(Z, Y, X)`` where labels also number the objects of each class; others as they are."""
        return values_of(labels, None if self.kind == "objects" else self.label_divisor, self.unlabelled)

    def learned(self, labels: NDArray[Any]) -> NDArray[np.uint32]:
        """Labels of what is learned alone: other classes, the background and what is unknown become 0."""
        classes = None if self.kind == "objects" else self.class_values
        return learned_alone(labels, self.values_of(labels), classes, (self.background, self.unlabelled))

    def object_ids(self, labels: NDArray[Any]) -> NDArray[np.uint32]:
        """Object labels without the values that mean background or unknown.

        A plain mask, in which all objects have the same number, gives each island its own number.
        """
        return as_objects(labels, (self.background, self.unlabelled))[0]


def task_of(config: TrainingConfig) -> Task:
    """What a configuration wants learned."""
    parameters = RECIPES[config.recipe].training.model_validate(config.recipe_parameters)
    return Task.of_dataset(config.dataset, parameters, NETWORKS[config.network].dimensions)


def shown_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores for the user: without the counts, which only serve to pool them."""
    return {k: v for k, v in scores.items() if not k.startswith(COUNTS) and k not in COUNTED}


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

    def class_numbers(self, task: Task) -> NDArray[np.uint8]:
        """Class numbers ``(Z, Y, X)`` of the labels, by the names of their classes; of a single class all labels."""
        if len(task.class_names) == 1:
            return (self.labels > 0).astype(np.uint8)
        return self.numbers_of_classes(task)[self.labels]

    def numbers_of_classes(self, task: Task) -> NDArray[np.uint8]:
        """Class number of each label, by the names of their classes; 0 where the task has no such class."""
        numbers = {name: number for number, name in enumerate(task.class_names, start=1)}
        table = np.zeros(int(self.labels.max(initial=0)) + 1, np.uint8)
        for label, name in self.class_of.items():
            if label < table.size:
                table[label] = numbers.get(name, 0)
        return table


@dataclass(frozen=True, slots=True)
class Start:
    """Decisions before the first step that must not change when a run is resumed.

    Attributes:
        normalisation: How grey values become network input.
        arguments: Of the network.
        pretrained: File with weights that a part of the network starts from, None without.
        licence: Of what it starts from; empty if that is not known.
        citation: What to cite for it.
        decode: How the model to finetune makes objects; empty without one.
    """

    normalisation: Normalisation
    arguments: dict[str, Any]
    pretrained: Path | None = None
    licence: str = ""
    citation: str = ""
    decode: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a run learns from and is checked with.

    Attributes:
        task: What the labels mean.
        train: Images to learn from, as the network sees them.
        watched: Validation images as the network sees them, for the validation loss.
        validation: Validation images as wholes at full size.
        test: Test images as wholes at full size.
        rehearsal: When finetuning, a few of the images to learn from as wholes, to see what was learned.
        channels: Channels of the images.
        voxel_size: Of the first training image that states one, as the network sees it.
        in_memory: Whether grey values and targets of the images to learn from and the watched ones fit into memory.
    """

    task: Task
    train: tuple[TrainingImage, ...]
    watched: tuple[TrainingImage, ...]
    validation: tuple[TrainingImage, ...]
    test: tuple[TrainingImage, ...]
    rehearsal: tuple[TrainingImage, ...]
    channels: int
    voxel_size: VoxelSize
    in_memory: bool


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


@dataclass(frozen=True, slots=True)
class Case:
    """A validation image after prediction.

    Attributes:
        maps: As the recipe's engine gives and takes them.
        truth: Labels ``(Z, Y, X)`` as annotated.
        scores: Of decoding it, by the parameters. Tuning on all images, then on parts of them, asks for most twice.
    """

    maps: Any
    truth: NDArray[Any]
    scores: dict[str, dict[str, float]] = field(default_factory=dict, repr=False, compare=False)

    def scores_with(self, parameters: Parameters, decoded: Callable[[], dict[str, float]]) -> dict[str, float]:
        """Scores with these parameters of decoding; ``decoded`` decodes and scores where that was not done yet."""
        key = parameters.model_dump_json()
        if key not in self.scores:
            self.scores[key] = decoded()
        return self.scores[key]


class Recipe(ABC):
    """How a family of methods turns labels into targets and outputs into labels. Holds no state.

    What most families do alike is done here; a family says what it does otherwise.
    """

    name: str
    engine: Engine
    """Its way through images: ``predict`` (the network, once) and ``decode`` (no network, as often as wished)."""

    # What is learned, and what from.

    @abstractmethod
    def channels(self, task: Task) -> int:
        """Number of channels of the network's output."""

    def scale(self, task: Task) -> int:
        """How many pixels along each edge of a slice become one before the network sees an image."""
        return 1

    @abstractmethod
    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource | None:
        """Where patches come from: cut for each step (``sampled_patches``), cut once and kept on disk
        (``cached_patches``), from images without labels (``unlabelled_patches``), or a way of its own.

        Returns:
            None if the images hold nothing to learn from.
        """

    @abstractmethod
    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """The loss, a scalar, and its parts by name."""

    # How a run begins.

    def start(self, config: TrainingConfig, ctx: JobContext) -> Start:
        """What a run without a model to finetune starts from; asked once a run.

        Raises:
            UserError: If a file with pretrained weights cannot be used.
            JobCancelled: If the user stops a download.
        """
        return Start(new_scale(), config.network_arguments)

    def first_weights(self, network: nn.Module, task: Task) -> nn.Module:
        """A network with random weights as learning shall begin with them, before any others are loaded into it."""
        return network

    def load_pretrained(self, network: nn.Module, start: Start, ctx: JobContext) -> None:
        """Fill a part of the network from ``start.pretrained``, if there is one.

        Raises:
            ValueError: If there is one, although this recipe never asks for any.
        """
        if start.pretrained is not None:
            raise ValueError(f"Expected no pretrained weights, got {start.pretrained}")

    def fix_parts(
        self, network: nn.Module, config: TrainingConfig, data: TrainingData, start: Start, ctx: JobContext
    ) -> None:
        """Keep what shall not learn as it is; called whenever a run begins or goes on."""
        if config.start_from:
            freeze_stages(network, config.optimisation.frozen_stages, ctx)

    def card_parameters(self, task: Task) -> dict[str, Any]:
        """The training parameters as the model's card tells them to others, without paths of this computer."""
        return task.parameters.model_dump()

    def first_prediction(self, task: Task) -> dict[str, Any]:
        """Parameters of how the new model sees images."""
        return {}

    @abstractmethod
    def first_decode(self, config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
        """Parameters of ``decode`` before any is tuned: what follows from the labels, the rest as the model to finetune
        has it (``start.decode``).
        """

    def map_layers(self, maps: Any) -> tuple[MapLayer, ...]:
        """What its engine's maps say, as layers to look at, as ``RecipeInfo.shown_maps`` names them."""
        return uncertainty_layers(maps)

    # How good they are.

    @abstractmethod
    def score(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> dict[str, float]:
        """Agreement of decoded labels with the true ones, by name; ``score`` is what training maximises."""

    @abstractmethod
    def pool(self, scores: list[dict[str, float]]) -> dict[str, float]:
        """Scores over several images."""

    def compared(self, decoded: Decoded, truth: NDArray[Any], task: Task) -> FoundAndTrue:
        """Found and true labels beside each other, to tell what went wrong: objects where these are labelled, else
        regions.
        """
        objects = task.kind == "objects"
        return FoundAndTrue(
            decoded.class_numbers(task),
            task.class_numbers(truth),
            decoded.labels if objects else None,
            task.object_ids(truth) if objects else None,
            task.dimensions == 2,
        )

    def sight(
        self, name: str, grey: NDArray[Any], decoded: Decoded, truth: NDArray[Any] | None, task: Task
    ) -> Any | None:
        """What there is to be seen in an image that doubts can be told from; None of a family that has none.

        Args:
            name: Of the image.
            grey: Its first channel ``(Z, Y, X)``.
            decoded: What was found.
            truth: Labels ``(Z, Y, X)`` as annotated; None without.
            task: What was learned.
        """
        return None

    def doubts(self, sights: Sequence[Any]) -> tuple[str, ...]:
        """Why the result may be poor, a sentence each with what to do, from what was seen in some images."""
        return ()

    @abstractmethod
    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """Parameters of ``decode`` that suit validation images best; those of the card where there are none."""


def kept_decode(defaults: Parameters, start: Start) -> dict[str, Any]:
    """Parameters of decoding: those of the model to finetune where this version knows them, else the defaults."""
    values = defaults.model_dump()
    return values | {name: value for name, value in start.decode.items() if name in values}
