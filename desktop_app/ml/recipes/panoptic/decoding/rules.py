"""What a model and the user's parameters mean for the objects of slices and stacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.objects.panoptic.consensus import ConsensusRules
from desktop_app.objects.panoptic.reshaping import MorphologyRules
from desktop_app.objects.panoptic.slices import SliceRules
from desktop_app.objects.panoptic.tracking import TrackRules


def slice_rules(parameters: PanopticDecode, card: ModelCard) -> SliceRules:
    """How the pixels of a slice become objects."""
    stuff = stuff_numbers(card)
    return SliceRules(
        things=tuple(n for n in range(1, 1 + len(card.class_names)) if n not in stuff),
        centre_threshold=parameters.centre_threshold,
        centre_distance=parameters.centre_distance,
        fine=parameters.fine_boundaries,
        semantic_only=parameters.semantic_only,
        fill_holes=parameters.fill_holes,
    )


def track_rules(parameters: PanopticDecode, card: ModelCard, extents: Index3) -> TrackRules:
    """How objects are followed through a stack; ``extents`` are the least ones along (slice, row, column)."""
    return TrackRules(
        iou=parameters.match_overlap,
        ioa=parameters.match_overlap,
        min_size=parameters.min_size,
        min_extent=extents,
        stuff=stuff_numbers(card),
    )


def consensus_rules(parameters: PanopticDecode, card: ModelCard, extents: Index3) -> ConsensusRules:
    """How three directions agree; ``extents`` are the least ones of an object along (z, y, x)."""
    return ConsensusRules(
        votes=parameters.votes,
        cluster_iou=parameters.cluster_overlap,
        permit_single=parameters.permit_single,
        min_size=parameters.min_size,
        min_extent=extents,
        stuff=stuff_numbers(card),
    )


def shape_rules(parameters: PanopticDecode) -> MorphologyRules:
    """How the shape of objects is changed; holes that thickening makes are closed as all others."""
    changed = parameters.erode > 0 or parameters.dilate > 0
    return MorphologyRules(parameters.erode, parameters.dilate, parameters.fill_holes and changed)


def names_of(kinds: NDArray[np.uint8], card: ModelCard) -> dict[int, str]:
    """Class name of each object from its class number; entry 0 is the background."""
    return {number: card.class_names[kind - 1] for number, kind in enumerate(kinds.tolist()) if number}


def stuff_numbers(card: ModelCard) -> tuple[int, ...]:
    """Numbers, from 1, of the model's classes without objects."""
    stuff = card.recipe_parameters.get("stuff", ())
    return tuple(number for number, name in enumerate(card.class_names, start=1) if name in stuff)
