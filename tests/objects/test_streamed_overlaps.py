from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects import streamed_overlaps
from desktop_app.objects.agreement import find_overlaps, scores_at, voxel_scores
from desktop_app.objects.streamed_overlaps import OverlapCounter

ARRAYS = hnp.arrays(np.uint32, (4, 4, 4), elements=st.sampled_from([0, 1, 2, 3, 70_000, 2**32 - 1]))


@pytest.mark.parametrize("dense", [20_000_000, 0])
@given(first=ARRAYS, second=ARRAYS, cut=st.integers(0, 4))
def test_blocks_count_as_the_whole(first: np.ndarray, second: np.ndarray, cut: int, dense: int) -> None:
    counter = OverlapCounter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed_overlaps, "_DENSE_LIMIT", dense)
        for block in (np.s_[:cut], np.s_[cut:]):
            counter.add(first[block], second[block])
    assert scores_at(counter.overlaps(), 0.5) == scores_at(find_overlaps(first, second), 0.5)
    assert counter.voxels() == voxel_scores(first, second)


def test_classes_agree_where_they_are_equal() -> None:
    counter = OverlapCounter()
    counter.add(np.array([1, 1, 2, 0], np.uint32), np.array([1, 2, 2, 2], np.uint32))
    assert counter.voxels(by_class=True).dice == pytest.approx(2 * 2 / 7)
    assert counter.voxels().dice == pytest.approx(2 * 3 / 7)


def test_nothing_is_no_agreement() -> None:
    counter = OverlapCounter()
    counter.add(np.zeros((2, 2), np.uint32), np.zeros((2, 2), np.uint32))
    assert counter.voxels().dice is None
    assert counter.overlaps().n_truth == 0
    assert scores_at(OverlapCounter().overlaps(), 0.5).f1 is None


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        OverlapCounter().add(np.zeros((2, 2), np.uint32), np.zeros((2, 3), np.uint32))
