"""Blocks: every voxel once, one number for what crosses them, whatever a family finds in a box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.ml.inference.blocks import BlockDriver, BlockPlan, Pieces, inside
from desktop_app.objects.numbering import numbered


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(1, 40)] * 3), st.integers(1, 20_000), st.tuples(*[st.integers(0, 20)] * 3))
def test_blocks_cover_every_voxel_once_within_the_budget(shape, most, halo):
    plan = BlockPlan.fitting(shape, most, halo)
    seen = np.zeros(shape, np.uint8)
    for core in plan.cores():
        seen[core.slices] += 1
        assert core.expand(plan.halo, shape).size <= plan.most_seen
    edges = BlockPlan.fitting(shape, most, (0, 0, 0)).core
    assert np.prod(edges) <= most
    assert plan.most_seen <= np.prod([min(n, max(e, 3 * h)) for n, e, h in zip(shape, edges, halo, strict=True)])
    assert (seen == 1).all()


def clustered(points: NDArray[np.float32], radius: float) -> NDArray[np.uint32]:
    """A toy of a clustering family: a voxel belongs to the nearest centre (a peak of ``points``) within a radius."""
    peaks = points > 0
    if not peaks.any():
        return np.zeros(points.shape, np.uint32)
    distance, nearest = ndimage.distance_transform_edt(~peaks, return_indices=True)
    numbers = np.zeros(points.shape, np.uint32)
    numbers[peaks] = np.arange(1, int(peaks.sum()) + 1)
    return np.where(distance <= radius, numbers[tuple(nearest)], 0).astype(np.uint32)


@pytest.mark.parametrize("most", [10**6, 9_000, 3_000])
def test_clusters_of_blocks_are_those_of_the_whole(most, tmp_path):
    rng = np.random.default_rng(3)
    points = np.zeros((30, 40, 50), np.float32)
    points[tuple(rng.integers(0, points.shape, (60, 3)).T)] = 1
    plan = BlockPlan.fitting(points.shape, most, (8, 8, 8))
    assert plan.single == (most == 10**6)
    ctx = RecordingContext()
    with BlockDriver(plan, ctx, rounds=2, scratch=tmp_path) as driver:

        def find(around: Region) -> Pieces:
            seen = around.expand(8, points.shape)
            return Pieces(clustered(points[seen.slices], 4.0)[inside(around, seen)])

        clusters = driver.joined(find, overlap=(4, 4, 4), min_share=0.5)
        counted = driver.counted(clusters.read, clusters.highest)
        numbers = counted.numbers(counted.sizes >= 30)
        slabs = driver.slabs(lambda region: numbers[clusters.read(region)], 10_000)
        labels = np.concatenate([part for _, part in slabs])
        assert bool(list(tmp_path.iterdir())) == (not plan.single)
    whole = clustered(points, 4.0)
    sizes = np.bincount(whole.reshape(-1))
    assert np.array_equal(labels, numbered(np.where(sizes[whole] >= 30, whole, 0) * (whole > 0))[0])
    assert [e.done for e in ctx.of_kind(Progress)] == list(range(2 * len(plan.cores())))
    assert not list(tmp_path.iterdir())


def test_a_piece_that_any_block_rejects_is_gone_in_all():
    mask = np.zeros((4, 4, 60), bool)
    mask[1:3, 1:3, 2:40], mask[1:3, 1:3, 45:50] = True, True
    with BlockDriver(BlockPlan((4, 4, 60), (4, 4, 15), (0, 0, 0)), RecordingContext(), rounds=1) as driver:

        def find(around: Region) -> Pieces:
            part = mask[around.slices]
            wrong = np.zeros(part.shape, bool)
            if around.start[2] == 0:
                wrong[1, 1, 3] = True
            return Pieces(ndimage.label(part)[0].astype(np.uint32), wrong)

        read = driver.joined(find).read(Region.whole(mask.shape))
    assert not read[..., :41].any()
    assert (read[1:3, 1:3, 45:50] > 0).all()


def test_cancelling_between_blocks_leaves_nothing_behind(tmp_path):
    plan = BlockPlan((8, 8, 8), (4, 8, 8), (1, 0, 0))
    with pytest.raises(JobCancelled), BlockDriver(plan, RecordingContext(cancel_after=1), 1, tmp_path) as driver:
        driver.joined(lambda around: Pieces(np.ones(around.shape, np.uint32)))
    assert not list(tmp_path.iterdir())
