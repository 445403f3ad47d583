"""Counting part by part is counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from desktop_app.objects.panoptic import slices
from desktop_app.objects.panoptic.slices import loose_fragments, occurrences, stretches


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
