from __future__ import annotations

import numpy as np

from desktop_app.objects.interpolation import Between, Drawn, gaps


def disc(depth: int, radius: float, middle: tuple[int, int] = (30, 30)) -> Drawn:
    reach = int(radius) + 1
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    mask = rows**2 + columns**2 <= radius**2
    return Drawn(depth, mask, (middle[0] - reach, middle[1] - reach))


def picture(between: Between, depth: int) -> np.ndarray:
    corner, deep = between.at(depth)
    out = np.zeros((100, 100), bool)
    out[corner[0] : corner[0] + deep.shape[0], corner[1] : corner[1] + deep.shape[1]] = deep > 0
    return out


def test_a_cone_is_a_cone_in_between() -> None:
    between = Between(disc(0, 20), disc(10, 10), (1.0, 1.0))
    for depth in between.depths:
        radius = 20 - depth
        assert abs(np.sqrt(picture(between, depth).sum() / np.pi) - radius) < 0.7


def test_the_same_shape_stays_the_same() -> None:
    between = Between(disc(3, 8), disc(6, 8), (1.0, 1.0))
    for depth in between.depths:
        assert picture(between, depth).sum() == disc(0, 8).mask.sum()


def test_shapes_that_do_not_touch_move_over() -> None:
    between = Between(disc(0, 6, (20, 20)), disc(4, 6, (60, 40)), (1.0, 1.0))
    for depth in between.depths:
        middle = np.argwhere(picture(between, depth)).mean(0)
        np.testing.assert_allclose(middle, (20 + 10 * depth, 20 + 5 * depth), atol=1)
        assert picture(between, depth).sum() == disc(0, 6).mask.sum()


def test_what_splits_keeps_its_stem() -> None:
    stem = Drawn(0, np.ones((8, 40), bool), (20, 20))
    fork = np.ones((8, 40), bool)
    fork[:, 14:26] = False
    between = Between(stem, Drawn(2, fork, (20, 20)), (1.0, 1.0))
    shown = picture(between, 1)
    assert shown[24, 22:30].all()
    assert shown[24, 50:58].all()


def test_wide_gaps_stay() -> None:
    drawn = [disc(depth, 4) for depth in (0, 1, 4, 10)]
    assert [(a.depth, b.depth) for a, b in gaps(drawn, 2)] == [(1, 4)]
    assert [(a.depth, b.depth) for a, b in gaps(drawn, 5)] == [(1, 4), (4, 10)]
