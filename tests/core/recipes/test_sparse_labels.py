from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.recipes.sparse_labels import SliceCounts, recognised

AXONS = SliceCounts(slices=64, labelled=2, voxels={1: 5400, 2: 1300, 4: 1500}, edges=1490)


def test_labels_of_a_few_slices_are_told_from_how_they_lie() -> None:
    found = recognised([AXONS, replace(AXONS, voxels={1: 4000, 2: 900, 3: 300, 4: 1000}, edges=1000)])
    assert found is not None
    assert (found.background, found.objects) == (1, ((2, "Object"),))
    assert found.others == ((3, "Artefact"), (4, "Edge"))
    assert "4 of 128 slices" in found.words()
    meant = found.meaning(DatasetConfig())
    assert (meant.kind, meant.unlabelled, meant.background, meant.class_values) == ("classes", 0, 1, (2,))


@pytest.mark.parametrize(
    "other",
    [
        replace(AXONS, labelled=40),
        replace(AXONS, unlabelled=900),
        replace(AXONS, voxels={1: 5400}),
        replace(AXONS, voxels=dict.fromkeys(range(1, 30), 100)),
        SliceCounts(slices=64),
    ],
    ids=["many slices", "painted in part", "one number", "objects", "nothing"],
)
def test_other_labels_are_left_as_they_are(other: SliceCounts) -> None:
    assert recognised([other]) is None


def test_a_number_that_touches_no_object_is_no_edge() -> None:
    found = recognised([replace(AXONS, edges=100)])
    assert found is not None
    assert found.others == ()
    assert found.objects == ((2, "Class 2"), (4, "Class 4"))
