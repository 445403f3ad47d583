"""From maps of slices to objects, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Index3, Plane
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.recipes.base import Decoded
from desktop_app.ml.recipes.panoptic.maps import PanopticMaps, SliceMaps, across, in_order
from desktop_app.objects.panoptic.consensus import Consensus, ConsensusRules
from desktop_app.objects.panoptic.median import SliceMedian
from desktop_app.objects.panoptic.morphology import MorphologyRules
from desktop_app.objects.panoptic.reshaping import reshaped, reshaped_slice
from desktop_app.objects.panoptic.slices import PanopticSlice, SliceRules, decode_slice
from desktop_app.objects.panoptic.tables import least_extents
from desktop_app.objects.panoptic.tracking import StackTracker, TrackRules

__all__ = ["PanopticMaps", "SliceMaps", "decode_panoptic", "ready_for_median", "slice_rules", "track_rules"]

LEVELS = 30_000
SURE, UNSURE = -1, 32_767


def decode_panoptic(maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard) -> Decoded:
    """Labels of the maps of a region.

    In mode ``slice`` each slice stands for itself, and numbers go on from slice to slice; in mode ``stack`` objects
    are followed through the slices; in mode ``ortho`` the three directions vote. A stack of a single slice is decoded
    like a single slice, but nothing is left out for its size, which only the volume would tell.

    Args:
        maps: Of the region.
        parameters: How maps become objects; stuff classes are those of the card.
        card: The model.
    """
    classes = [hardened(part, parameters, maps.mode) for part in maps.parts]
    if parameters.semantic_only:
        return _regions(maps, classes, card, parameters)
    if maps.mode == "ortho" and min(maps.shape) > 1:
        return _agreed(maps, classes, parameters, card)
    found = slices_of(maps.parts[0], classes[0], maps, parameters, card)
    plane = maps.planes[0]
    first = across(classes[0], plane)
    if maps.mode == "stack" and len(maps.parts[0]) > 1:
        extents = least_extents(parameters.min_extent, maps.edges, maps.shape)
        labels, kinds = _followed(list(found), plane, extents, parameters, card)
        names = names_of(kinds, card)
    else:
        smallest = parameters.min_area if maps.mode == "slice" else 0
        by_itself = [reshaped_slice(one, shape_rules(parameters), stuff_numbers(card)) for one in found]
        slices, names = _numbered(by_itself, smallest, card)
        labels = np.ascontiguousarray(across(slices, plane))
    return Decoded(labels, names, np.ascontiguousarray(first))


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


def ready_for_median(probabilities: NDArray[np.float16], confidence: float) -> NDArray[Any]:
    """Probabilities ``(C, H, W)`` of classes as ``SliceMedian`` takes them.

    Of several classes a background comes first, which wins wherever the classes together stay below the confidence
    and nowhere else; its median is the vote of the slices. They are given in steps of 1 / 30,000 ``int16``, which are
    sorted much faster than half-precision numbers.
    """
    if len(probabilities) == 1:
        return probabilities
    exact = probabilities.astype(np.float32)
    background = np.where(exact.sum(axis=0) >= confidence, np.int16(SURE), np.int16(UNSURE))
    return np.concatenate([background[None], np.rint(exact * LEVELS).astype(np.int16)])


def hardened(part: SliceMaps, parameters: PanopticDecode, mode: str) -> NDArray[np.uint8]:
    """Class numbers ``(N, H, W) uint8`` of slices, smoothed over neighbouring slices unless each stands for itself."""
    median = SliceMedian(1 if mode == "slice" else parameters.median, parameters.confidence)
    found: list[NDArray[np.uint8]] = []
    for probabilities in part.probabilities:
        found += median.push(ready_for_median(probabilities, parameters.confidence))
    return np.stack(found + median.flush())


def slices_of(
    part: SliceMaps, classes: NDArray[np.uint8], maps: PanopticMaps, parameters: PanopticDecode, card: ModelCard
) -> Iterator[PanopticSlice]:
    """The objects of each slice."""
    rules = slice_rules(parameters, card)
    for hard, heatmap, offsets in zip(classes, part.heatmap, part.offsets, strict=True):
        yield decode_slice(hard, heatmap, offsets, maps.step, float(maps.downsampling), rules)


def kept_objects(found: PanopticSlice, smallest: int, stuff: tuple[int, ...]) -> NDArray[np.uint32]:
    """New numbers ``(n + 1,) uint32`` of the objects of a slice, 0 for those under ``smallest`` pixels."""
    sizes = np.bincount(found.labels.reshape(-1), minlength=len(found.class_of))
    kept = (sizes >= max(smallest, 1)) | (np.isin(found.class_of, stuff) & (sizes > 0))
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0).astype(np.uint32)


def _numbered(found: list[PanopticSlice], smallest: int, card: ModelCard) -> tuple[NDArray[np.uint32], dict[int, str]]:
    """Slices by themselves, numbers going on."""
    labels: list[NDArray[np.uint32]] = []
    names: dict[int, str] = {}
    for one in found:
        numbers = kept_objects(one, smallest, stuff_numbers(card))
        kept = numbers > 0
        numbers[kept] += np.uint32(len(names))
        names.update(zip(numbers[kept].tolist(), (card.class_names[n - 1] for n in one.class_of[kept]), strict=True))
        labels.append(numbers[one.labels])
    return np.stack(labels), names


def _followed(
    found: list[PanopticSlice], plane: Plane, extents: Index3, parameters: PanopticDecode, card: ModelCard
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Objects through the stack ``(Z, Y, X)``, and the class of each; ``extents`` are the least ones (z, y, x)."""
    rules = track_rules(parameters, card, in_order(extents, plane))
    tracker = StackTracker(rules)
    for one in found:
        tracker.add(one)
    tracks = tracker.finish()
    labels = across(np.stack([tracks.lut(z)[one.labels] for z, one in enumerate(found)]), plane)
    whole = np.ascontiguousarray(labels)
    return reshaped(whole, tracks.class_of, shape_rules(parameters), rules.stuff, rules.min_size, extents)


def _agreed(
    maps: PanopticMaps, classes: list[NDArray[np.uint8]], parameters: PanopticDecode, card: ModelCard
) -> Decoded:
    """Objects on which three directions agree."""
    volumes, kinds = [], []
    extents = least_extents(parameters.min_extent, maps.edges, maps.shape)
    for part, hard, plane in zip(maps.parts, classes, maps.planes, strict=True):
        found = list(slices_of(part, hard, maps, parameters, card))
        labels, kind = _followed(found, plane, extents, parameters, card)
        volumes.append(labels)
        kinds.append(kind)
    consensus = Consensus(kinds[0], kinds[1], kinds[2], consensus_rules(parameters, card, extents))
    consensus.add(volumes[0], volumes[1], volumes[2])
    names = names_of(consensus.solve().class_of, card)
    painted = consensus.at((0, 0, 0))
    whole = [across(hard, plane) for hard, plane in zip(classes, maps.planes, strict=True)]
    first = voted(whole, parameters.votes, len(card.class_names))
    return Decoded(consensus.labels(*volumes) if painted is None else painted, names, first)


def _regions(
    maps: PanopticMaps, classes: list[NDArray[np.uint8]], card: ModelCard, parameters: PanopticDecode
) -> Decoded:
    """Class values instead of objects."""
    whole = [across(hard, plane) for hard, plane in zip(classes, maps.planes, strict=True)]
    found = np.ascontiguousarray(whole[0] if len(whole) == 1 else voted(whole, parameters.votes, len(card.class_names)))
    values = np.array((0, *card.class_values), np.uint32)
    return Decoded(values[found], dict(zip(card.class_values, card.class_names, strict=False)), found)


def voted(volumes: list[NDArray[np.uint8]], votes: int, classes: int) -> NDArray[np.uint8]:
    """The class ``(Z, Y, X) uint8`` that has at least ``votes`` votes; the one with most, 0 where there is none."""
    best = np.zeros(volumes[0].shape, np.uint8)
    most = np.full(volumes[0].shape, votes - 1, np.uint8)
    for number in range(1, classes + 1):
        counts = np.zeros(best.shape, np.uint8)
        for volume in volumes:
            counts += volume == number
        more = counts > most
        best[more] = number
        most[more] = counts[more]
    return best


def planes_of(mode: str, plane: str) -> tuple[Plane, ...]:
    """The planes whose slices a way through the volume looks at."""
    return (Plane.XY, Plane.XZ, Plane.YZ) if mode == "ortho" else (Plane(plane),)
