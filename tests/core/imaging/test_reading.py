"""What the user says of a file is checked, kept and told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.patches import PatchImage
from desktop_app.core.imaging import AS_STATED, ImageReading, VoxelSize
from desktop_app.core.project import Item

SIZE = VoxelSize(z=2, y=0.5, x=0.5)


def test_saying_nothing_changes_nothing() -> None:
    assert AS_STATED.describe() == ()
    assert ImageReading(time_as_z=True).describe() != ()


def test_all_that_is_said_is_told() -> None:
    said = ImageReading(series="Overview", axes=" tzyx ", time_as_z=True, voxel_size=SIZE)
    told = " ".join(said.describe())
    assert said.axes == "TZYX"
    assert all(part in told for part in ("Overview", "TZYX", "exchanged", "0.5 × 0.5 × 2"))
    assert ImageReading.model_validate(said.model_dump(mode="json")) == said


@pytest.mark.parametrize("edge", [0, -1, float("inf"), float("nan")])
def test_sizes_that_cannot_be_are_refused(edge: float) -> None:
    with pytest.raises(ValidationError):
        ImageReading.model_validate({"voxel_size": {"z": 1, "y": 1, "x": edge}})


@pytest.mark.parametrize(
    ("record", "values"),
    [
        (Item, {"name": "a", "image": "a.tif"}),
        (PairConfig, {"name": "a", "image": "a.tif"}),
        (PatchImage, {"image": "a"}),
    ],
)
def test_records_of_earlier_versions_keep_their_voxel_size(record: type, values: dict[str, str]) -> None:
    older = record.model_validate({**values, "voxel_size": SIZE.model_dump()})
    assert older.reading == ImageReading(voxel_size=SIZE)
    assert record.model_validate({**values, "voxel_size": None}).reading == AS_STATED
    assert record.model_validate(older.model_dump(mode="json")) == older
