"""Kinds of voxels by overlapping tiles, then objects of one of them: the way of the recipe ``unsupervised``."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.unsupervised.parameters import UnsupervisedDecode
from desktop_app.core.recipes.unsupervised.recipe import UNSUPERVISED
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room
from desktop_app.ml.inference.looks import OutputSaying, wanted_looks, with_looks
from desktop_app.ml.inference.maps import ReadableMaps, VoxelMaps
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.inference.resized import ResizedMaps, StoredMaps, seen_at_scales, wanted_scales
from desktop_app.ml.inference.uncertainty import SomeMaps, telling_maps, with_uncertainty
from desktop_app.ml.recipes.semantic.decode import decode_at_size, semantic_classes


class UnsupervisedEngine:
    """Maps of all voxels by overlapping tiles with Gaussian weights; large ones lie in the scratch folder."""

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> StoredMaps | ResizedMaps:
        """Probabilities of the kinds, the most conspicuous first."""
        names = tuple(f"kind:{number}" for number in range(1, predictor.card.output_channels + 1))
        saying = OutputSaying(lambda found: torch.softmax(found.float(), dim=1))
        looking, outputs = with_looks(predictor, wanted_looks(plan), names, saying)

        def maps_of(seen: Volume, part: Region | None) -> VoxelMaps:
            return looking.predict(
                seen, part, plan.tiling, ctx, outputs=outputs, channels=plan.channels, scratch=plan.scratch
            )

        return seen_at_scales(volume, region, wanted_scales(plan, predictor.card, volume), predictor, maps_of)

    def decode(
        self, maps: ReadableMaps, parameters: UnsupervisedDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Objects of one kind; or a number for each kind but the least conspicuous one, which is the background."""
        _, named = _chosen(telling_maps(maps), parameters, card)
        stream = decode_at_size(
            maps, lambda seen: _chosen(telling_maps(seen), parameters, card)[0], parameters, named, room, ctx
        )
        return with_uncertainty(stream, maps)

    def classes(
        self, maps: ReadableMaps, parameters: UnsupervisedDecode, card: ModelCard, ctx: JobContext
    ) -> NDArray[np.uint8]:
        """1 where the kind that objects are made of is likely enough."""
        asked = parameters.model_copy(update={"objects": "connected"})
        return semantic_classes(_chosen(telling_maps(maps), asked, card)[0], asked, card)


def _chosen(maps: ReadableMaps, parameters: UnsupervisedDecode, card: ModelCard) -> tuple[SomeMaps, ModelCard]:
    """The maps that labels are made of, and the model as if it had learned these as its classes.

    Raises:
        UserError: If the model does not have the kind that objects shall be made of.
    """
    UNSUPERVISED.require_decode(card, parameters)
    if parameters.objects != "classes":
        named = card.model_copy(update={"class_names": card.class_names[:1], "class_values": (1,)})
        return SomeMaps(maps, (parameters.foreground - 1,)), named
    count = len(maps.channels)
    numbers = range(1, count)
    names = tuple(f"Kind {number}" for number in numbers)
    named = card.model_copy(update={"class_names": names, "class_values": tuple(numbers)})
    return SomeMaps(maps, tuple(range(count - 1))), named
