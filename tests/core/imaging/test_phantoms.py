"""Made-up nuclei look like nuclei, and their truth is the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom

SMALL = PhantomParameters(shape=(16, 64, 64), nuclei=16, radius=7)


def test_same_seed_same_volume_other_seed_another() -> None:
    first, again, other = nuclei_phantom(SMALL, seed=4), nuclei_phantom(SMALL, seed=4), nuclei_phantom(SMALL, seed=5)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.truth, again.truth)
    assert not np.array_equal(first.truth, other.truth)


def test_image_and_truth_have_the_shape_and_type_asked_for() -> None:
    phantom = nuclei_phantom(SMALL, seed=1)
    assert phantom.image.shape == phantom.truth.shape == (16, 64, 64)
    assert phantom.image.dtype == phantom.truth.dtype == np.uint16
    assert phantom.voxel_size == SMALL.voxel_size


def test_numbers_of_nuclei_have_no_gaps() -> None:
    truth = nuclei_phantom(PhantomParameters(shape=(16, 64, 64), nuclei=60, radius=7), seed=2).truth
    assert np.unique(truth).tolist() == list(range(int(truth.max()) + 1))


def test_nuclei_are_brighter_than_the_background() -> None:
    phantom = nuclei_phantom(SMALL, seed=3)
    inside, outside = phantom.image[phantom.truth > 0], phantom.image[phantom.truth == 0]
    assert np.median(inside) > np.percentile(outside, 75)


def test_many_nuclei_touch_when_asked_and_none_merge_otherwise() -> None:
    apart = PhantomParameters(shape=(16, 128, 128), nuclei=14, radius=6, touching=0.0)
    leaning = PhantomParameters(shape=(16, 128, 128), nuclei=14, radius=6, touching=1.0)
    islands = [
        ndimage.label(truth > 0)[1] / truth.max()
        for truth in (nuclei_phantom(apart, seed=6).truth, nuclei_phantom(leaning, seed=6).truth)
    ]
    assert islands[1] < 0.6 < islands[0]


def test_thick_slices_make_nuclei_span_fewer_of_them() -> None:
    truth = nuclei_phantom(PhantomParameters(shape=(40, 96, 96), nuclei=12, radius=10), seed=8).truth
    boxes = ndimage.find_objects(truth)
    heights = [box[0].stop - box[0].start for box in boxes]
    widths = [box[2].stop - box[2].start for box in boxes]
    assert np.median(widths) / np.median(heights) == pytest.approx(2.0, rel=0.3)


def test_one_slice_makes_a_picture_full_of_nuclei() -> None:
    phantom = nuclei_phantom(PhantomParameters(shape=(1, 96, 96), nuclei=12, radius=8), seed=9)
    assert phantom.truth.max() >= 8
    assert 0.1 < (phantom.truth > 0).mean() < 0.7
