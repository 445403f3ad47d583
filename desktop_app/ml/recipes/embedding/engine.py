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
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.inference.uncertainty import telling_maps, with_uncertainty
from desktop_app.ml.losses.spatial_embedding import WIDTH_RATE, EmbeddingUnits
from desktop_app.ml.recipes.embedding.decode import decode_embedding
from desktop_app.ml.recipes.embedding.thin_part import ThinMaps, thickened, thin_labels
from desktop_app.ml.recipes.embedding.three_directions import three_directions
from desktop_app.ml.recipes.embedding.views import turned_arrows

_LARGEST_RADIUS = 30_000.0
"""Pixels: below the largest value of the float16 in which maps are kept, and beyond any image in view."""


class EmbeddingEngine:
    """Maps of all voxels by overlapping tiles with Gaussian weights; large ones lie in the scratch folder."""

    def predict(
        self, predictor: Predictor, volume: Volume, region: Region | None, plan: InferencePlan, ctx: JobContext
    ) -> VoxelMaps | ThinMaps:
        """How surely a voxel is a centre, the arrow to the centre, and the radii of its object."""
        card = predictor.card
        units = units_of(EmbeddingTraining.model_validate(card.recipe_parameters))
        saying = OutputSaying(
            lambda found: found.float(), turned_arrows, lambda mean: maps_of(mean, units),
            lambda outputs: torch.sigmoid(outputs[:, -1:]),
        )  # fmt: skip
        predictor, outputs = with_looks(predictor, wanted_looks(plan), map_names(card.dimensions), saying)
        box = region or Region.whole(volume.shape)
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
        """Objects; those of a thin part are found with what lies around it."""
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
