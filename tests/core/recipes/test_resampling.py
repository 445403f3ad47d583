from __future__ import annotations

import pytest

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.recipes.resampling import ResamplingInfo, SampledPrediction

LEARNED = VoxelSize(z=4.0, y=1.0, x=1.0, unit="µm")
FINE = VoxelSize(z=1000.0, y=500.0, x=250.0, unit="nm")


def test_those_that_can_say_so_and_the_others_say_what_they_have() -> None:
    able = {name for name, info in RECIPES.items() if isinstance(info, ResamplingInfo)}
    assert able == {name for name, info in RECIPES.items() if "resample" in info.prediction.model_fields}
    assert all("Bring to the model's voxel size" in RECIPES[name].other_size_seen for name in able)
    others = [info for name, info in RECIPES.items() if name not in able]
    assert others
    assert all("Scale of the image" in info.other_size for info in others)


@pytest.mark.parametrize(
    ("dimensions", "every_plane", "scales"),
    [(3, False, (4.0, 2.0, 4.0)), (2, False, (1.0, 2.0, 4.0)), (2, True, (1.0, 2.0, 4.0))],
)
def test_voxels_become_as_large_as_the_model_knows_them(
    dimensions: int, every_plane: bool, scales: tuple[float, float, float]
) -> None:
    seen = SampledPrediction(resample=True)
    assert seen.scales(dimensions, LEARNED, FINE, every_plane=every_plane) == pytest.approx(scales)
    assert seen.scales(dimensions, LEARNED, VoxelSize.unknown()) == (1.0, 1.0, 1.0)
    assert SampledPrediction().scales(dimensions, LEARNED, FINE) == (1.0, 1.0, 1.0)
