from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.objects.panoptic.runs import SliceRuns, areas_and_boxes, overlaps

LABELS = hnp.arrays(
    np.uint32, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12), elements=st.integers(0, 3)
)
INTERVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda p: (p[0], p[0] + p[1])), max_size=12)


@settings(deadline=None)
@given(LABELS)
def test_painting_undoes_encoding(labels: np.ndarray):
    runs = SliceRuns.encode(labels)
    np.testing.assert_array_equal(runs.paint(), labels)
    assert runs.lengths.sum() == (labels > 0).sum()


@settings(deadline=None)
@given(LABELS, st.data())
def test_any_window_and_any_new_numbers_can_be_painted(labels: np.ndarray, data: st.DataObject):
    rows = slice(*sorted(data.draw(st.integers(0, labels.shape[0])) for _ in range(2)))
    columns = slice(*sorted(data.draw(st.integers(0, labels.shape[1])) for _ in range(2)))
    lut = np.array([0, 7, 0, 70_000], np.uint32)
    painted = SliceRuns.encode(labels).paint(lut, rows, columns)
    np.testing.assert_array_equal(painted, lut[labels][rows, columns])


def test_a_run_ends_with_its_row():
    runs = SliceRuns.encode(np.full((3, 5), 4, np.uint32))
    assert runs.rows.tolist() == [0, 1, 2]
    assert runs.starts.tolist() == [0, 0, 0]
    assert runs.stops.tolist() == [5, 5, 5]


def test_an_empty_slice_has_no_runs():
    for shape in ((0, 4), (4, 0), (3, 3)):
        runs = SliceRuns.encode(np.zeros(shape, np.uint32))
        assert runs.nbytes == 0
        assert runs.paint().shape == shape


@settings(deadline=None)
@given(LABELS, st.integers(0, 1000))
def test_shared_pixels_are_those_of_the_dense_count(labels: np.ndarray, seed: int):
    other = np.random.default_rng(seed).integers(0, 4, labels.shape).astype(np.uint32)
    table = overlaps(SliceRuns.encode(labels), SliceRuns.encode(other))
    found = {(int(a), int(b)): int(n) for a, b, n in zip(table.left, table.right, table.shared, strict=True)}
    wanted = {(a, b): int(((labels == a) & (other == b)).sum()) for a in (1, 2, 3) for b in (1, 2, 3)}
    assert found == {pair: n for pair, n in wanted.items() if n}


@settings(deadline=None)
@given(LABELS)
def test_areas_and_boxes_are_those_of_the_pixels(labels: np.ndarray):
    areas, boxes = areas_and_boxes(SliceRuns.encode(labels), 3)
    for name in (1, 2, 3):
        where = np.argwhere(labels == name)
        assert areas[name] == len(where)
        assert boxes[name].tolist() == ([*where.min(0), *(where.max(0) + 1)] if len(where) else [0, 0, 0, 0])
