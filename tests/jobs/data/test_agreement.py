"""Two layers of any size are compared slab by slab, with the same scores."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.imaging import region as imaging_region
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.labelling.layers import BoxLabels
from desktop_app.jobs.data.agreement import THRESHOLDS, compare_labels, match_rows, together
from desktop_app.objects.agreement import object_scores
from desktop_app.objects.matching import VALUES, ErrorLabels, Outcome

TRUTH = nuclei_phantom(PhantomParameters(shape=(12, 48, 48), nuclei=10), seed=1).truth.astype(np.uint32)
FOUND = np.roll(np.where(TRUTH == 3, 0, TRUTH), 1, axis=2)


def _layer(labels: np.ndarray) -> BoxLabels:
    return BoxLabels(labels.shape, Region.whole(labels.shape), labels)


def test_slabs_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compare_labels(_layer(FOUND), _layer(TRUTH), RecordingContext())
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", 48 * 48 * 4)
    assert compare_labels(_layer(FOUND), _layer(TRUTH), RecordingContext()) == whole
    assert whole.objects.panoptic_quality == pytest.approx(object_scores(FOUND, TRUTH).panoptic_quality)
    assert [at.tp for at in whole.at] == [object_scores(FOUND, TRUTH, t).tp for t in THRESHOLDS]


def test_average_precision_is_the_mean_of_the_thresholds() -> None:
    found = compare_labels(_layer(FOUND), _layer(TRUTH), RecordingContext())
    by_hand = [s.tp / (s.tp + s.fp + s.fn) for s in (object_scores(FOUND, TRUTH, t) for t in THRESHOLDS)]
    assert found.average_precision == pytest.approx(np.mean(by_hand))


def test_rows_know_where_their_object_is() -> None:
    rows = match_rows(compare_labels(_layer(FOUND), _layer(TRUTH), RecordingContext()), "a")
    missed = next(row for row in rows if row["true_id"] == 3)
    assert (missed["image"], missed["outcome"], missed["predicted_voxels"]) == ("a", "missed", None)
    z, y, x = (np.mean(axis) for axis in np.nonzero(TRUTH == 3))
    assert [missed[f"centroid_{axis}"] for axis in "zyx"] == pytest.approx([z, y, x], abs=0.06)


def test_classes_are_compared_class_by_class() -> None:
    first = np.array([[[1, 1, 2, 2, 0]]], np.uint32)
    second = np.array([[[1, 2, 2, 2, 3]]], np.uint32)
    found = compare_labels(_layer(first), _layer(second), RecordingContext(), by_class=True)
    assert {value: scores.dice for value, scores in found.classes.items()} == pytest.approx({1: 2 / 3, 2: 0.8, 3: 0})
    assert found.matches == ()


def test_islands_of_a_mask_are_its_objects() -> None:
    true = np.zeros((1, 6, 12), np.uint32)
    true[0, 1:4, 1:4], true[0, 1:4, 6:9] = 1, 2
    whole = np.where(true > 0, 255, 0).astype(np.uint32)
    for first, second in ((whole, true), (true, whole), (whole, whole)):
        found = compare_labels(_layer(first), _layer(second), RecordingContext())
        assert (found.objects.tp, found.objects.fp, found.objects.fn, len(found.matches)) == (2, 0, 0, 2)
        layers = [of or _layer(own) for of, own in zip(found.islands, (first, second), strict=True)]
        errors = ErrorLabels(*layers, found.matches).read(Region.whole(true.shape))
        assert set(errors[true > 0].tolist()) == {VALUES[Outcome.RIGHT]}


def test_objects_of_several_images_are_counted_together() -> None:
    first = compare_labels(_layer(FOUND), _layer(TRUTH), RecordingContext())
    second = compare_labels(_layer(TRUTH), _layer(TRUTH), RecordingContext())
    both = together([first.at, second.at])
    assert both[0].tp == first.at[0].tp + second.at[0].tp
    assert len(both) == len(THRESHOLDS)


def test_it_can_be_stopped() -> None:
    with pytest.raises(JobCancelled):
        compare_labels(_layer(FOUND), _layer(TRUTH), RecordingContext(cancel_after=0))
