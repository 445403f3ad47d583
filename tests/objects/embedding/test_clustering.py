from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.objects.embedding.clustering import ClusterRules, clustered
from desktop_app.objects.embedding.field import EmbeddingField
from tests.objects.embedding.fields import counts, ideal_field, plainly_clustered
from tests.objects.panoptic.ideal import ellipsoids

RULES = ClusterRules(min_size=3)


def same_objects(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two label images show the same objects, however numbered."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return pairs.shape[1] == len(np.unique(one)) == len(np.unique(other)) and bool(((one > 0) == (other > 0)).all())


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), flat=st.booleans(), thick=st.floats(1, 4))
def test_clean_fields_give_the_objects_that_made_them(seed: int, flat: bool, thick: float) -> None:
    shape = (1, 48, 48) if flat else (12, 40, 40)
    true = ellipsoids(shape, 12, (3.0, 7.0), seed)
    field = ideal_field(true, aspect=(thick, 1.0, 1.0), axes=2 if flat else 3)
    sizes = np.bincount(true.ravel())
    known = np.where(sizes[true] > RULES.min_size, true, 0)
    found = clustered(field, RULES)
    assert counts(found, known)[1:] == (0, 0)
    assert same_objects(found, plainly_clustered(field, RULES))


@pytest.mark.parametrize("noise", [0.05, 0.15, 0.25])
def test_noise_costs_no_more_objects_than_with_the_published_rule(noise: float) -> None:
    true = ellipsoids((24, 96, 96), 40, (5.0, 10.0), 3)
    field = ideal_field(true, noise=noise)
    found, plain = (counts(rule(field, ClusterRules()), true) for rule in (clustered, plainly_clustered))
    assert found[0] >= plain[0]
    assert found[1] + found[2] <= plain[1] + plain[2]
    assert found[0] >= 0.95 * true.max()


def test_without_centring_it_is_the_published_rule_to_the_voxel() -> None:
    field = ideal_field(ellipsoids((10, 50, 50), 20, (3.0, 6.0)), noise=0.15)
    rules = replace(RULES, centring=0)
    assert np.array_equal(clustered(field, rules), plainly_clustered(field, rules))


def test_embeddings_far_outside_the_image_are_still_found_together() -> None:
    field = EmbeddingField(
        np.full((1, 4, 4), 0.95, np.float32),
        np.full((2, 1, 4, 4), -1e6, np.float32),
        np.full((2, 1, 4, 4), 50.0, np.float32),
    )
    assert clustered(field, RULES).max() == 1


def test_nothing_above_the_threshold_gives_nothing() -> None:
    true = ellipsoids((6, 30, 30), 4, (3.0, 5.0))
    field = ideal_field(true)
    empty = replace(field, seeds=np.zeros_like(field.seeds))
    assert not clustered(empty, RULES).any()
    assert not clustered(field, replace(RULES, seed_threshold=1.1)).any()
    assert not clustered(field, replace(RULES, min_foreground=true.size)).any()
    assert not clustered(field, replace(RULES, min_left=true.size)).any()


def test_small_objects_are_left_out_unless_the_image_goes_on_behind_them() -> None:
    true = np.zeros((1, 20, 20), np.uint32)
    true[0, 8:12, 0:2], true[0, 8:12, 10:12] = 1, 2
    field, rules = ideal_field(true, axes=2), ClusterRules(min_size=8)
    assert not clustered(field, rules).any()
    left_open = np.zeros((3, 2), bool)
    left_open[2, 0] = True
    assert np.array_equal(clustered(field, rules, left_open) > 0, true == 1)


def test_a_wider_reach_takes_rims_that_small_radii_leave_out() -> None:
    true = ellipsoids((12, 60, 60), 8, (5.0, 8.0), touching=False)
    field = ideal_field(true)
    noisy = replace(field, offsets=0.25 * field.offsets, radii=0.6 * field.radii)
    rules = ClusterRules(min_size=0, seed_threshold=0.5)
    assert counts(clustered(noisy, rules), true)[1] > 0
    assert counts(clustered(noisy, replace(rules, reach=1.4)), true) == (int(true.max()), 0, 0)


def test_a_single_voxel_can_be_an_object() -> None:
    true = np.zeros((3, 9, 9), np.uint32)
    true[1, 4, 4] = 1
    assert np.array_equal(clustered(ideal_field(true), ClusterRules(min_size=0)), true)


def test_more_objects_than_sixteen_bits_can_count() -> None:
    true = np.zeros((1, 514, 514), np.uint32)
    count = true[0, ::2, ::2].size
    true[0, ::2, ::2] = np.arange(1, count + 1).reshape(257, 257)
    field = EmbeddingField(
        (true > 0).astype(np.float32),
        np.zeros((2, *true.shape), np.float32),
        np.full((2, *true.shape), 0.5, np.float32),
    )
    found = clustered(field, ClusterRules(min_size=0))
    assert found.dtype == np.uint32
    assert len(np.unique(found)) == count + 1
