"""What attributes say of axes and sizes, in the words of each program."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.core.imaging import VoxelSize
from desktop_app.io.images.plain_attributes import described, letters

NM = VoxelSize(z=40, y=8, x=4, unit="nm")


@pytest.mark.parametrize(
    ("attributes", "innermost_first"),
    [
        ({"pixelResolution": {"dimensions": [4, 8, 40], "unit": "nm"}}, True),
        ({"resolution": [4, 8, 40], "units": ["nm", "nm", "nm"]}, True),
        ({"resolution": [40, 8, 4], "units": "nm"}, False),
        ({"voxel_size": [40, 8, 4], "unit": "nm"}, False),
        ({"transform": {"scale": [40, 8, 4], "units": ["nm", "nm", "nm"], "axes": ["z", "y", "x"]}}, True),
        ({"element_size_um": [0.04, 0.008, 0.004]}, True),
    ],
)
def test_sizes(attributes: dict[str, Any], innermost_first: bool) -> None:
    told = described(attributes, 3, innermost_first=innermost_first)
    assert told.axes == "ZYX"
    assert told.voxel_size.converted("nm").same_as(NM, 1e-6)


@pytest.mark.parametrize("attributes", [{"resolution": "x"}, {"resolution": [1, None, 2]}, {"transform": {"scale": 3}}])
def test_nonsense_is_not_taken(attributes: dict[str, Any]) -> None:
    assert not described(attributes, 3, innermost_first=True).voxel_size.known


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (["x", "y", "z"], "ZYX"),
        (["z", "y", "x"], "ZYX"),
        (["a", "b", "c"], ""),
        (["y", "x"], ""),
        (5, ""),
        ([None] * 3, ""),
    ],
)
def test_letters_in_either_order(value: Any, wanted: str) -> None:
    assert letters({"axes": value}, 3) == wanted
