"""The smallest object, from slices to volumes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticTraining
from desktop_app.ml.recipes.base import Case, Task
from desktop_app.ml.recipes.panoptic.calibration import calibrated_panoptic, smallest_volume
from tests.ml.recipes.panoptic.decoding.test_decode import card, maps_of

TASK = Task("objects", ("Mito",), (1,), PanopticTraining(), 2)


@given(st.integers(1, 10**6), st.integers(0, 50), st.floats(0.1, 50))
def test_a_volume_has_never_fewer_voxels_than_its_largest_slice(area: int, extent: int, anisotropy: float) -> None:
    size = smallest_volume(area, extent, anisotropy)
    assert area <= size <= max(area, area * extent)


def test_a_ball_that_is_just_long_enough_is_kept() -> None:
    z, y, x = np.mgrid[-10:11, -10:11, -10:11]
    ball = z**2 + y**2 + x**2 <= 100
    assert 0.9 * ball.sum() < smallest_volume(int(ball[10].sum()), 21, 1.0) <= ball.sum()
    thick = ball[::5]
    assert 0.8 * thick.sum() < smallest_volume(int(thick[2].sum()), 21, 5.0) <= thick.sum()


@pytest.mark.parametrize(("thickness", "voxels"), [(1.0, 600), (10.0, 200)])
@pytest.mark.parametrize("images", [0, 1])
def test_what_slices_teach_of_sizes_is_told_to_volumes(thickness: float, voxels: int, images: int) -> None:
    labels = np.zeros((1, 64, 64), np.uint32)
    labels[0, 8:40, 8:40] = 1
    cases = [Case(maps_of(labels, "slice"), labels)] * images
    size = VoxelSize(z=thickness, y=1, x=1, unit="nm", known=True)
    model = card().model_copy(update={"decode": {"min_area": 200, "min_extent": 5}, "voxel_size": size})
    found: dict[str, Any] = calibrated_panoptic(cases, TASK, model, RecordingContext())
    assert (found["min_area"], found["min_size"]) == (200, voxels)
    assert PanopticDecode.model_validate(found).min_extent == 5
