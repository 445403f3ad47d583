from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region
from desktop_app.objects.components import connected_objects
from desktop_app.objects.numbering import numbered
from desktop_app.objects.stitching import BlockStitcher

MASKS = hnp.arrays(bool, (7, 6, 5), elements=st.booleans())


def same_objects(left: np.ndarray, right: np.ndarray) -> bool:
    return bool((numbered(left)[0] == numbered(right)[0]).all())


def stitched(mask: np.ndarray, step: tuple[int, int, int], order: list[int]) -> np.ndarray:
    """Islands of blocks labelled one by one, each seen with one voxel around it."""
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    starts = [
        (z, y, x)
        for z in range(0, shape[0], step[0])
        for y in range(0, shape[1], step[1])
        for x in range(0, shape[2], step[2])
    ]
    stitcher, kept = BlockStitcher(), np.zeros(shape, np.uint32)
    for i in sorted(range(len(starts)), key=lambda i: order[i % len(order)]):
        z, y, x = starts[i]
        core = Region(starts[i], (z + step[0], y + step[1], x + step[2])).intersect(Region.whole(shape))
        around = core.expand(1, shape)
        piece = stitcher.add(connected_objects(mask[around.slices]), kept[around.slices])
        inner = core.shift((-around.start[0], -around.start[1], -around.start[2]))
        kept[core.slices] = piece[inner.slices]
    table = stitcher.table()
    assert table[0] == 0
    assert sorted(np.unique(table)) == list(range(int(table.max()) + 1)), "numbers have no gaps"
    return table[kept]


@settings(max_examples=60, deadline=None)
@given(MASKS, st.tuples(*[st.integers(1, 7)] * 3), st.permutations(list(range(8))))
def test_blocks_give_the_islands_of_the_whole_in_any_order(mask, step, order):
    assert same_objects(stitched(mask, step, order), connected_objects(mask))


@settings(max_examples=60, deadline=None)
@given(MASKS, st.integers(1, 3), st.integers(1, 3))
def test_overlapping_slabs_of_known_labels_give_them_back(mask, step, overlap):
    truth = connected_objects(mask)
    stitcher, kept = BlockStitcher(min_share=0.5), np.zeros(truth.shape, np.uint32)
    for z in range(0, truth.shape[0], step):
        slab = slice(z, min(truth.shape[0], z + step + overlap))
        local, _ = numbered(np.where(truth[slab] > 0, truth[slab].max() + 1 - truth[slab], 0))
        kept[slab] = stitcher.add(local, kept[slab])
    assert same_objects(stitcher.table()[kept], truth)


def test_a_u_that_closes_late_becomes_one_object():
    mask = np.zeros((6, 1, 5), bool)
    mask[:, 0, 0] = mask[:, 0, 4] = mask[5] = True
    assert stitched(mask, (2, 1, 5), [0]).max() == 1


def test_a_sliver_does_not_join_two_large_objects():
    stitcher = BlockStitcher(min_share=0.5)
    first = np.zeros((4, 1, 20), np.uint32)
    first[..., :10], first[..., 10:] = 1, 2
    kept = stitcher.add(first)
    shifted = np.zeros_like(first)
    shifted[..., :11], shifted[..., 11:] = 1, 2
    again = stitcher.add(shifted, kept)
    assert len(np.unique(stitcher.table()[again])) == 2


def test_nothing_to_stitch():
    stitcher = BlockStitcher()
    assert not stitcher.add(np.zeros((1, 2, 2), np.uint32)).any()
    assert stitcher.table().tolist() == [0]
