from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.objects.object_size import estimated_size

_CUBES = VoxelSize(z=1, y=1, x=1, unit="µm")


def usual_diameter(truth: np.ndarray) -> float:
    counts = np.bincount(truth.ravel())[1:]
    if truth.shape[0] == 1:
        return float(np.median(2 * np.sqrt(counts / np.pi)))
    return float(np.median((6 * counts / np.pi) ** (1 / 3)))


@pytest.mark.parametrize("radius", [5.0, 10.0, 20.0])
def test_nuclei_of_half_once_and_twice_the_size(radius: float) -> None:
    edge = round(radius * 20)
    made = nuclei_phantom(PhantomParameters((1, edge, edge), 40, radius, 0.5, _CUBES), seed=3)
    found = estimated_size(made.image)
    assert found is not None
    assert found.bright
    assert 1 / 1.5 < found.diameter / usual_diameter(made.truth) < 1.5


def test_dark_things_are_as_large_as_bright_ones() -> None:
    made = nuclei_phantom(PhantomParameters((1, 200, 200), 40, 10.0, 0.5, _CUBES), seed=3)
    bright, dark = estimated_size(made.image), estimated_size(60_000 - made.image)
    assert bright is not None
    assert dark is not None
    assert not dark.bright
    assert dark.diameter == pytest.approx(bright.diameter, rel=0.2)


def test_volumes_are_measured_in_pixels_whatever_their_thickness() -> None:
    for size, depth in ((_CUBES, 48), (VoxelSize(z=2, y=1, x=1, unit="µm"), 24)):
        made = nuclei_phantom(PhantomParameters((depth, 96, 96), 40, 8.0, 0.5, size), seed=5)
        found = estimated_size(made.image, size.anisotropy)
        assert found is not None
        assert 16 / 1.6 < found.diameter < 16 * 1.6


def test_nothing_stands_out_of_an_even_picture() -> None:
    assert estimated_size(np.full((1, 64, 64), 7, np.uint8)) is None


def test_broken_grey_values_count_as_dark() -> None:
    values = np.zeros((1, 64, 64), np.float32)
    values[0, 24:40, 24:40] = 1
    values[0, 0, 0] = np.nan
    found = estimated_size(values)
    assert found is not None
    assert 10 < found.diameter < 30
