"""Lengths keep their meaning when the unit changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.voxel_size import parse_unit

EDGES = st.floats(1e-3, 1e3)
UNITS = st.sampled_from(["nm", "µm", "mm"])
SIZES = st.builds(VoxelSize, z=EDGES, y=EDGES, x=EDGES, unit=UNITS)


@given(SIZES, UNITS)
def test_converting_there_and_back(size: VoxelSize, unit: str) -> None:
    other = size.converted(unit)
    assert other.unit == unit
    assert other.same_as(size, 1e-9)
    assert other.converted(size.unit).same_as(size, 1e-9)
    assert math.isclose(other.anisotropy, size.anisotropy, rel_tol=1e-9)


@given(SIZES)
def test_volume_of_a_voxel(size: VoxelSize) -> None:
    assert math.isclose(size.converted("nm").voxel_volume, size.converted("µm").voxel_volume * 1e9, rel_tol=1e-9)


@given(SIZES, st.floats(1.02, 3))
def test_different_sizes_are_told_apart(size: VoxelSize, factor: float) -> None:
    assert not size.same_as(size.model_copy(update={"z": size.z * factor}))
    assert not size.same_as(VoxelSize.unknown())


def test_unknown_sizes() -> None:
    assert VoxelSize.unknown().same_as(VoxelSize(z=5, known=False))
    assert VoxelSize.unknown().describe() == "not stated"
    assert VoxelSize(z=1.75, y=0.8, x=0.8).describe() == "0.8 × 0.8 × 1.75 µm (x, y, z)"


@pytest.mark.parametrize("edge", [0.0, -1.0, float("nan")])
def test_senseless_edges(edge: float) -> None:
    with pytest.raises(ValidationError):
        VoxelSize(x=edge)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("um", "µm"),
        (" Micron ", "µm"),
        ("\u00b5m", "µm"),
        ("\u03bcm", "µm"),
        ("\\u00B5m", "µm"),
        ("NM", "nm"),
        ("pixel", None),
    ],
)
def test_spellings(text: str, unit: str | None) -> None:
    assert parse_unit(text) == unit
