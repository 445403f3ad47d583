from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging import Region, region
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.objects.accepting import Acceptance, accepted_changes
from desktop_app.objects.operations.carrying_out import edit_of

SHAPE = (6, 8, 10)


@pytest.fixture
def labels() -> ArrayLabelStore:
    found = np.zeros(SHAPE, np.uint32)
    found[:, :2, :2] = 4
    return ArrayLabelStore(found)


@pytest.fixture
def layer() -> ArrayLabelStore:
    found = np.zeros(SHAPE, np.uint32)
    found[:, 1:4, 1:4] = 7
    found[2:, 5:, 5:] = 70_000
    return ArrayLabelStore(found)


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slices a slab, so that objects go through several."""
    monkeypatch.setattr(region, "_SLAB_BYTES", 2 * SHAPE[1] * SHAPE[2] * 4)


def accept(labels: ArrayLabelStore, layer: ArrayLabelStore, what: Acceptance) -> np.ndarray:
    before = labels.array.copy()
    edit = edit_of(accepted_changes(labels, layer, what), labels, "Accept")
    after = labels.array.copy()
    if edit is not None:
        edit.revert(labels)
    np.testing.assert_array_equal(labels.array, before, "undo brings all back")
    return after


def test_all_objects_get_free_numbers_and_what_is_there_stays(labels: ArrayLabelStore, layer: ArrayLabelStore) -> None:
    after = accept(labels, layer, Acceptance(free=FreeNumbers(5)))
    assert (after[:, :2, :2] == 4).all()
    assert set(np.unique(after[:, 2:4, 1:4])) == {5}
    assert set(np.unique(after[2:, 5:, 5:])) == {6}
    assert np.count_nonzero(after) == np.count_nonzero((labels.array > 0) | (layer.array > 0))


def test_one_object_alone_also_over_what_is_there(labels: ArrayLabelStore, layer: ArrayLabelStore) -> None:
    after = accept(labels, layer, Acceptance(frozenset({7}), keep_existing=False, free=FreeNumbers(9)))
    assert (after[:, 1:4, 1:4] == 9).all()
    assert not after[2:, 5:, 5:].any()


def test_a_region_alone(labels: ArrayLabelStore, layer: ArrayLabelStore) -> None:
    box = Region((3, 0, 0), (4, 8, 10))
    after = accept(labels, layer, Acceptance(region=box, free=FreeNumbers(5)))
    changed = np.argwhere(after != labels.array)
    assert set(changed[:, 0]) == {3}
    assert set(np.unique(after[3])) == {0, 4, 5, 6}


def test_classes_keep_their_numbers(labels: ArrayLabelStore, layer: ArrayLabelStore) -> None:
    after = accept(labels, layer, Acceptance(same_numbers=True))
    assert set(np.unique(after)) == {0, 4, 7, 70_000}


def test_nothing_to_take_is_no_change(labels: ArrayLabelStore, layer: ArrayLabelStore) -> None:
    assert list(accepted_changes(labels, layer, Acceptance(frozenset({99})))) == []
    asked: list[float] = []
    list(accepted_changes(labels, layer, Acceptance(), asked.append))
    assert asked == [0, 1 / 3, 2 / 3]
