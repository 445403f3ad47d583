"""The whole way from ideal maps to objects, as the program goes it, for tests and benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from desktop_app.objects.panoptic.consensus import Agreed, Consensus, ConsensusRules
from desktop_app.objects.panoptic.median import SliceMedian
from desktop_app.objects.panoptic.slices import SliceRules, decode_slice
from desktop_app.objects.panoptic.tracking import StackTracker, TrackRules, Tracks
from tests.objects.panoptic.ideal import IdealMaps, ideal_maps

GOLDEN_TRACKS = TrackRules(min_size=500, min_extent=5)
GOLDEN_CONSENSUS = ConsensusRules(min_size=500, min_extent=5)


@dataclass(frozen=True, slots=True)
class Stack:
    """Objects of the slices along one axis, painted in the order (Z, Y, X) of the volume."""

    tracks: Tracks
    labels: np.ndarray


def stack_maps(truth: np.ndarray, axis: int) -> list[IdealMaps]:
    """Ideal maps of all slices across ``axis``."""
    return [ideal_maps(np.ascontiguousarray(plane)) for plane in np.moveaxis(truth, axis, 0)]


def decode_stack(maps: list[IdealMaps], axis: int, rules: TrackRules = GOLDEN_TRACKS, median: int = 3) -> Stack:
    """Median, objects of the slices, tracking, painting."""
    smooth, tracker = SliceMedian(median), StackTracker(rules)
    classes = [ready for m in maps for ready in smooth.push(m.classes[None].astype(np.float32))]
    classes += smooth.flush()
    runs = [
        tracker.add(decode_slice(kinds, m.heatmap, m.offsets, m.step, 1.0, SliceRules()))
        for kinds, m in zip(classes, maps, strict=True)
    ]
    tracks = tracker.finish()
    painted = np.stack([r.paint(tracks.lut(z)) for z, r in enumerate(runs)])
    return Stack(tracks, np.ascontiguousarray(np.moveaxis(painted, 0, axis)))


def agree(stacks: list[Stack], rules: ConsensusRules = GOLDEN_CONSENSUS) -> tuple[Agreed, np.ndarray]:
    """The objects on which three stacks agree."""
    consensus = Consensus(*(stack.tracks.class_of for stack in stacks), rules)
    volumes = [stack.labels for stack in stacks]
    consensus.add(*volumes)
    found = consensus.solve()
    labels = consensus.at((0, 0, 0))
    return found, consensus.labels(*volumes) if labels is None else labels
