"""The voxelwise recipe with outputs more: the same classes and depth, and beside them what is tried.

A network of one training can so be decoded by each way. A recipe here takes the product's place in its own training
and inference, so that patches, schedule, checks and tiles are the product's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.data.targets import CLASSES, IGNORED, LabelTargets, PatchTargets, Sampling, TargetMaps
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room, named_labels
from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.predictor import Predictor, VoxelOutputs
from desktop_app.ml.inference.uncertainty import SomeMaps
from desktop_app.ml.networks.registry import BUILDERS
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Task
from desktop_app.ml.recipes.registry import COMPUTED
from desktop_app.ml.recipes.semantic.decode import decode_semantic
from desktop_app.ml.recipes.semantic.engine import SemanticEngine, class_maps
from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe

OBJECTS = "objects"
PRODUCT = "depth"
"""The product's own way from maps to labels."""
Settings: TypeAlias = dict[str, float]
Way: TypeAlias = Callable[[NDArray[np.float32], Settings, SemanticDecode], NDArray[np.uint32]]
"""From maps ``(C, Z, Y, X)`` of a volume or of one slice (class, depth, then what is tried), the settings of the way
and those that the product tuned, to labels."""
_REMEMBERED = 100
"""Images, more than a training is tuned on."""
_EVERY_SUMMIT = {"min_dip": 0.0, "seed_threshold": 0.95, "smoothing": 0.75, "min_size": 0, "min_confidence": 0.0}
"""Settings of the product with which objects come apart in more regions than there are objects; smoothing in px."""
Builder: TypeAlias = Callable[..., torch.nn.Module]


class SeparatingEngine(SemanticEngine):
    """The product's, with the recipe's maps more; labels by the way that is chosen.

    Args:
        recipe: Knows maps and ways.
    """

    def __init__(self, recipe: SeparatingRecipe) -> None:
        self._recipe = recipe

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> VoxelMaps:
        """Class and depth, and the recipe's maps where labels shall be made by one of its ways."""
        card, recipe = predictor.card, self._recipe
        own = recipe.way != PRODUCT
        recipe.predicted = [*recipe.predicted, volume][-_REMEMBERED:]

        def maps_of(found: Any) -> torch.Tensor:
            maps = class_maps(recipe.seen(found), card)
            return torch.cat([maps, recipe.own_maps(found)], dim=1) if own else maps

        names = (*(f"class:{name}" for name in card.class_names), PRODUCT)
        outputs = VoxelOutputs((*names, *(f"own:{n}" for n in range(recipe.more * own))), maps_of)
        return predictor.predict(
            volume, region, plan.tiling, ctx, outputs=outputs, channels=plan.channels, scratch=plan.scratch
        )

    def decode(
        self, maps: Any, parameters: SemanticDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Objects."""
        recipe = self._recipe
        if recipe.way == PRODUCT:
            return super().decode(_first(maps, card), parameters, card, room, ctx)
        labels = recipe.labels(maps, parameters, recipe.way, recipe.settings[recipe.way])
        names = dict.fromkeys(range(1, int(labels.max(initial=0)) + 1), card.class_names[0])
        return LabelStream(iter([(Region.whole(labels.shape), labels)]), names)

    def classes(self, maps: Any, parameters: SemanticDecode, card: ModelCard, ctx: JobContext) -> NDArray[np.uint8]:
        """As the product."""
        return super().classes(_first(maps, card), parameters, card, ctx)


def _first(maps: Any, card: ModelCard) -> SomeMaps:
    """Classes and depth alone."""
    return SomeMaps(maps, tuple(range(1 + len(card.class_names))))


class SeparatingRecipe(SemanticRecipe):
    """The product's, which learns something more of objects, and can make labels of it in several ways.

    Attributes:
        more: Channels that it learns besides.
        ways: By name, from maps to labels, with settings to begin with and values to try of each.
        way: The one that is used now.
        settings: Of each way, once they were tuned.
        cases: Validation images, once a training has ended.
        predicted: The last images that the network saw.
        weight: Of its own loss beside those of classes and depth.
    """

    more: int
    ways: Mapping[str, tuple[Way, Mapping[str, tuple[float, ...]]]]
    weight: float = 1.0

    def __init__(self) -> None:
        self.way = PRODUCT
        self.settings: dict[str, Settings] = {}
        self.cases: list[Case] = []
        self.predicted: list[Volume] = []
        self._volumes: list[Volume] = []
        self.card: ModelCard | None = None
        self.task: Task | None = None
        self.engine = SeparatingEngine(self)

    def channels(self, task: Task) -> int:
        """Those of the product, and more."""
        return super().channels(task) + self.more

    def label_targets(self, task: Task) -> LabelTargets:
        """Those of the product, and object numbers, of which targets are made once a patch was turned and bent."""
        own = super().label_targets(task)

        def of_labels(labels: NDArray[Any], edges: Sampling) -> TargetMaps:
            return {**own.of_labels(labels, edges), OBJECTS: task.object_ids(labels).astype(np.int32)}

        return LabelTargets(own.class_names, {**own.interpolation, OBJECTS: "nearest"}, of_labels, self.of_patch)

    def of_patch(self, cut: PatchTargets) -> PatchTargets:
        """What the loss takes."""
        return cut

    def seen(self, outputs: Any) -> torch.Tensor:
        """Logits of classes and depth among the outputs of the network."""
        logits: torch.Tensor = outputs[:, : outputs.shape[1] - self.more]
        return logits

    @abstractmethod
    def own_maps(self, outputs: Any) -> torch.Tensor:
        """Maps ``(B, more, [Z,] Y, X)`` of what is tried."""

    @abstractmethod
    def own_loss(self, batch: LossInput) -> torch.Tensor:
        """Of what is tried."""

    def build(self, builder: Builder) -> Builder:
        """How a network with outputs for this is built, from how it is built in the product."""
        return builder

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        """That of the product, and its own."""
        loss, parts = super().loss(replace(batch, outputs=self.seen(batch.outputs)))
        own = self.own_loss(batch)
        return loss + self.weight * own, {**parts, "own": float(own.detach())}

    def calibrate(self, cases: list[Case], task: Task, card: ModelCard, ctx: JobContext) -> dict[str, Any]:
        """The product's; the first call knows all images, with which other ways can be tuned later."""
        found = super().calibrate(cases, task, card, ctx)
        if not self.cases:
            self.cases, self.task, self._volumes = list(cases), task, self.predicted[-len(cases) :]
            self.card = card.model_copy(update={"decode": found})
        return found

    def labels(self, maps: Any, parameters: SemanticDecode, way: str, settings: Settings) -> NDArray[np.uint32]:
        """Labels ``(Z, Y, X)`` by a way; slice by slice in 2D."""
        values = maps.read(Region.whole(maps.shape))
        work, _ = self.ways[way]
        if self.card is None or self.card.dimensions == 3:
            return _numbered([work(values, settings, parameters)], parameters.min_size)
        pictures = [work(values[:, z : z + 1], settings, parameters) for z in range(values.shape[1])]
        return _numbered(pictures, parameters.min_size)

    def by_product(self, maps: NDArray[np.float32], parameters: SemanticDecode) -> NDArray[np.uint32]:
        """What the product makes of classes and depth ``(2, Z, Y, X)``."""
        assert self.card is not None
        stored = VoxelMaps.of((f"class:{self.card.class_names[0]}", PRODUCT), maps)
        return named_labels(decode_semantic(stored, parameters, self.card, Room(), RecordingContext()))[0]

    def regions(self, maps: NDArray[np.float32], parameters: SemanticDecode) -> NDArray[np.uint32]:
        """The basin of each summit of the depth, however low the summits are: more than there are objects."""
        return self.by_product(maps, parameters.model_copy(update=_EVERY_SUMMIT))

    def forget(self) -> None:
        """The images of a training that only was timed."""
        self.cases, self.settings, self.way = [], {}, PRODUCT

    def tune(self, model: Path) -> None:
        """Settings of each way that suit the validation images best, one searched after the other.

        Args:
            model: What was trained.
        """
        assert self.card is not None
        if not self.ways:
            return
        predictor, self.way = load_predictor(model, "cpu"), next(iter(self.ways))
        plan = InferencePlan.of(self.card, InferenceConfig(model="", inputs=(), output=""))
        maps = [self.engine.predict(predictor, each, None, plan, RecordingContext()) for each in self._volumes]
        self.cases = [replace(case, maps=found) for case, found in zip(self.cases, maps, strict=True)]
        parameters = SemanticDecode.model_validate(self.card.decode)
        for way, (_, tried) in self.ways.items():
            best = {name: values[0] for name, values in tried.items()}
            reached = self._score(way, best, parameters)
            for name, values in tried.items():
                for value in values[1:]:
                    changed = {**best, name: value}
                    new = self._score(way, changed, parameters)
                    if new > reached:
                        best, reached = changed, new
            self.settings[way] = best

    def _score(self, way: str, settings: Settings, parameters: SemanticDecode) -> float:
        assert self.task is not None
        scores = []
        for case in self.cases:
            labels = self.labels(case.maps, parameters, way, settings)
            scores.append(self.score(Decoded(labels), case.truth, self.task))
        return self.pool(scores)["score"]


def _numbered(parts: list[NDArray[np.uint32]], least: int) -> NDArray[np.uint32]:
    """Objects of at least so many voxels, with numbers from 1; of slices that follow each other."""
    found, highest = [], 0
    for part in parts:
        sizes = np.bincount(part.reshape(-1))
        kept = sizes >= max(1, least)
        kept[0] = False
        table = np.zeros(len(sizes), np.uint32)
        table[kept] = np.arange(highest + 1, highest + 1 + int(kept.sum()))
        highest += int(kept.sum())
        found.append(table[part])
    return np.concatenate(found)


@contextmanager
def in_place_of_the_product(recipe: SeparatingRecipe, network: str) -> Iterator[None]:
    """The recipe stands where the product's voxelwise recipe does, and the network has its outputs."""
    product, builder = COMPUTED["semantic"], BUILDERS[network]
    COMPUTED["semantic"], BUILDERS[network] = recipe, recipe.build(builder)
    try:
        yield
    finally:
        COMPUTED["semantic"], BUILDERS[network] = product, builder


def known(batch: LossInput) -> torch.Tensor:
    """Voxels ``(B, [Z,] Y, X)`` of which something is known."""
    return batch.targets[CLASSES] != IGNORED
