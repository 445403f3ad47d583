"""Overlapping tiles over the whole image, then objects of where the voxels point."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode, EmbeddingTraining
from desktop_app.ml.inference.engine import InferencePlan, LabelStream, Room
from desktop_app.ml.inference.looks import OutputSaying, wanted_looks, with_looks
from desktop_app.ml.inference.maps import ReadableMaps, VoxelMaps
from desktop_app.ml.inference.predictor import Predictor, VoxelOutputs
from desktop_app.ml.inference.resized import ResizedMaps, StoredMaps, full_size, seen_at_scales, wanted_scales
from desktop_app.ml.inference.uncertainty import telling_maps, with_uncertainty
from desktop_app.ml.losses.spatial_embedding import WIDTH_RATE, EmbeddingUnits
from desktop_app.ml.recipes.embedding.decode import decode_embedding, likelihood
from desktop_app.ml.recipes.embedding.shown_maps import map_files
from desktop_app.ml.recipes.embedding.thin_part import ThinMaps, thickened, thin_labels
from desktop_app.ml.recipes.embedding.three_directions import three_directions
from desktop_app.ml.recipes.embedding.views import turned_arrows

_LARGEST_RADIUS = 30_000.0
"""Pixels: below the largest value of the float16 in which maps are kept, and beyond any image in view."""


class EmbeddingEngine:
    """Maps of all voxels by overlapping tiles with Gaussian weights; large ones lie in the scratch folder."""

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> StoredMaps | ResizedMaps:
        """How surely a voxel is a centre, the arrow to the centre, and the radii of its object."""
        card = predictor.card
        units = units_of(EmbeddingTraining.model_validate(card.recipe_parameters))
        saying = OutputSaying(
            lambda found: found.float(), turned_arrows, lambda mean: maps_of(mean, units),
            lambda outputs: torch.sigmoid(outputs[:, -1:]),
        )  # fmt: skip
        predictor, outputs = with_looks(predictor, wanted_looks(plan), map_names(card.dimensions), saying)

        def seen(image: Volume, part: Region | None) -> VoxelMaps | ThinMaps:
            return self._maps_of(predictor, image, part or Region.whole(image.shape), plan, ctx, outputs)

        return seen_at_scales(volume, region, wanted_scales(plan, card, volume), predictor, seen)

    def _maps_of(
        self, predictor: Predictor, volume: Volume, box: Region, plan: InferencePlan, ctx: JobContext,
        outputs: VoxelOutputs,
    ) -> VoxelMaps | ThinMaps:  # fmt: skip
        """Maps of a part of an image as it is."""
        card = predictor.card
        if plan.mode == "ortho" and min(box.shape) > 1:
            further = outputs.names[len(map_names(2)) :]
            return three_directions(predictor, volume, box, plan, ctx, outputs, (*map_names(3), *further))  # dimensions
        around = box if card.dimensions == 2 else thickened(box, card.patch_size[0], volume.shape[0])
        maps = predictor.predict(
            volume, around, plan.tiling, ctx, outputs=outputs, channels=plan.channels, scratch=plan.scratch
        )
        if around == box:
            return maps
        z, y, x = around.start
        return ThinMaps(maps, box.shift((-z, -y, -x)))

    def decode(
        self, maps: ReadableMaps, parameters: EmbeddingDecode, card: ModelCard, room: Room, ctx: JobContext
    ) -> LabelStream:
        """Objects; those of a thin part are found with what lies around it.

        Where the network saw the image smaller or larger than it is, arrows count voxels of that size: objects are
        found there, and their labels brought back.
        """
        if isinstance(maps, ResizedMaps):
            return _brought_back(self.decode(maps.maps, parameters, card, room, ctx), maps, parameters)
        if isinstance(maps, ThinMaps):
            found = self.decode(maps.around, parameters, card, room, ctx)
            return thin_labels(found, maps.part)
        return with_uncertainty(decode_embedding(telling_maps(maps), parameters, card, room, ctx), maps)

    def classes(
        self, maps: ReadableMaps, parameters: EmbeddingDecode, card: ModelCard, ctx: JobContext
    ) -> NDArray[np.uint8]:
        """1 where a voxel is likely enough to belong to an object."""
        seeds = maps.read(Region.whole(maps.shape))[0]
        return (seeds > parameters.foreground_threshold).astype(np.uint8)


def _brought_back(stream: LabelStream, maps: ResizedMaps, parameters: EmbeddingDecode) -> LabelStream:
    """Objects that were found at another size, at the size of the image."""
    telling = telling_maps(maps)
    large = full_size(
        stream,
        maps,
        belongs=lambda region: telling.read(region)[0] > parameters.foreground_threshold,
        likely=lambda region: likelihood(telling.read(region)[0]),
    )
    large.more = map_files(telling, parameters) if parameters.keep_maps else {}
    return with_uncertainty(large, maps)


def units_of(parameters: EmbeddingTraining) -> EmbeddingUnits:
    """What a network that was trained with these parameters means."""
    p = parameters
    weights = (p.instance_weight, p.variance_weight, p.seed_weight)
    return EmbeddingUnits(p.span, p.first_radius, weights, p.foreground_weight)


def map_names(dimensions: int) -> tuple[str, ...]:
    """``seed``, then the arrow and the radii along each axis."""
    axes = "zyx"[-dimensions:]
    return ("seed", *(f"offset:{axis}" for axis in axes), *(f"radius:{axis}" for axis in axes))


def maps_of(outputs: torch.Tensor, units: EmbeddingUnits) -> torch.Tensor:
    """Maps ``(B, 2 D + 1, [Z,] Y, X)`` of raw outputs: seeds between 0 and 1, arrows and radii in pixels along x."""
    values = outputs.float()
    axes = (values.shape[1] - 1) // 2
    offsets = torch.tanh(values[:, :axes]) * units.span
    sigmas = values[:, axes:-1] + units.first_sigma
    radii = torch.exp(-WIDTH_RATE / 2 * sigmas) * (math.sqrt(math.log(2)) * units.span)
    return torch.cat([torch.sigmoid(values[:, -1:]), offsets, radii.clamp(max=_LARGEST_RADIUS)], dim=1)
