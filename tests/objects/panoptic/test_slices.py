from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desktop_app.objects.panoptic import slices
from desktop_app.objects.panoptic.slices import (
    SliceRules,
    decode_slice,
    loose_fragments,
    merge_classes,
    occurrences,
    stretches,
)
from tests.objects.panoptic.compare import best_iou, same_objects
from tests.objects.panoptic.ideal import IdealMaps, ellipsoids, ideal_maps


def decoded(maps: IdealMaps, rules: SliceRules | None = None):
    return decode_slice(maps.classes, maps.heatmap, maps.offsets, maps.step, 1.0, rules or SliceRules())


def test_fine_maps_give_the_very_objects():
    truth = ellipsoids((1, 200, 240), 40, (6, 16))[0]
    found = decoded(ideal_maps(truth, step=1))
    assert found.count == truth.max()
    assert same_objects(truth, found.labels)


@pytest.mark.parametrize("seed", range(4))
def test_rims_of_the_coarse_grid_belong_to_their_objects(seed: int):
    truth = ellipsoids((1, 256, 256), 60, (7, 16), seed)[0]
    found = decoded(ideal_maps(truth))
    assert found.count == truth.max()
    assert same_objects(truth, found.labels, 0.75)
    assert np.mean([*best_iou(truth, found.labels).values()]) > 0.98


def test_objects_too_small_for_the_grid_are_found_by_their_own_cell():
    truth = np.zeros((32, 32), np.uint32)
    truth[5:8, 9:12] = 1
    truth[20:28, 20:28] = 2
    found = decoded(ideal_maps(truth))
    assert same_objects(truth, found.labels)


def test_without_a_centre_each_island_is_an_object():
    truth = ellipsoids((1, 64, 64), 4, (6, 9), touching=False)[0]
    maps = ideal_maps(truth)
    found = decoded(maps, SliceRules(centre_threshold=2.0))
    assert same_objects(truth, found.labels)
    nothing = decode_slice(np.zeros((64, 64), np.uint8), maps.heatmap, maps.offsets, 4, 1.0, SliceRules())
    assert nothing.count == 0
    assert not nothing.labels.any()


def test_an_island_of_another_class_keeps_its_class_though_its_centre_is_missing():
    truth = np.zeros((48, 96), np.uint32)
    truth[8:40, 4:40], truth[16:24, 80:90] = 1, 2
    maps = ideal_maps(truth, class_of=np.array([0, 1, 2], np.uint8))
    maps.heatmap[:, 16:] = 0
    found = decoded(maps, SliceRules(things=(1, 2)))
    np.testing.assert_array_equal(found.class_of[found.labels], truth)


def test_maps_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match="at least 5 x 5"):
        decode_slice(np.ones((17, 17), np.uint8), np.ones((4, 5)), np.zeros((2, 4, 5)), 4, 1.0, SliceRules())


def test_more_than_65535_objects_keep_their_own_numbers():
    truth = np.arange(1, 66_050, dtype=np.uint32)
    ids = np.zeros((1, 2 * truth.size), np.uint32)
    ids[0, ::2] = truth
    found = merge_classes(ids, (ids > 0).astype(np.uint8), SliceRules())
    assert found.count == truth.size
    assert len(np.unique(found.labels)) == truth.size + 1


def test_a_centre_with_two_islands_gives_two_objects():
    ids = np.zeros((6, 12), np.uint32)
    ids[1:3, 1:4] = ids[4, 8:11] = 7
    found = merge_classes(ids, (ids > 0).astype(np.uint8), SliceRules())
    assert found.class_of.tolist() == [0, 1, 1]
    assert found.labels[1, 1] != found.labels[4, 8]


def test_each_object_takes_the_class_of_most_of_its_pixels():
    ids = np.zeros((8, 8), np.uint32)
    ids[:4, :4], ids[4:, 4:] = 1, 2
    classes = np.where(ids == 1, 2, np.where(ids == 2, 1, 0)).astype(np.uint8)
    classes[0, 0], classes[7, 7] = 1, 2
    found = merge_classes(ids, classes, SliceRules(things=(1, 2)))
    assert found.class_of[found.labels[0, 0]] == found.class_of[found.labels[3, 3]] == 2
    assert found.class_of[found.labels[7, 7]] == 1
    assert found.count == 2


def test_things_of_several_classes_and_stuff_live_in_one_slice():
    truth = ellipsoids((1, 160, 160), 20, (6, 12), touching=False)[0]
    kinds = np.array([0, *(1 + n % 2 for n in range(truth.max()))], np.uint8)
    maps = ideal_maps(truth, class_of=kinds)
    classes = np.where(maps.classes > 0, maps.classes, np.uint8(3))
    classes[:10] = np.where(maps.classes[:10] > 0, maps.classes[:10], np.uint8(0))
    found = decode_slice(classes, maps.heatmap, maps.offsets, 4, 1.0, SliceRules(things=(1, 2)))
    assert found.class_of.tolist().count(3) == 1
    np.testing.assert_array_equal(found.class_of[found.labels], classes)
    things = np.where(found.class_of[found.labels] < 3, found.labels, 0)
    assert same_objects(truth, things, 0.9)


def test_small_regions_of_stuff_are_left_out():
    classes = np.zeros((10, 10), np.uint8)
    classes[0, :7], classes[5] = 2, 3
    none = np.zeros((3, 3), np.float32)
    found = decode_slice(classes, none, np.zeros((2, 3, 3), np.float32), 4, 1.0, SliceRules(stuff_min=8))
    assert found.class_of.tolist() == [0, 3]
    assert (found.labels > 0).sum() == 10


def test_semantic_only_gives_one_region_per_class():
    truth = ellipsoids((1, 96, 96), 12, (6, 10))[0]
    maps = ideal_maps(truth)
    found = decoded(maps, SliceRules(semantic_only=True))
    assert found.class_of.tolist() == [0, 1]
    np.testing.assert_array_equal(found.labels > 0, truth > 0)


def test_filling_holes_never_covers_a_neighbour():
    ring = np.zeros((40, 40), np.uint32)
    ring[4:24, 4:24] = 1
    ring[8:20, 8:20] = 0
    ring[10:12, 30:32] = 2
    ring[28:36, 4:24] = 3
    ring[30:34, 8:20] = 4
    ring[31, 3:20] = 0
    classes = (ring > 0).astype(np.uint8)
    filled = merge_classes(ring, classes, SliceRules(fill_holes=True))
    plain = merge_classes(ring, classes, SliceRules())
    assert (filled.labels[8:20, 8:20] == filled.labels[4, 4]).all()
    np.testing.assert_array_equal(filled.labels[plain.labels > 0], plain.labels[plain.labels > 0])


def test_an_image_made_smaller_for_the_network_gives_the_same_objects():
    truth = ellipsoids((1, 256, 256), 25, (14, 30))[0]
    maps = ideal_maps(truth[::2, ::2])
    found = decode_slice((truth > 0).astype(np.uint8), maps.heatmap, maps.offsets, 8, 2.0, SliceRules())
    assert found.count == truth.max()
    assert same_objects(truth, found.labels, 0.85)


def test_maps_padded_for_the_network_are_cut():
    truth = ellipsoids((1, 90, 122), 14, (6, 12))[0]
    padded = np.zeros((128, 128), np.uint32)
    padded[:90, :122] = truth
    maps = ideal_maps(padded)
    found = decode_slice((truth > 0).astype(np.uint8), maps.heatmap, maps.offsets, 4, 1.0, SliceRules())
    assert found.labels.shape == truth.shape
    assert same_objects(truth, found.labels, 0.8)


@pytest.mark.parametrize("seed", range(3))
def test_the_fine_grid_made_of_coarse_maps_leaves_no_scraps(seed: int):
    truth = ellipsoids((1, 256, 256), 60, (7, 16), seed)[0]
    maps = ideal_maps(truth)
    maps = IdealMaps(maps.classes, maps.heatmap, _filled(maps.offsets, truth[::4, ::4]), 4)
    found = decoded(maps, SliceRules(fine=True))
    assert found.count == truth.max()
    assert np.mean([*best_iou(truth, found.labels).values()]) > 0.95


def _filled(offsets: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Offsets that go on smoothly outside the objects, as those of a trained network do."""
    from scipy import ndimage

    near = ndimage.distance_transform_edt(cells == 0, return_distances=False, return_indices=True)
    moved = near - np.indices(cells.shape)
    return (offsets[:, near[0], near[1]] + 4 * moved).astype(np.float32)


@given(
    arrays(np.uint32, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=st.integers(0, 6)), st.integers(1, 99)
)
def test_parts_add_up(values: np.ndarray, pixels: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "_PIXELS", pixels)
        assert occurrences(values, 7).tolist() == np.bincount(values.reshape(-1), minlength=7).tolist()
        parts = [values.reshape(-1)[part] for part in stretches(values.size)]
        assert sum(len(part) for part in parts) == values.size
        assert all(0 < len(part) <= pixels for part in parts)


@given(arrays(np.uint32, (8, 9), elements=st.integers(0, 3)), st.integers(1, 80))
def test_scraps_do_not_depend_on_the_parts(ids: np.ndarray, pixels: int) -> None:
    whole = loose_fragments(ids, 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "_PIXELS", pixels)
        assert loose_fragments(ids, 4).tolist() == whole.tolist()
