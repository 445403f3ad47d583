"""Volumes over arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.imaging.volume import missing_channel


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.sampled_from(["uint8", "uint16", "float32"]))
def test_from_array(shape: list[int], dtype: str) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    volume = Volume.from_array(array)
    full = (1,) * (4 - len(shape)) + tuple(shape)
    assert (volume.channels, *volume.shape) == full
    assert volume.axes == "CZYX"[4 - len(shape) :]
    assert volume.nbytes == array.nbytes
    assert volume.is_2d == (full[1] == 1)
    np.testing.assert_array_equal(volume.read_channels(), array.reshape(full))
    np.testing.assert_array_equal(volume.read(channel=full[0] - 1), array.reshape(full)[-1])


def test_parts_are_contiguous() -> None:
    volume = Volume.from_array(np.arange(60).reshape(3, 4, 5))
    part = volume.read(Region((1, 1, 1), (3, 3, 3)))
    assert part.flags.c_contiguous
    np.testing.assert_array_equal(part, np.arange(60).reshape(3, 4, 5)[1:3, 1:3, 1:3])


@pytest.mark.parametrize("shape", [(5,), (1, 1, 1, 1, 1)])
def test_other_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="2 to 4 dimensions"):
        Volume.from_array(np.zeros(shape))


def test_another_voxel_size_keeps_everything_else() -> None:
    volume = Volume.from_array(np.zeros((2, 3)), name="a")
    changed = volume.with_voxel_size(VoxelSize(x=2))
    assert (changed.voxel_size.x, changed.name, changed.source) == (2, "a", volume.source)


def test_a_channel_that_is_missing_is_said_in_the_numbers_it_was_asked_for() -> None:
    assert str(missing_channel("a.tif", 3, 3)).startswith("a.tif has no channel 3: it has 3 channels, counted from 0.")
    assert "no channel 2: it has 1 channel, counted from 1." in str(missing_channel("a.tif", 2, 1, first=1))
