from __future__ import annotations

import numpy as np
import pytest

from desktop_app.objects.panoptic.tables import Filter, least_extents


@pytest.mark.parametrize(
    ("extent", "edges", "shape", "least"),
    [
        (5, (1, 1, 1), (64, 64, 64), (5, 5, 5)),
        (5, (47, 4.6, 4.6), (14, 1024, 1024), (1, 5, 5)),
        (8, (2, 1, 1), (64, 64, 64), (4, 8, 8)),
        (5, (1, 1, 1), (3, 64, 64), (0, 5, 5)),
        (0, (47, 4.6, 4.6), (14, 64, 64), (0, 0, 0)),
    ],
)
def test_extents_are_the_same_length_along_all_axes(extent, edges, shape, least):
    assert least_extents(extent, edges, shape) == least


def test_objects_are_judged_along_each_axis():
    boxes = np.array([[0, 0, 0, 2, 9, 9], [0, 0, 0, 9, 3, 9], [0, 0, 0, 1, 9, 9]])
    assert Filter(0, (2, 4, 4)).keep(np.full(3, 99), boxes).tolist() == [True, False, False]
    assert Filter(0, 3).keep(np.full(3, 99), boxes).tolist() == [False, True, False]
