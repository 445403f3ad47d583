"""From ideal maps of made-up volumes to objects, the whole way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.objects.panoptic.consensus import ConsensusRules
from desktop_app.objects.panoptic.tracking import TrackRules
from tests.objects.panoptic.compare import best_iou, same_objects
from tests.objects.panoptic.ideal import IdealMaps, ellipsoids
from tests.objects.panoptic.stacks import agree, decode_stack, stack_maps


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.pad(ellipsoids((40, 88, 88), 30, (7, 12), touching=False), 4)


def without(maps: IdealMaps) -> IdealMaps:
    """What a network says that sees nothing in a slice."""
    return replace(maps, classes=0 * maps.classes, heatmap=0 * maps.heatmap, offsets=0 * maps.offsets)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_stack_along_any_axis_finds_the_objects(truth: np.ndarray, axis: int):
    stack = decode_stack(stack_maps(truth, axis), axis, TrackRules(min_size=50))
    assert stack.tracks.count == truth.max()
    assert np.mean([*best_iou(truth, stack.labels).values()]) > 0.9


def test_three_stacks_agree_on_all_objects(truth: np.ndarray):
    stacks = [decode_stack(stack_maps(truth, axis), axis, TrackRules(min_size=50)) for axis in range(3)]
    found, labels = agree(stacks, ConsensusRules(min_size=50))
    assert found.count == truth.max()
    assert same_objects(truth, labels, 0.9)


def test_objects_that_the_network_missed_in_one_slice_stay_whole(truth: np.ndarray):
    maps = stack_maps(truth, 0)
    maps[20] = without(maps[20])
    mended = decode_stack(maps, 0, TrackRules(min_size=50)).labels
    torn = decode_stack(maps, 0, TrackRules(min_size=50), median=1).labels
    here = np.unique(truth[20][truth[20] > 0])
    across = [n for n in here if (truth[18] == n).sum() > 30 and (truth[22] == n).sum() > 30]
    assert len(across) > 3
    kept, lost = best_iou(truth, mended), best_iou(truth, torn)
    assert min(kept[int(n)] for n in across) > 0.85
    assert min(lost[int(n)] for n in across) < 0.7


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_stacks_shorter_than_the_median_lose_nothing(truth: np.ndarray, depth: int):
    part = truth[20 : 20 + depth]
    stack = decode_stack(stack_maps(part, 0), 0, TrackRules(), median=11)
    assert stack.labels.shape == part.shape
    assert ((stack.labels > 0) == (part > 0)).mean() > 0.98
