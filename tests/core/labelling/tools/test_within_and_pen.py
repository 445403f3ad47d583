"""Painting within some labels alone, pens that are pressed, and the size of the first tip."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging import Plane
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings, Within
from desktop_app.core.labelling.tools.first_size import first_size_px

PAINTING = [name for name, info in TOOLS.items() if info.writes]
IMAGE = np.random.default_rng(1).integers(0, 255, (3, 40, 40)).astype(np.uint8)


@pytest.mark.parametrize("erase", [False, True], ids=["paints", "erases"])
@pytest.mark.parametrize("within", [Within(frozenset({2})), Within(frozenset({0, 1}), besides=True)])
@pytest.mark.parametrize("name", PAINTING)
def test_nothing_changes_outside_of_what_is_named(name: str, within: Within, erase: bool) -> None:
    labels = np.repeat(np.arange(4, dtype=np.uint32), 10)[None, None].repeat(40, 1).repeat(3, 0)
    store, tool = ArrayLabelStore(labels.copy()), TOOLS[name].factory()
    how = ToolSettings(9, TOOLS[name].options(), erase=erase, grey=lambda region: IMAGE[region.slices], within=within)
    for row, column in ((5, 22), (30, 8), (35, 35)):
        tool.press(store, ToolPoint(Plane.XY, 1, row, column), how)
        tool.move(store, ToolPoint(Plane.XY, 1, row + 4, column + 3), how)
        tool.release(store, ToolPoint(Plane.XY, 1, row + 4, column + 3), how)
    tool.finish(store, how)
    changed = store.array != labels
    assert set(np.unique(labels[changed])) <= ({2} if not within.besides else {2, 3})


@pytest.mark.parametrize(("pressure", "wide"), [(1.0, 20), (0.5, 10), (0.0, 1)])
def test_a_pen_draws_finer_where_it_is_pressed_less(pressure: float, wide: int) -> None:
    for on in (True, False):
        store, tool = ArrayLabelStore(np.zeros((1, 40, 40), np.uint32)), TOOLS["brush"].factory()
        how = ToolSettings(1, TOOLS["brush"].options(size_px=20, pressure=on))
        point = ToolPoint(Plane.XY, 0, 20.0, 20.0, pressure)
        tool.press(store, point, how)
        tool.release(store, point, how)
        assert abs(np.count_nonzero(store.array[0, 20]) - (wide if on else 20)) <= 1


def test_the_first_tip_is_half_as_wide_as_the_things() -> None:
    rows, columns = np.mgrid[:300, :300]
    discs = np.zeros((1, 300, 300), np.uint32)
    for number, (row, column) in enumerate([(60, 60), (60, 200), (200, 130)], start=1):
        discs[0][(rows - row) ** 2 + (columns - column) ** 2 <= 20**2] = number
    for labels, single in ((discs, True), (np.minimum(discs, 1), False)):
        assert first_size_px(ArrayLabelStore(labels), (300, 300), single=single) == 20


@pytest.mark.parametrize(("picture", "size"), [((1024, 1024), 20), ((60, 80), 3), ((30_000, 30_000), 60)])
def test_the_first_tip_follows_the_picture_where_nothing_is_labelled(picture: tuple[int, int], size: int) -> None:
    assert first_size_px(ArrayLabelStore(np.zeros((2, 9, 9), np.uint32)), picture, single=True) == size
    assert first_size_px(None, picture, single=True) == size
