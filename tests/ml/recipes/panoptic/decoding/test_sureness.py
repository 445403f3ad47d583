from pathlib import Path

import numpy as np
import pytest
import torch

from desktop_app.core.imaging import Plane, Region
from desktop_app.ml.recipes.panoptic.decoding.sureness import Sureness
from desktop_app.ml.recipes.panoptic.maps import SURE_STEPS, cell_sureness

SHAPE = (6, 10, 9)  # of the volume


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("kept", ["memory", "file", "lasting"])
def test_a_box_is_read_as_it_was_seen_in_any_plane(plane: Plane, kept: str, tmp_path: Path) -> None:
    step = 2
    slices = np.moveaxis(np.random.default_rng(0).random(SHAPE), plane.depth_axis, 0)
    cells = cell_sureness(torch.from_numpy(slices)[:, None], step).numpy()
    lasting = tmp_path / "sure" if kept == "lasting" else None
    store = Sureness(plane, cells.shape, step, 10**6 if kept == "memory" else 0, tmp_path, lasting)
    for number, one in enumerate(cells):
        store.write(number, one)
    spread = cells.repeat(step, 1).repeat(step, 2)[:, : slices.shape[1], : slices.shape[2]] / SURE_STEPS
    wanted = np.moveaxis(spread, 0, plane.depth_axis)
    for region in (Region.whole(SHAPE), Region((1, 3, 2), (4, 8, 9))):
        np.testing.assert_allclose(store.read(region), wanted[region.slices], atol=1e-6)
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == (["sure"] if kept == "lasting" else [])


def test_cells_are_means_of_the_likeliest_class_also_where_they_are_cut() -> None:
    probabilities = torch.zeros(1, 2, 5, 4)
    probabilities[0, 0, :4] = 0.2
    probabilities[0, 1, 4] = 0.8
    assert cell_sureness(probabilities, 4).tolist() == [[[51], [204]]]
