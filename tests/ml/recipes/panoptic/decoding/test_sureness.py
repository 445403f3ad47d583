from pathlib import Path

import numpy as np
import pytest
import torch

from desktop_app.core.imaging import Plane, Region
from desktop_app.ml.recipes.panoptic.decoding.sureness import Sureness
from desktop_app.ml.recipes.panoptic.maps import SURE_STEPS, cell_means, sure_steps

SHAPE = (6, 10, 9)  # of the volume


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("kept", ["memory", "file", "lasting"])
def test_a_box_is_read_as_it_was_seen_in_any_plane(plane: Plane, kept: str, tmp_path: Path) -> None:
    step = 2
    slices = np.moveaxis(np.random.default_rng(0).random(SHAPE), plane.depth_axis, 0)
    cells = sure_steps(cell_means(torch.from_numpy(slices)[:, None], step)).numpy()
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
    assert sure_steps(cell_means(probabilities, 4)).tolist() == [[[51], [204]]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize(("size", "step"), [((16, 24), 4), ((13, 18), 4), ((9, 7), 8), ((2, 3), 4)])
def test_means_of_cells_are_those_of_their_pixels(size: tuple[int, int], step: int, dtype: torch.dtype) -> None:
    probabilities = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)).to(dtype)
    kept = probabilities.clone()
    found = cell_means(probabilities, step)
    assert found.dtype == torch.float32
    for number, row, column in np.ndindex(*found.shape):
        rows, columns = slice(row * step, (row + 1) * step), slice(column * step, (column + 1) * step)
        pixels = probabilities[number, :, rows, columns].double().amax(dim=0)
        assert found[number, row, column] == pytest.approx(float(pixels.mean()), abs=1e-6)
    assert torch.equal(probabilities, kept)


def test_a_pixel_that_is_no_number_makes_its_cell_none() -> None:
    probabilities = torch.full((1, 2, 8, 8), 0.5, dtype=torch.float16)
    probabilities[0, 1, 5, 2] = torch.nan
    assert torch.isnan(cell_means(probabilities, 4)).tolist() == [[[False, False], [True, False]]]
