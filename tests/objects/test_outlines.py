"""Surface and diameter do not depend on how a volume is cut, and stand up to an independent count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from desktop_app.core.imaging import Region
from desktop_app.objects.outlines import OutlineMeter, _furthest, _longest
from desktop_app.objects.slab_windows import with_neighbours

EDGES = (2.0, 1.0, 1.0)


def _blobs(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    labels = np.zeros((14, 20, 20), np.uint32)
    place = np.indices(labels.shape)
    for label in range(1, 6):
        center, radius = rng.uniform(0, labels.shape), rng.uniform(1.5, 5)
        distance = sum((p - c) ** 2 for p, c in zip(place, center, strict=True))
        labels[distance <= radius**2] = label
    return labels


def _measured(labels: np.ndarray, cuts: list[int]):
    meter = OutlineMeter(labels.shape, EDGES)
    slabs = [Region((a, 0, 0), (b, *labels.shape[1:])) for a, b in zip([0, *cuts], [*cuts, len(labels)], strict=True)]
    for slab, own, box in with_neighbours(((s, labels[s.slices]) for s in slabs), meter.wanted):
        assert np.array_equal(own, labels[slab.slices])
        assert np.array_equal(box, labels[meter.wanted(slab).slices])
        meter.add(slab, box)
    return meter.outlines()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sets(st.integers(1, 13), max_size=13))
def test_slabs_make_no_difference(seed: int, cuts: set[int]) -> None:
    labels = _blobs(seed)
    whole, pieces = _measured(labels, []), _measured(labels, sorted(cuts))
    assert whole.keys() == pieces.keys() == set(np.unique(labels)) - {0}
    for label, outline in whole.items():
        assert pieces[label].surface == pytest.approx(outline.surface, rel=1e-5)
        assert pieces[label].feret == pytest.approx(outline.feret, rel=5e-3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_the_longest_distance_is_found_among_all_points(seed: int, stretch: float) -> None:
    points = np.random.default_rng(seed).normal(size=(300, 3)) * (1, stretch, stretch * 2) + 1000
    assert _longest(_furthest(points)) == pytest.approx(pdist(points).max(), rel=1e-3)


def test_a_box_has_nearly_the_surface_of_a_box() -> None:
    labels = np.zeros((30, 30, 30), np.uint32)
    labels[5:25, 5:25, 5:25] = 7
    meter = OutlineMeter(labels.shape)
    meter.add(Region.whole(labels.shape), labels)
    assert meter.outlines()[7].surface == pytest.approx(6 * 20**2, rel=0.06)  # edges are rounded
    assert meter.outlines()[7].feret == pytest.approx(20 * np.sqrt(3), rel=0.06)


def test_what_is_thin_or_tiny_does_not_vanish() -> None:
    labels = np.zeros((12, 30, 30), np.uint32)
    labels[2, 2:28, 2:28], labels[6, 3:20, 3], labels[9, 9, 9] = 1, 2, 3
    meter = OutlineMeter(labels.shape)
    meter.add(Region.whole(labels.shape), labels)
    found = meter.outlines()
    assert found[1].surface == pytest.approx(2 * 26**2, rel=0.2)
    assert found[2].feret == pytest.approx(17, abs=1)
    assert found[3].surface > 1


def test_objects_that_touch_do_not_change_each_other() -> None:
    labels = np.zeros((12, 20, 20), np.uint32)
    labels[3:9, 3:9, 3:9] = 1
    alone = _measured(labels, [])[1]
    labels[3:9, 3:9, 9:15] = 2
    assert _measured(labels, [])[1] == alone


@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (1.75, 0.8, 0.8), (4.0, 1.0, 1.0)])
def test_balls_are_round_however_far_slices_are_apart(edges: tuple[float, float, float]) -> None:
    radius = max(8.3, 4.1 * edges[0])
    counts = [int(2 * radius / edge) + 9 for edge in edges]
    places = np.meshgrid(*((np.arange(n) - n / 2 + 0.2) * e for n, e in zip(counts, edges, strict=True)), indexing="ij")
    ball = sum(place**2 for place in places) <= radius**2
    meter = OutlineMeter(ball.shape, edges)
    meter.add(Region.whole(ball.shape), ball.astype(np.uint32))
    found = meter.outlines()[1]
    volume = ball.sum() * np.prod(edges)
    assert np.pi ** (1 / 3) * (6 * volume) ** (2 / 3) / found.surface == pytest.approx(1.0, abs=0.02)
    assert found.feret == pytest.approx(2 * radius, abs=max(edges[1], 0.04 * 2 * radius))
