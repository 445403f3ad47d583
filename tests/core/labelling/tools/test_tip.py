"""Square tips, and erasing the chosen label alone."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging import Plane
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings


def drawn(name: str, store: ArrayLabelStore, *path: tuple[float, float], erase: bool = False, **options: object):
    tool = TOOLS[name].factory()
    how = ToolSettings(5, TOOLS[name].options(**options), erase=erase, voxel_aspect=(2.0, 1.0, 1.0))
    points = [ToolPoint(Plane.XY, 3, row, column) for row, column in path]
    tool.press(store, points[0], how)
    for point in points[1:]:
        tool.move(store, point, how)
    return tool.release(store, points[-1], how)


def empty() -> ArrayLabelStore:
    return ArrayLabelStore(np.zeros((7, 40, 50), np.uint32))


@pytest.mark.parametrize("size", [1, 4, 5, 12])
def test_a_square_tip_paints_a_square_of_its_size(size: int) -> None:
    store = empty()
    middle = 20.5 if size % 2 else 20.0
    drawn("brush", store, (middle, middle), size_px=size, square=True)
    rows, columns = (store.array[3] == 5).any(1), (store.array[3] == 5).any(0)
    assert rows.sum() == columns.sum() == size
    assert (store.array == 5).sum() == size * size


def test_a_cube_reaches_through_slices_as_far_as_it_is_wide() -> None:
    store = empty()
    drawn("brush", store, (20.5, 20.5), size_px=9, square=True, brush_3d=True)
    assert (store.array == 5).any(axis=(1, 2)).tolist() == [False, True, True, True, True, True, False]
    assert (store.array == 5).sum() == 5 * 81


def test_a_drag_of_a_square_leaves_no_gaps_and_is_as_the_many_squares_on_its_way() -> None:
    swept, steps = empty(), empty()
    drawn("brush", swept, (10.3, 8.7), (27.9, 33.2), size_px=6, square=True)
    for share in np.linspace(0, 1, 2001):
        drawn("brush", steps, (10.3 + share * 17.6, 8.7 + share * 24.5), size_px=6, square=True)
    assert (swept.array != steps.array).sum() <= 1
    assert (swept.array == 5).any()


@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("way", [5e-324, 1e-155, 1e-12])
def test_a_way_of_hardly_anything_is_as_none(way: float, square: bool) -> None:
    """Divided by it, distances are no numbers any more."""
    moved, still = empty(), empty()
    drawn("brush", moved, (0.0, 0.0), (0.0, way), size_px=6, square=square)
    drawn("brush", still, (0.0, 0.0), size_px=6, square=square)
    np.testing.assert_array_equal(moved.array, still.array)


@pytest.mark.parametrize("name", ["eraser", "brush"])
def test_only_the_chosen_label_is_erased(name: str) -> None:
    store = empty()
    store.array[:, :20], store.array[:, 20:] = 5, 6
    drawn(name, store, (20, 10), (20, 40), size_px=10, erase=True, only_chosen=True)
    assert (store.array[3, :20] == 0).any()
    assert (store.array[:, 20:] == 6).all()
    drawn(name, store, (20, 10), (20, 40), size_px=10, erase=True)
    assert (store.array[3, 20:] == 0).any()
