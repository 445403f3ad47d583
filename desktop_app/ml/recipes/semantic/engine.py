"""Overlapping tiles over the whole image, then objects of the maps: the way of the recipe ``semantic``."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticPrediction
from desktop_app.core.recipes.semantic.recipe import SEMANTIC
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room
from desktop_app.ml.inference.looks import OutputSaying, wanted_looks, with_looks
from desktop_app.ml.inference.maps import ReadableMaps, VoxelMaps
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.inference.resized import ResizedMaps, Sizing, full_size
from desktop_app.ml.inference.uncertainty import telling_maps, with_uncertainty
from desktop_app.ml.recipes.semantic.decode import decode_semantic, semantic_classes
from desktop_app.ml.recipes.semantic.targets import DEPTH


class SemanticEngine:
    """Maps of all voxels by overlapping tiles with Gaussian weights; large ones lie in the scratch folder.

    Where the network sees the image smaller or larger than it is, objects are made at that size, for which its settings
    hold, and their labels brought back.
    """

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> VoxelMaps | ResizedMaps:
        """Probabilities of the classes, and the depth where it was learned."""
        card = predictor.card
        count = len(card.class_names)
        saying = OutputSaying(lambda found: class_maps(found, card), telling=lambda maps: maps[:, :count])
        looking, outputs = with_looks(predictor, wanted_looks(plan), map_names(card), saying)

        def maps_of(seen: Volume, part: Region | None) -> VoxelMaps:
            return looking.predict(
                seen, part, plan.tiling, ctx, outputs=outputs, channels=plan.channels, scratch=plan.scratch
            )

        scales = _scales(plan, card, volume)
        if scales == (1.0, 1.0, 1.0):
            return maps_of(volume, region)
        sizing = Sizing.of(volume.shape, scales, region)
        return ResizedMaps(maps_of(predictor.resized(volume, scales), sizing.coarse), sizing)

    def decode(
        self, maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Objects or class numbers."""
        telling = telling_maps(maps)
        if not isinstance(maps, ResizedMaps) or parameters.objects == "classes":
            return with_uncertainty(decode_semantic(telling, parameters, card, room, ctx), maps)
        stream = full_size(
            decode_semantic(telling_maps(maps.maps), parameters, card, room, ctx),
            maps,
            belongs=lambda region: semantic_classes(telling, parameters, card, region) > 0,
            likely=lambda region: np.asarray(telling.read(region)[: len(card.class_names)].max(axis=0)),
        )
        return with_uncertainty(stream, maps)

    def classes(
        self, maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, ctx: JobContext
    ) -> NDArray[np.uint8]:
        """The likeliest class of each voxel that is likely enough to belong to any."""
        return semantic_classes(telling_maps(maps), parameters, card)


def _scales(plan: InferencePlan, card: ModelCard, volume: Volume) -> tuple[float, float, float]:
    """How many voxels (z, y, x) become one before the network sees them.

    Raises:
        UserError: If the image cannot be brought to the voxel size of the model, where that is wished.
    """
    seen = plan.prediction if isinstance(plan.prediction, SemanticPrediction) else SemanticPrediction()
    SEMANTIC.require_resampling(card, seen, volume)
    return seen.scales(card.dimensions, card.voxel_size, volume.voxel_size)


def map_names(card: ModelCard) -> tuple[str, ...]:
    """``class:NAME`` per class, then ``depth`` where objects are learned."""
    names = tuple(f"class:{name}" for name in card.class_names)
    return names if card.output_channels == 1 + len(names) else (*names, DEPTH)


def class_maps(outputs: torch.Tensor, card: ModelCard) -> torch.Tensor:
    """Probabilities ``(B, M, [Z,] Y, X)`` of the classes without the background, then the depth."""
    count = 1 + len(card.class_names)
    probabilities = torch.softmax(outputs[:, :count].float(), dim=1)[:, 1:]
    return torch.cat([probabilities, torch.sigmoid(outputs[:, count:].float())], dim=1)
