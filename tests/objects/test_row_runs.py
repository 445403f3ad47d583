from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects.row_runs import RowRuns

LABELS = hnp.arrays(np.uint16, st.tuples(*[st.integers(0, 5)] * 3), elements=st.integers(0, 2))


@given(LABELS)
def test_runs_are_the_voxels_again_and_none_goes_on_in_the_next_row(labels):
    runs = RowRuns.of(labels)
    assert np.repeat(runs.values, runs.lengths).tolist() == labels.reshape(-1).tolist()
    assert runs.begins.tolist() == (np.cumsum(runs.lengths) - runs.lengths).tolist()
    if labels.size:
        width = labels.shape[-1]
        assert (runs.begins // width == (runs.begins + runs.lengths - 1) // width).all()
        assert set(range(0, labels.size, width)) <= set(runs.begins.tolist())


def test_solid_runs_are_those_of_objects_as_long_as_they_are():
    runs = RowRuns.of(np.array([[0, 3, 3, 0], [3, 1, 1, 1]], np.uint8)).solid()
    assert (runs.begins.tolist(), runs.lengths.tolist(), runs.values.tolist()) == ([1, 4, 5], [2, 1, 3], [3, 3, 1])
