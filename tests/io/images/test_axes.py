"""Which stored axis becomes which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.io.images.axes import plan_axes
from desktop_app.io.images.voxel_sizes import length_unit, voxel_size


@pytest.mark.parametrize(
    ("axes", "shape", "full", "kept"),
    [
        ("YX", (4, 5), (1, 1, 4, 5), "YX"),
        ("ZYX", (3, 4, 5), (1, 3, 4, 5), "ZYX"),
        ("ZCYX", (3, 2, 4, 5), (2, 3, 4, 5), "ZCYX"),
        ("TZCYXS", (1, 3, 2, 4, 5, 1), (2, 3, 4, 5), "ZCYX"),
        ("QYX", (3, 4, 5), (1, 3, 4, 5), "ZYX"),
        ("TZYX", (6, 3, 4, 5), (1, 3, 4, 5), "TZYX"),
        ("RZYX", (6, 3, 4, 5), (1, 3, 4, 5), "ZYX"),
        ("RYX", (6, 4, 5), (1, 6, 4, 5), "ZYX"),
        ("CYX", (6, 4, 5), (6, 1, 4, 5), "CYX"),
        ("CYX", (7, 4, 5), (1, 7, 4, 5), "ZYX"),
        ("XYZ", (5, 4, 3), (1, 3, 4, 5), "XYZ"),
        ("ZYX", (1, 4, 5), (1, 1, 4, 5), "YX"),
        ("YX", (1, 1), (1, 1, 1, 1), "YX"),
    ],
)
def test_common_files(axes: str, shape: tuple[int, ...], full: tuple[int, ...], kept: str) -> None:
    plan = plan_axes(axes, shape)
    assert (plan.full_shape, plan.kept) == (full, kept)


@given(order=st.permutations("CZYX"), shape=st.tuples(*[st.integers(2, 5)] * 4))
def test_blocks_are_turned_into_zyx(order: list[str], shape: tuple[int, ...]) -> None:
    axes = "".join(order)
    stored = np.arange(np.prod(shape)).reshape(shape)
    plan = plan_axes(axes, shape)
    full = stored.transpose([axes.index(a) for a in "CZYX"])
    whole = slice(None)
    for channel in range(plan.channels):
        block = plan.as_zyx(stored[plan.index(channel, whole, slice(1, None), whole)])
        np.testing.assert_array_equal(block, full[channel][:, 1:])


@pytest.mark.parametrize(("axes", "shape"), [("ZY", (3, 4)), ("YX", (0, 4)), ("", ())])
def test_no_picture(axes: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(UnreadableFileError, match=r"a\.tif: it holds no picture"):
        plan_axes(axes, shape, name="a.tif")


@pytest.mark.parametrize(
    ("text", "known"), [("cm", ("mm", 10.0)), ("Å", ("nm", 0.1)), ("Micron", ("µm", 1.0)), ("pixel", None), ("", None)]
)
def test_units(text: str, known: tuple[str, float] | None) -> None:
    assert length_unit(text) == known


@pytest.mark.parametrize("edges", [(1.0, 0.0, 1.0), (1.0, float("nan"), 1.0), (float("inf"), 1.0, 1.0)])
def test_senseless_edges_are_unknown(edges: tuple[float, float, float]) -> None:
    assert voxel_size(*edges, "um") == VoxelSize.unknown()
