"""What became of each object, by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.layers import BoxLabels
from desktop_app.objects.agreement import scores_at
from desktop_app.objects.matching import VALUES, ErrorLabels, Match, Outcome, matches
from desktop_app.objects.streamed_overlaps import OverlapCounter


def _matches(predicted: np.ndarray, truth: np.ndarray, iou: float = 0.5) -> list[Match]:
    counter = OverlapCounter()
    counter.add(predicted, truth)
    return matches(*counter.pairs(), counter.overlaps(), iou)


def _row(*stretches: tuple[int, int, int]) -> np.ndarray:
    labels = np.zeros((1, 1, 60), np.uint32)
    for label, start, stop in stretches:
        labels[0, 0, start:stop] = label
    return labels


TRUTH = _row((1, 0, 10), (2, 12, 20), (3, 20, 28), (4, 30, 40), (5, 45, 50))
FOUND = _row((7, 1, 10), (8, 12, 28), (9, 30, 34), (6, 34, 38), (11, 52, 58))


def test_every_kind_of_error_is_told() -> None:
    found = {(m.of_truth, m.truth, m.predicted): m.outcome for m in _matches(FOUND, TRUTH, 0.6)}
    assert found == {
        (True, 1, 7): Outcome.RIGHT,
        (True, 2, 8): Outcome.MERGED,
        (True, 3, 8): Outcome.MERGED,
        (True, 4, 9): Outcome.SPLIT,
        (True, 5, 0): Outcome.MISSED,
        (False, 4, 6): Outcome.SPLIT,
        (False, 4, 9): Outcome.SPLIT,
        (False, 0, 11): Outcome.EXTRA,
    }


def test_sizes_and_overlap_stand_beside_it() -> None:
    first = _matches(FOUND, TRUTH)[0]
    assert (first.truth, first.predicted, first.iou, first.true_voxels, first.predicted_voxels) == (1, 7, 0.9, 10, 9)


def test_a_merger_that_has_a_partner_still_tells_the_other() -> None:
    truth, found = _row((1, 0, 20), (2, 20, 26)), _row((5, 0, 26))
    assert [(m.truth, m.outcome) for m in _matches(found, truth)] == [(1, Outcome.RIGHT), (2, Outcome.MERGED)]


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(np.uint32, (3, 5, 5), elements=st.integers(0, 4)),
    hnp.arrays(np.uint32, (3, 5, 5), elements=st.integers(0, 4)),
    st.sampled_from([0.3, 0.5, 0.75]),
)
def test_every_object_is_told_once_and_partners_are_those_of_the_scores(found, truth, iou) -> None:
    counter = OverlapCounter()
    counter.add(found, truth)
    told, scores = _matches(found, truth, iou), scores_at(counter.overlaps(), iou)
    assert [m.truth for m in told if m.of_truth] == np.unique(truth[truth > 0]).tolist()
    alone = [m.predicted for m in told if not m.of_truth]
    assert len(alone) == len(set(alone))
    right = [m for m in told if m.outcome is Outcome.RIGHT]
    assert (len(right), sum(m.of_truth and m.outcome is not Outcome.RIGHT for m in told)) == (scores.tp, scores.fn)
    assert set(alone).isdisjoint(m.predicted for m in right)
    takers = {m.predicted for m in told if m.outcome is Outcome.MERGED}
    assert set(np.unique(found[found > 0]).tolist()) <= {*alone, *takers, *(m.predicted for m in right)} | {
        m.predicted for m in told
    }


def test_the_layer_shows_the_fate_of_the_true_object_first() -> None:
    whole = Region.whole(TRUTH.shape)
    layers = (BoxLabels(TRUTH.shape, whole, labels) for labels in (FOUND, TRUTH))
    seen = ErrorLabels(*layers, tuple(_matches(FOUND, TRUTH, 0.6))).read(whole)[0, 0]
    expected = {0: Outcome.RIGHT, 15: Outcome.MERGED, 32: Outcome.SPLIT, 47: Outcome.MISSED, 55: Outcome.EXTRA}
    assert {place: int(seen[place]) for place in expected} == {place: VALUES[o] for place, o in expected.items()}
    assert seen[11] == seen[59] == 0
