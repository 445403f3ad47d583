from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.look import COMPOSITE_ORDER, Shading
from desktop_app.gui.viewer.color_maps import TITLES, color_map, shaded


@pytest.mark.parametrize("name", list(TITLES))
def test_every_map_goes_from_dark_to_bright(name: str) -> None:
    table = color_map(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert table[0].astype(int).sum() < table[-1].astype(int).sum()


def test_unknown_maps_are_grey() -> None:
    np.testing.assert_array_equal(color_map("gone"), color_map("grey"))
    assert set(COMPOSITE_ORDER) <= set(TITLES)


def test_shading_goes_through_curve_and_map() -> None:
    values = np.array([0, 50, 100], np.uint16)
    assert shaded(values, Shading(Window(0, 100), "green")).tolist() == [[0, 0, 0], [0, 128, 0], [0, 255, 0]]
    backwards = shaded(values, Shading(Window(0, 100), "viridis", inverted=True))
    np.testing.assert_array_equal(backwards[0], color_map("viridis")[255])
