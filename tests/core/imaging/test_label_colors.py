from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from desktop_app.core.imaging.label_colors import PALETTES, color_of, color_table

# From cone responses of people without one kind of cone: Viénot, Brettel and Mollon 1999, matrices in linear RGB.
_WITHOUT_RED = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
_WITHOUT_GREEN = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])


def seen(rgb: tuple[int, int, int], eye: np.ndarray) -> np.ndarray:
    linear = eye @ (np.array(rgb) / 255.0) ** 2.2
    return np.clip(linear, 0, 1) ** (1 / 2.2) * 255


@pytest.mark.parametrize("eye", [np.eye(3), _WITHOUT_RED, _WITHOUT_GREEN])
@pytest.mark.parametrize("palette", ["safe", "lightness"])
def test_neighbouring_numbers_are_told_apart_by_any_eye(palette: str, eye: np.ndarray) -> None:
    colors = [seen(color_of(label, palette), eye) for label in range(1, 40)]
    apart = [float(np.linalg.norm(a - b)) for a, b in pairwise(colors)]
    assert min(apart) > 25


@pytest.mark.parametrize("palette", list(PALETTES))
def test_every_label_has_a_colour_that_stays(palette: str) -> None:
    table = color_table(palette=palette)
    assert table[0, 3] == 0
    assert (table[1:, 3] == 255).all()
    np.testing.assert_array_equal(table[7, :3], color_of(7, palette))
    assert table[1:, :3].max(axis=1).min() > 80, "no colour is nearly black"


def test_chosen_colours_come_first_and_an_unknown_palette_is_the_usual_one() -> None:
    assert color_table({3: (1, 2, 3)}, "safe")[3].tolist() == [1, 2, 3, 255]
    assert color_of(5, "gone") == color_of(5)


def test_a_table_that_was_changed_changes_no_other() -> None:
    before = color_table().copy()
    color_table()[:] = 0
    color_table({3: (1, 2, 3)})
    np.testing.assert_array_equal(color_table(), before)
