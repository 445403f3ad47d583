from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from desktop_app.objects.panoptic.runs import SharedPixels, SliceRuns
from desktop_app.objects.panoptic.slices import PanopticSlice
from desktop_app.objects.panoptic.tracking import StackTracker, TrackRules, Tracks, match
from tests.objects.panoptic.compare import best_iou, same_objects
from tests.objects.panoptic.ideal import ellipsoids


def as_slice(labels: np.ndarray, classes: dict[int, int] | None = None, shuffle: int = 0) -> PanopticSlice:
    """The labels of a slice with local ids; ``classes`` gives the class of a label, 1 otherwise."""
    names = np.unique(labels[labels > 0])
    order = np.random.default_rng(shuffle).permutation(names) if shuffle else names
    lut = np.zeros(int(labels.max(initial=0)) + 1, np.uint32)
    lut[order] = np.arange(1, len(order) + 1)
    kinds = np.array([0, *((classes or {}).get(int(n), 1) for n in order)], np.uint8)
    return PanopticSlice(lut[labels], kinds)


def tracked(slices: list[PanopticSlice], rules: TrackRules | None = None) -> tuple[Tracks, np.ndarray]:
    tracker = StackTracker(rules)
    runs = [tracker.add(found) for found in slices]
    tracks = tracker.finish()
    return tracks, np.stack([r.paint(tracks.lut(z)) for z, r in enumerate(runs)])


def test_objects_of_a_stack_keep_one_number_in_all_slices():
    truth = ellipsoids((24, 80, 80), 25, (6, 11), touching=False)
    tracks, labels = tracked([as_slice(plane) for plane in truth])
    assert tracks.count == truth.max()
    assert same_objects(truth, labels)


def test_tables_say_what_the_volume_says():
    truth = ellipsoids((20, 64, 64), 15, (5, 10))
    tracks, labels = tracked([as_slice(plane) for plane in truth])
    np.testing.assert_array_equal(tracks.sizes[1:], np.bincount(labels.ravel())[1:])
    for name in range(1, tracks.count + 1):
        where = np.argwhere(labels == name)
        assert tracks.boxes[name].tolist() == [*where.min(0), *(where.max(0) + 1)]
    first = [np.flatnonzero(labels.ravel() == name)[0] for name in range(1, tracks.count + 1)]
    assert (np.diff(tracks.boxes[1:, 0]) >= 0).all()
    assert len(set(first)) == tracks.count


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.integers(1, 10_000))
def test_local_numbers_do_not_matter(seed: int, shuffle: int):
    truth = ellipsoids((8, 32, 32), 12, (3, 7), seed)
    plain = tracked([as_slice(plane) for plane in truth])[1]
    other = tracked([as_slice(plane, shuffle=shuffle + z) for z, plane in enumerate(truth)])[1]
    assert same_objects(plain, other)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.sampled_from([1, 2]))
def test_mirrored_slices_give_mirrored_objects(seed: int, axis: int):
    truth = ellipsoids((8, 32, 32), 12, (3, 7), seed)
    flipped = tracked([as_slice(plane) for plane in np.flip(truth, axis)])[1]
    assert same_objects(np.flip(tracked([as_slice(plane) for plane in truth])[1], axis), flipped)


def test_branches_that_join_later_are_one_object_from_the_start():
    stack = np.zeros((6, 12, 24), np.uint32)
    stack[:4, 2:10, 2:9], stack[:4, 2:10, 14:21] = 1, 2
    stack[4:, 2:10, 2:21] = 3
    tracks, labels = tracked([as_slice(plane) for plane in stack])
    assert tracks.count == 1
    np.testing.assert_array_equal(labels > 0, stack > 0)


def test_branches_that_part_are_one_object():
    stack = np.zeros((6, 12, 24), np.uint32)
    stack[4:, 2:10, 2:9], stack[4:, 2:10, 14:21] = 1, 2
    stack[:4, 2:10, 2:21] = 3
    assert tracked([as_slice(plane) for plane in stack])[0].count == 1


def test_objects_that_hardly_overlap_stay_apart():
    stack = np.zeros((4, 12, 30), np.uint32)
    stack[:2, 2:10, 2:14], stack[2:, 2:10, 13:25] = 1, 2
    assert tracked([as_slice(plane) for plane in stack])[0].count == 2


def test_an_empty_slice_ends_objects_and_a_stack_may_start_and_end_empty():
    stack = np.zeros((7, 8, 8), np.uint32)
    stack[[1, 2, 4, 5], 2:6, 2:6] = 1
    tracks, labels = tracked([as_slice(plane) for plane in stack])
    assert tracks.count == 2
    assert labels[[0, 3, 6]].max() == 0
    assert tracks.lut(3).tolist() == [0]


def test_a_stack_without_slices_or_objects_has_no_tracks():
    assert StackTracker().finish().count == 0
    tracks, labels = tracked([as_slice(np.zeros((4, 4), np.uint32))] * 3)
    assert tracks.count == 0
    assert tracks.boxes.shape == (1, 6)
    assert not labels.any()


def test_small_and_flat_objects_are_left_out_and_numbers_have_no_gaps():
    stack = np.zeros((6, 20, 40), np.uint32)
    stack[:, 1:4, 1:4], stack[2:4, 1:16, 8:24], stack[:, 2:12, 26:38] = 1, 2, 3
    slices = [as_slice(plane) for plane in stack]
    tracks, labels = tracked(slices, TrackRules(min_size=60, min_extent=3))
    assert tracks.count == 1
    np.testing.assert_array_equal(labels == 1, stack == 3)
    assert tracked(slices, TrackRules(min_size=55))[1].max() == 2
    assert tracked(slices, TrackRules(min_extent=3))[1].max() == 2


def test_classes_never_share_an_object():
    stack = np.zeros((4, 10, 10), np.uint32)
    stack[:2, 2:8, 2:8], stack[2:, 2:8, 2:8] = 1, 2
    tracks, _ = tracked([as_slice(plane, {1: 1, 2: 2}) for plane in stack])
    assert tracks.class_of.tolist() == [0, 1, 2]


def test_stuff_is_one_region_whatever_its_pieces_and_size():
    stack = np.zeros((5, 10, 10), np.uint32)
    stack[0, :2], stack[4, 8:], stack[:, 4:6, 4:6] = 1, 1, 2
    slices = [as_slice(plane, {1: 3, 2: 1}) for plane in stack]
    tracks, labels = tracked(slices, TrackRules(min_size=1000, stuff=(3,)))
    assert tracks.class_of.tolist() == [0, 3]
    np.testing.assert_array_equal(labels == 1, stack == 1)


def test_more_objects_than_any_label_divisor_stay_apart():
    count = 12_000
    line = np.zeros((1, 2 * count), np.uint32)
    line[0, ::2] = np.arange(1, count + 1)
    tracks, labels = tracked([PanopticSlice(line, np.ones(count + 1, np.uint8))] * 3)
    assert tracks.count == count
    assert len(np.unique(labels)) == count + 1


def test_rows_that_are_full_do_not_leak_into_the_next():
    stack = np.zeros((5, 6, 7), np.uint32)
    stack[:, 1:4, :] = 1
    labels = tracked([as_slice(plane) for plane in stack])[1]
    np.testing.assert_array_equal(labels, stack)


def test_slices_of_another_size_are_refused():
    tracker = StackTracker()
    tracker.add(as_slice(np.ones((4, 4), np.uint32)))
    with pytest.raises(ValueError, match="slices of"):
        tracker.add(as_slice(np.ones((4, 5), np.uint32)))


def test_a_tracker_keeps_tables_and_one_slice_of_runs_only():
    truth = ellipsoids((30, 128, 128), 10, (10, 20))
    tracker = StackTracker()
    for plane in truth:
        tracker.add(as_slice(plane))
    kept = [value for page in tracker._pages for value in (page.areas, page.boxes, page.names, page.shared.left)]
    assert sum(value.size for value in kept) < truth.size / 50
    assert isinstance(tracker._before, SliceRuns)
    assert min(best_iou(truth, tracked([as_slice(p) for p in truth])[1]).values()) > 0.9


def table(pairs: list[tuple[int, int, int]]) -> SharedPixels:
    left, right, shared = np.array(pairs, np.int64).reshape(-1, 3).T
    return SharedPixels.count(left, right, shared)


def test_objects_that_overlap_enough_are_partners():
    found = match(table([(1, 1, 50), (2, 2, 10)]), np.array([0, 60, 40]), np.array([0, 60, 200]))
    assert found.tolist() == [-1, 1, 2]
    found = match(table([(1, 1, 50), (2, 2, 9)]), np.array([0, 60, 40]), np.array([0, 60, 200]))
    assert found.tolist() == [-1, 1, -1]


def test_the_sum_of_agreements_decides_not_the_first_come():
    areas = np.array([0, 100, 100])
    found = match(table([(1, 1, 60), (1, 2, 55), (2, 1, 55)]), areas, areas)
    assert found.tolist() == [-1, 2, 1]


def test_a_piece_left_over_joins_the_object_that_covers_most_of_it():
    found = match(
        table([(1, 1, 90), (2, 1, 9), (2, 2, 3), (3, 2, 100)]), np.array([0, 100, 10, 100]), np.array([0, 100, 120])
    )
    assert found.tolist() == [-1, 1, 1, 2]


def test_nothing_has_no_partner():
    assert match(table([]), np.array([0, 5]), np.array([0])).tolist() == [-1, -1]


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_partners_agree_as_well_as_those_of_the_dense_hungarian_method(seed: int):
    rng = np.random.default_rng(seed)
    left, right = rng.integers(0, 7, (2, 200))
    both = (left > 0) & (right > 0) & (rng.random(200) < 0.5)
    left_areas, right_areas = np.bincount(left, minlength=7), np.bincount(right, minlength=7)
    pairs = SharedPixels.count(left[both], right[both], np.ones(both.sum(), np.int64))
    iou = np.zeros((7, 7))
    iou[pairs.left, pairs.right] = pairs.shared / (left_areas[pairs.left] + right_areas[pairs.right] - pairs.shared)
    wanted = iou[linear_sum_assignment(iou, maximize=True)].sum()
    found = match(pairs, left_areas, right_areas, iou=0.0, ioa=2.0)
    chosen = np.flatnonzero(found >= 0)
    assert len(set(found[chosen].tolist())) == len(chosen)
    assert iou[chosen, found[chosen]].sum() == pytest.approx(wanted)


def test_many_contested_objects_are_matched_at_once():
    count = 3000
    ids = np.arange(1, count + 1)
    chain = SharedPixels.count(
        np.r_[ids, ids[:-1]], np.r_[ids, ids[1:]], np.r_[np.full(count, 60), np.full(count - 1, 40)]
    )
    areas = np.full(count + 1, 100)
    assert (match(chain, areas, areas)[1:] == ids).all()
