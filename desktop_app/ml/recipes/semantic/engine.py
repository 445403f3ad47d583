"""Overlapping tiles over the whole image, then objects of the maps: the way of the recipe ``semantic``."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room
from desktop_app.ml.inference.looks import OutputSaying, wanted_looks, with_looks
from desktop_app.ml.inference.maps import ReadableMaps, VoxelMaps
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.inference.resized import ResizedMaps, StoredMaps, seen_at_scales, wanted_scales
from desktop_app.ml.inference.uncertainty import telling_maps, with_uncertainty
from desktop_app.ml.recipes.semantic.decode import decode_at_size, semantic_classes
from desktop_app.ml.recipes.semantic.targets import DEPTH


class SemanticEngine:
    """Maps of all voxels by overlapping tiles with Gaussian weights; large ones lie in the scratch folder.

    Where the network sees the image smaller or larger than it is, objects are made at that size, for which its settings
    hold, and their labels brought back.
    """

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> StoredMaps | ResizedMaps:
        """Probabilities of the classes, and the depth where it was learned."""
        card = predictor.card
        count = len(card.class_names)
        saying = OutputSaying(lambda found: class_maps(found, card), telling=lambda maps: maps[:, :count])
        looking, outputs = with_looks(predictor, wanted_looks(plan), map_names(card), saying)

        def maps_of(seen: Volume, part: Region | None) -> VoxelMaps:
            return looking.predict(
                seen, part, plan.tiling, ctx, outputs=outputs, channels=plan.channels, scratch=plan.scratch
            )

        return seen_at_scales(volume, region, wanted_scales(plan, card, volume), predictor, maps_of)

    def decode(
        self, maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Objects or class numbers."""
        return with_uncertainty(decode_at_size(maps, telling_maps, parameters, card, room, ctx), maps)

    def classes(
        self, maps: ReadableMaps, parameters: SemanticDecode, card: ModelCard, ctx: JobContext
    ) -> NDArray[np.uint8]:
        """The likeliest class of each voxel that is likely enough to belong to any."""
        return semantic_classes(telling_maps(maps), parameters, card)


def map_names(card: ModelCard) -> tuple[str, ...]:
    """``class:NAME`` per class, then ``depth`` where objects are learned."""
    names = tuple(f"class:{name}" for name in card.class_names)
    return names if card.output_channels == 1 + len(names) else (*names, DEPTH)


def class_maps(outputs: torch.Tensor, card: ModelCard) -> torch.Tensor:
    """Probabilities ``(B, M, [Z,] Y, X)`` of the classes without the background, then the depth."""
    count = 1 + len(card.class_names)
    probabilities = torch.softmax(outputs[:, :count].float(), dim=1)[:, 1:]
    return torch.cat([probabilities, torch.sigmoid(outputs[:, count:].float())], dim=1)
