from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, Note, Progress
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.io.tables import write_csv
from desktop_app.jobs.objects.layers import accept_layer, compare_layers, take_over
from desktop_app.objects.accepting import Acceptance

SHAPE = (4, 10, 10)


class Heard:
    def __init__(self, *, cancelled: bool = False) -> None:
        self.events: list[object] = []
        self._cancelled = cancelled

    def report(self, event: object) -> None:
        self.events.append(event)

    def raise_if_cancelled(self) -> None:
        if self._cancelled:
            raise JobCancelled


@pytest.fixture
def pair() -> tuple[ArrayLabelStore, ArrayLabelStore]:
    first, second = np.zeros(SHAPE, np.uint32), np.zeros(SHAPE, np.uint32)
    first[:, :4, :4], second[:, :4, :3] = 1, 50
    first[0, 8, 8], second[3, 6:, 6:] = 2, 60
    return ArrayLabelStore(first), ArrayLabelStore(second)


def test_two_layers_agree_by_voxels_and_by_objects(pair) -> None:
    heard = Heard()
    found = compare_layers(*pair, heard)
    assert (found.first, found.second, found.partners) == (2, 2, 1)
    assert found.f1 == pytest.approx(0.5)
    assert found.dice == pytest.approx(2 * 48 / (65 + 64))
    assert isinstance(heard.events[0], Progress)


def test_a_slice_alone(pair) -> None:
    found = compare_layers(*pair, region=Region((1, 0, 0), (2, 10, 10)))
    assert (found.first, found.second, found.f1) == (1, 1, 1.0)
    assert found.dice == pytest.approx(2 * 12 / 28)


def test_islands_of_a_mask_are_objects_of_either_layer(pair) -> None:
    first, second = pair
    mask = ArrayLabelStore(np.where(second.read(Region.whole(SHAPE)) > 0, 255, 0).astype(np.uint32))
    heard = Heard()
    found = compare_layers(first, mask, heard)
    assert found == replace(compare_layers(first, second), masks=(False, True))
    assert [event.text for event in heard.events if isinstance(event, Note)] == [
        "All labels of the second have one value; each island is one object."
    ]
    slice_alone = Region((3, 0, 0), (4, 10, 10))
    assert compare_layers(first, mask, region=slice_alone, masks=found.masks).second == 2
    assert compare_layers(first, mask, region=slice_alone, masks=(False, False)).second == 1
    assert compare_layers(first, mask, by_class=True).masks == (False, False)


def test_empty_layers_have_nothing_to_agree_about() -> None:
    empty = ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    found = compare_layers(empty, empty)
    assert (found.dice, found.f1) == (None, None)


def test_both_stop_when_the_user_stops_them(pair) -> None:
    with pytest.raises(JobCancelled):
        compare_layers(*pair, Heard(cancelled=True))
    with pytest.raises(JobCancelled):
        accept_layer(*pair, Acceptance(), Heard(cancelled=True))


def test_taking_over_writes_nothing_by_itself(pair) -> None:
    before = pair[0].array.copy()
    changes = accept_layer(*pair, Acceptance(free=FreeNumbers(3)), Heard())
    np.testing.assert_array_equal(pair[0].array, before)
    assert sum(len(change.after) for change in changes) == 16


def test_objects_that_are_taken_over_keep_what_the_model_said_of_them(pair, tmp_path: Path) -> None:
    result, labels = tmp_path / "a.ome.tif", ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    rows = [{"id": 50, "confidence": 0.55}, {"id": 60, "confidence": None}, {"id": 7, "confidence": 0.9}]
    write_csv(tmp_path / "a_objects.csv", rows, ["id", "confidence"])
    taken = take_over(labels, pair[1], Acceptance(free=FreeNumbers(4)), result, 0, Heard())
    assert taken.confidence == {4: 0.55}
    assert take_over(labels, pair[1], Acceptance(), None, 0, Heard()).confidence == {}
    assert take_over(labels, pair[1], Acceptance(), tmp_path / "b.tif", 0, Heard()).confidence == {}
