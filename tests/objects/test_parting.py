from __future__ import annotations

import numpy as np
import pytest

from desktop_app.objects.parting import NeckParameters, part_at_necks
from tests.benchmarks.bench_split import balls, right, single

USUAL = 0.6 ** (1 / 3)


def parted(mask: np.ndarray, aspect: float = 1.0) -> np.ndarray:
    return part_at_necks(mask, NeckParameters(USUAL, sampling=(aspect, 1.0, 1.0)))


@pytest.mark.parametrize(("ratio", "aspect"), [(1, 1), (3, 1), (1, 5), (2, 5), (3, 5), (4, 3), (5, 2), (5, 3), (5, 5)])
def test_a_small_ball_is_parted_from_a_large_one_in_any_voxels(ratio: int, aspect: int) -> None:
    truth = balls(ratio, aspect, 0.3, 1)
    found = parted(truth > 0, aspect)
    assert right(found, truth)
    np.testing.assert_array_equal(found > 0, truth > 0)


@pytest.mark.parametrize("aspect", [1, 3, 5])
@pytest.mark.parametrize("length", [1.0, 3.0])
def test_a_rough_ellipsoid_stays_whole(length: float, aspect: int) -> None:
    assert parted(single(length, aspect, 0) > 0, aspect).max() == 1


@pytest.mark.parametrize("width", [1.5, 2.5, 4.0, 8.0])
def test_rings_stay_whole(width: float) -> None:
    rows, columns = np.ogrid[-45:46, -45:46]
    ring = np.abs(np.hypot(rows, columns) - 30) <= width / 2
    assert parted(ring[None]).max() == 1


def test_a_wide_neck_is_one_only_where_it_may_be() -> None:
    truth = balls(1, 1, 0.8, 0)
    assert part_at_necks(truth > 0, NeckParameters(0.9)).max() == 2
    assert part_at_necks(truth > 0, NeckParameters(0.6)).max() == 1
    assert part_at_necks(truth > 0, NeckParameters(0.9, least=4.0)).max() == 1
    assert part_at_necks(truth > 0, NeckParameters(0.9, apart=60.0)).max() == 1


def test_nothing_has_no_parts() -> None:
    assert not parted(np.zeros((3, 4, 5), bool), 4).any()


@pytest.mark.parametrize("sampling", [(5.0, 1.0, 1.0), (1.0, 1.0, 1.0), (5.0, 1.0, 3.0)])
@pytest.mark.parametrize("shape", [(4, 20, 20), (1, 20, 20)])
def test_a_box_that_fills_its_window_is_one_whole_part(
    shape: tuple[int, int, int], sampling: tuple[float, float, float]
) -> None:
    found = part_at_necks(np.ones(shape, bool), NeckParameters(0.5, sampling=sampling))
    np.testing.assert_array_equal(found, 1)
