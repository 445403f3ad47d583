from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects.panoptic.clusters import settle
from desktop_app.objects.panoptic.consensus import Agreed, Consensus, ConsensusRules
from desktop_app.objects.panoptic.triples import BlockRuns
from tests.objects.panoptic.compare import best_iou, same_objects
from tests.objects.panoptic.ideal import ellipsoids

SHAPE = (20, 40, 48)


def classes_of(labels: np.ndarray, kinds: dict[int, int] | None = None) -> np.ndarray:
    """Class 1 for all objects but those in ``kinds``."""
    table = np.ones(int(labels.max(initial=0)) + 1, np.uint8)
    table[0] = 0
    for name, kind in (kinds or {}).items():
        table[name] = kind
    return table


def agreed(
    xy: np.ndarray,
    xz: np.ndarray,
    yz: np.ndarray,
    rules: ConsensusRules | None = None,
    kinds: dict[str, dict] | None = None,
) -> tuple[Agreed, np.ndarray]:
    volumes = {"xy": xy, "xz": xz, "yz": yz}
    tables = [classes_of(labels, (kinds or {}).get(name)) for name, labels in volumes.items()]
    consensus = Consensus(*tables, rules)
    consensus.add(xy, xz, yz)
    return consensus.solve(), consensus.labels(xy, xz, yz)


def box(*corners: tuple[slice, slice, slice]) -> np.ndarray:
    """Labels 1, 2, … in boxes."""
    labels = np.zeros(SHAPE, np.uint32)
    for name, corner in enumerate(corners, 1):
        labels[corner] = name
    return labels


def shaken(truth: np.ndarray, seed: int) -> np.ndarray:
    """The truth with other numbers, other boundaries, and some objects lost."""
    rng = np.random.default_rng(seed)
    names = rng.permutation(int(truth.max(initial=0))) + 1
    lut = np.concatenate([[0], np.where(rng.random(names.size) < 0.15, 0, names)]).astype(np.uint32)
    return np.roll(lut[truth], rng.integers(-1, 2, 3), (0, 1, 2))


LEFT = (slice(4, 16), slice(4, 30), slice(4, 18))
RIGHT = (slice(4, 16), slice(4, 30), slice(22, 40))
NOTHING = box()


def test_stacks_that_say_the_same_agree_on_it():
    truth = ellipsoids(SHAPE, 12, (4, 8))
    found, labels = agreed(truth, truth[::1], (truth.max() + 1 - truth) * (truth > 0))
    assert found.count == truth.max()
    assert same_objects(truth, labels)
    assert found.class_of.tolist() == [0] + [1] * found.count


def test_two_stacks_outvote_the_third():
    first, second = agreed(box(LEFT, RIGHT), box(LEFT), box(RIGHT))[1], box(LEFT, RIGHT)
    assert same_objects(first, second)
    assert agreed(box(LEFT), NOTHING, NOTHING)[0].count == 0


@pytest.mark.parametrize(("votes", "wanted"), [(1, "union"), (2, "two"), (3, "all")])
def test_votes_are_counted_voxel_by_voxel(votes: int, wanted: str):
    volumes = [np.roll(box(LEFT, RIGHT), shift, 1) for shift in (-1, 0, 1)]
    count = sum((v > 0).astype(int) for v in volumes)
    labels = agreed(*volumes, ConsensusRules(votes=votes))[1]
    np.testing.assert_array_equal(labels > 0, count >= votes)
    assert labels.max() == 2, wanted


@pytest.mark.parametrize("votes", [1, 2, 3])
def test_a_detection_of_one_stack_is_kept_whole_where_it_is_permitted(votes: int):
    shifted = np.roll(box(RIGHT), 1, 1)
    rules = ConsensusRules(votes=votes, permit_single=True)
    found, labels = agreed(box(LEFT, RIGHT), NOTHING, shifted, rules)
    assert found.count == 2
    np.testing.assert_array_equal(labels[..., :20] > 0, box(LEFT)[..., :20] > 0)
    both = (box(RIGHT) > 0) | (shifted > 0) if votes == 1 else (box(RIGHT) > 0) & (shifted > 0)
    np.testing.assert_array_equal(labels[..., 20:] > 0, both[..., 20:])


def test_a_detection_of_one_stack_is_dropped_where_it_is_not_permitted_even_for_one_vote():
    assert agreed(box(LEFT, RIGHT), box(RIGHT), NOTHING, ConsensusRules(votes=1))[0].count == 1


def test_objects_that_one_stack_glued_together_are_told_apart_by_the_others():
    glued = (box(LEFT, RIGHT) > 0).astype(np.uint32)
    glued[8:12, 10:20, 18:22] = 1
    for order in ((0, 1, 2), (1, 0, 2), (2, 1, 0)):
        volumes = [glued, box(LEFT, RIGHT), box(RIGHT, LEFT)]
        labels = agreed(*(volumes[n] for n in order))[1]
        assert same_objects(labels, box(LEFT, RIGHT))


def test_objects_that_touch_stay_apart_though_the_stacks_differ_at_their_boundary():
    def halves(edge: int) -> np.ndarray:
        return box((slice(2, 18), slice(2, 38), slice(2, edge)), (slice(2, 18), slice(2, 38), slice(edge, 46)))

    found, labels = agreed(halves(22), halves(24), halves(26))
    assert found.count == 2
    assert same_objects(labels, halves(24))


@pytest.mark.parametrize("votes", [1, 2, 3])
def test_touching_objects_with_uncertain_boundaries_stay_apart(votes: int):
    truth = ellipsoids((40, 72, 72), 60, (5, 10), seed=votes)
    volumes = [np.roll(truth, shift, axis) for axis, shift in enumerate((1, -1, 1))]
    found, labels = agreed(*volumes, ConsensusRules(votes=votes))
    assert 58 <= found.count <= truth.max() == 60
    assert np.mean([*best_iou(truth, labels).values()]) > 0.7


def test_an_object_that_one_stack_tore_is_mended_by_the_others():
    upper = (LEFT[0], slice(4, 16), LEFT[2])
    lower = (LEFT[0], slice(16, 30), LEFT[2])
    labels = agreed(box(upper, lower), box(LEFT), box(LEFT))[1]
    assert same_objects(labels, box(LEFT))


def test_clusters_behind_a_merged_neighbour_stay_linked_and_join_it():
    members = {n: {n} for n in range(4)}
    links: dict[int, set[int]] = {0: {1}, 1: {0, 2}, 2: {1, 3}, 3: {2}}
    assert settle(members, links) == {1: {0, 1, 2, 3}}


def test_a_small_cluster_between_large_ones_is_handed_to_each_and_joins_none():
    members = {0: {10, 11}, 1: {12}, 2: {13, 14}}
    assert settle(members, {0: {1}, 1: {0, 2}, 2: {1}}) == {0: {10, 11, 12}, 2: {12, 13, 14}}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 500), st.integers(1, 3), st.booleans(), st.data())
def test_any_cut_into_blocks_gives_what_the_whole_gives(seed: int, votes: int, single: bool, data: st.DataObject):
    truth = ellipsoids((10, 20, 24), 14, (2, 6), seed)
    volumes = [shaken(truth, seed + n) for n in range(3)]
    rules = ConsensusRules(votes=votes, permit_single=single, min_size=20, min_extent=2)
    whole, labels = agreed(*volumes, rules)
    cuts = [sorted({0, n, *data.draw(st.lists(st.integers(1, n - 1), max_size=2))}) for n in truth.shape]
    boxes = [
        (slice(z, z2), slice(y, y2), slice(x, x2))
        for z, z2 in zip(cuts[0], cuts[0][1:], strict=False)
        for y, y2 in zip(cuts[1], cuts[1][1:], strict=False)
        for x, x2 in zip(cuts[2], cuts[2][1:], strict=False)
    ]
    consensus = Consensus(*(classes_of(v) for v in volumes), rules)
    for part in data.draw(st.permutations(boxes)):
        consensus.add(*(v[part] for v in volumes), origin=tuple(s.start for s in part))
    parted = consensus.solve()
    np.testing.assert_array_equal(parted.sizes, whole.sizes)
    np.testing.assert_array_equal(parted.boxes, whole.boxes)
    for part in boxes:
        np.testing.assert_array_equal(consensus.labels(*(v[part] for v in volumes)), labels[part])
        np.testing.assert_array_equal(consensus.at(tuple(s.start for s in part)), labels[part])


def test_blocks_are_remembered_within_the_memory_alone():
    volumes = [box(LEFT, RIGHT)] * 3
    upper, lower = ([v[part] for v in volumes] for part in (slice(None, 10), slice(10, None)))
    room = BlockRuns.encode(*upper).nbytes
    consensus = Consensus(*(classes_of(v) for v in volumes), most_bytes=room)
    consensus.add(*upper)
    consensus.add(*lower, origin=(10, 0, 0))
    consensus.solve()
    remembered = consensus.at((0, 0, 0))
    assert remembered is not None
    assert same_objects(remembered, upper[0])
    assert consensus.at((10, 0, 0)) is None
    assert same_objects(consensus.labels(*lower), lower[0])


def test_numbers_too_large_for_one_key_are_told_apart():
    volumes = np.random.default_rng(0).integers(0, 3, (3, 3, 4, 5)).astype(np.uint32)
    found = BlockRuns.encode(*volumes).triples
    far = np.array([0, 2**31, 2**32 - 1], np.uint32)
    distant = BlockRuns.encode(*far[volumes]).triples
    np.testing.assert_array_equal(distant.ids, far[found.ids])
    np.testing.assert_array_equal(distant.voxels, found.voxels)
    np.testing.assert_array_equal(distant.boxes, found.boxes)


def test_rows_longer_than_a_part_are_cut_as_short_ones():
    rng = np.random.default_rng(1)
    wide = np.repeat(rng.integers(0, 3, (3, 1, 3, 70)).astype(np.uint32), 5000, axis=3)
    ours, theirs = (BlockRuns.encode(*volumes).triples for volumes in (wide, wide[..., ::5000]))
    np.testing.assert_array_equal(ours.ids, theirs.ids)
    np.testing.assert_array_equal(ours.voxels, theirs.voxels * 5000)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 500), st.integers(1, 3), st.booleans())
def test_tables_say_what_the_volume_says(seed: int, votes: int, single: bool):
    truth = ellipsoids((10, 20, 24), 14, (2, 6), seed)
    volumes = [shaken(truth, seed + n) for n in range(3)]
    found, labels = agreed(*volumes, ConsensusRules(votes=votes, permit_single=single))
    np.testing.assert_array_equal(found.sizes[1:], np.bincount(labels.ravel(), minlength=found.count + 1)[1:])
    for name in range(1, found.count + 1):
        where = np.argwhere(labels == name)
        assert found.boxes[name].tolist() == [*where.min(0), *(where.max(0) + 1)]
    if not single:
        assert (sum((v > 0).astype(int) for v in volumes)[labels > 0] >= votes).all()


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_triples_are_those_of_the_dense_count(seed: int):
    volumes = np.random.default_rng(seed).integers(0, 3, (3, 3, 4, 5)).astype(np.uint32)
    found = BlockRuns.encode(*volumes).triples.moved((5, 6, 7))
    assert found.voxels.sum() == volumes.any(axis=0).sum()
    for ids, voxels, corners in zip(found.ids, found.voxels, found.boxes, strict=True):
        where = np.argwhere((volumes == ids[:, None, None, None]).all(axis=0)) + np.array((5, 6, 7))
        assert voxels == len(where)
        assert corners.tolist() == [*where.min(0), *(where.max(0) + 1)]


def test_classes_never_agree_with_each_other():
    found, labels = agreed(box(LEFT), box(LEFT), NOTHING, kinds={"xy": {1: 1}, "xz": {1: 2}})
    assert found.count == 0
    assert not labels.any()
    found, _ = agreed(box(LEFT, RIGHT), box(LEFT, RIGHT), NOTHING, kinds={"xy": {2: 2}, "xz": {2: 2}})
    assert found.class_of.tolist() == [0, 1, 2]


def test_stuff_is_a_plain_vote_and_one_region():
    volumes = [np.roll(box(LEFT, RIGHT), shift, 1) for shift in (-3, 0, 3)]
    kinds = {name: {1: 4, 2: 4} for name in ("xy", "xz", "yz")}
    found, labels = agreed(*volumes, ConsensusRules(stuff=(4,), min_size=10**6), kinds)
    assert found.class_of.tolist() == [0, 4]
    np.testing.assert_array_equal(labels == 1, sum((v > 0).astype(int) for v in volumes) >= 2)


def test_where_stuff_and_things_both_have_votes_the_voxel_goes_to_the_most():
    stuff = {"xz": {1: 2}, "yz": {1: 2}}
    rules = ConsensusRules(votes=1, permit_single=True, stuff=(2,))
    found, labels = agreed(box(LEFT), box(LEFT), box(LEFT), rules, stuff)
    assert found.class_of[labels[8, 8, 8]] == 2


def test_small_and_flat_objects_are_left_out():
    thin = (slice(5, 7), slice(4, 30), slice(22, 40))
    volumes = [box(LEFT, thin)] * 3
    assert agreed(*volumes, ConsensusRules(min_extent=3))[0].count == 1
    assert agreed(*volumes, ConsensusRules(min_size=1000))[0].count == 1
    assert agreed(*volumes, ConsensusRules(min_size=10**6))[0].count == 0


def test_nothing_anywhere_is_no_object():
    found, labels = agreed(NOTHING, NOTHING, NOTHING)
    assert found.count == 0
    assert found.boxes.shape == (1, 6)
    assert not labels.any()


def test_blocks_that_were_never_counted_are_refused():
    consensus = Consensus(*(classes_of(box(LEFT)) for _ in range(3)))
    consensus.add(box(LEFT), box(LEFT), box(LEFT))
    consensus.solve()
    with pytest.raises(KeyError, match="never counted"):
        consensus.labels(box(LEFT), NOTHING, NOTHING)


def test_blocks_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        agreed(box(LEFT), box(LEFT)[1:], box(LEFT))
