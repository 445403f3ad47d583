"""Islands of classes do not depend on slabs."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region
from desktop_app.objects.class_islands import ClassIslands
from desktop_app.objects.components import connected_objects

LABELS = hnp.arrays(np.uint8, (6, 5, 4), elements=st.sampled_from([0, 0, 1, 2, 200]))


@settings(max_examples=50, deadline=None)
@given(LABELS, st.sets(st.integers(1, 5), max_size=5))
def test_each_island_of_a_class_is_an_object(labels: np.ndarray, cuts: set[int]) -> None:
    ends = [0, *sorted(cuts), 6]
    slabs = [Region((a, 0, 0), (b, 5, 4)) for a, b in itertools.pairwise(ends)]
    islands = ClassIslands(lambda box: labels[box.slices], slabs, lambda: None, whole=(200,))
    found = np.concatenate(list(islands.numbered()))
    wanted = connected_objects(np.where(labels == 200, 0, labels).astype(np.uint8))
    wanted[labels == 200] = wanted.max() + 1
    assert len(np.unique(np.stack([found.ravel(), wanted.ravel()]), axis=1).T) == len(np.unique(wanted))
    assert {i: int(labels[found == i][0]) for i in islands.class_of} == islands.class_of
    assert set(islands.class_of) == set(np.unique(found).tolist()) - {0}
