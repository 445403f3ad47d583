from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling import ArrayLabelStore, Edit
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.click import ClickTool


def disc(row: int, column: int, radius: int, shape: tuple[int, int] = (120, 160)) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


LEFT_DISC, RIGHT_DISC = disc(60, 50, 20), disc(60, 110, 20)
GREY = (np.where(LEFT_DISC | RIGHT_DISC, 900.0, 200.0) + np.random.default_rng(0).normal(0, 40, (120, 160)))[None]


def how(image: np.ndarray = GREY, value: int = 4, **options: Any) -> ToolSettings[Any]:
    return ToolSettings(value, TOOLS["click"].options(**options), grey=lambda region: image[region.slices])


def at(row: float, column: float, depth: int = 0, plane: Plane = Plane.XY) -> ToolPoint:
    return ToolPoint(plane, depth, row + 0.5, column + 0.5)


def empty(image: np.ndarray = GREY) -> ArrayLabelStore:
    return ArrayLabelStore(np.zeros(image.shape, np.uint32))


def click(tool: ClickTool, store: ArrayLabelStore, point: ToolPoint, settings: ToolSettings[Any], **but: Any) -> None:
    settings = replace(settings, **but)
    tool.press(store, point, settings)
    assert tool.release(store, point, settings) is None


def proposed(tool: ClickTool, shape: tuple[int, ...]) -> np.ndarray:
    found = np.zeros(shape, np.uint32)
    assert tool.proposal is not None
    found[tool.proposal.region.slices] = tool.proposal.labels
    return found


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_a_click_proposes_the_object_under_it_and_writes_nothing_before_enter() -> None:
    tool, store = ClickTool(), empty()
    click(tool, store, at(60, 50), how())
    assert not store.array.any()
    assert tool.is_open
    assert overlap(proposed(tool, GREY.shape)[0] == 4, LEFT_DISC) > 0.9
    edit = tool.finish(store, how())
    assert overlap(store.array[0] == 4, LEFT_DISC) > 0.9
    assert not tool.is_open
    assert isinstance(edit, Edit)
    edit.revert(store)
    assert not store.array.any()


def test_more_clicks_add_and_take_away_and_are_taken_back() -> None:
    tool, store = ClickTool(), empty()
    click(tool, store, at(60, 50), how())
    first = proposed(tool, GREY.shape)
    click(tool, store, at(60, 110), how())
    both = proposed(tool, GREY.shape)
    assert overlap(both[0] > 0, LEFT_DISC | RIGHT_DISC) > 0.9
    click(tool, store, at(60, 50), how(), erase=True)
    assert overlap(proposed(tool, GREY.shape)[0] > 0, RIGHT_DISC) > 0.8
    tool.step_back()
    np.testing.assert_array_equal(proposed(tool, GREY.shape), both)
    tool.step_back()
    np.testing.assert_array_equal(proposed(tool, GREY.shape), first)
    tool.step_back()
    assert tool.proposal is None
    assert tool.finish(store, how()) is None


def test_a_box_proposes_what_lies_in_it_and_no_more() -> None:
    tool, store = ClickTool(), empty()
    tool.press(store, at(36, 26), how())
    tool.move(store, at(70, 60), how())
    assert len(tool.collected) == 5
    tool.release(store, at(84, 74), how())
    found = proposed(tool, GREY.shape)[0] > 0
    assert overlap(found, LEFT_DISC) > 0.9
    assert not tool.collected


def test_an_object_that_is_labelled_is_what_a_click_corrects() -> None:
    store = empty()
    store.array[0][LEFT_DISC | disc(60, 75, 12)] = 9
    tool = ClickTool()
    click(tool, store, at(60, 50), how())
    assert (proposed(tool, GREY.shape) == store.array).all()
    click(tool, store, at(60, 80), how(), erase=True)
    tool.finish(store, how())
    assert overlap(store.array[0] == 9, LEFT_DISC) > 0.9
    assert set(np.unique(store.array)) == {0, 9}


def test_a_mask_of_another_layer_is_a_start() -> None:
    other = empty()
    other.array[0][30:90, 20:80] = 3
    tool, store = ClickTool(), empty()
    click(tool, store, at(60, 50), how(), others=(other,))
    assert tool.finish(store, how()) is not None
    np.testing.assert_array_equal(store.array == 4, other.array == 3)
    assert (other.array[0] == 3).sum() == 3600


def test_only_on_empty_spares_other_objects_and_locked_ones_stay() -> None:
    tool, store = ClickTool(), empty()
    store.array[0, :60] = 7
    click(tool, store, at(70, 50), how(only_empty=True))
    tool.finish(store, how(only_empty=True))
    assert (store.array[0, :60] == 7).all()
    assert (store.array[0, 60:] == 4).any()
    store = empty()
    store.array[0, :60] = 7
    click(tool, store, at(70, 50), how(), locked=frozenset({7}))
    tool.finish(store, replace(how(), locked=frozenset({7})))
    assert (store.array[0, :60] == 7).all()


@pytest.mark.parametrize("plane", list(Plane))
def test_an_object_is_followed_through_slices_until_it_ends(plane: Plane) -> None:
    z, y, x = np.ogrid[:60, :60, :60]
    ball = (z - 30) ** 2 + (y - 30) ** 2 + (x - 30) ** 2 <= 15**2
    image = np.where(ball, 900.0, 200.0) + np.random.default_rng(0).normal(0, 40, ball.shape)
    tool, store = ClickTool(), ArrayLabelStore(np.zeros(ball.shape, np.uint32))
    settings = how(image, click_3d=True)
    click(tool, store, at(30, 30, 30, plane), settings)
    tool.finish(store, settings)
    assert overlap(store.array == 4, ball) > 0.75
    assert not store.array[~ball].sum() > 0.2 * ball.sum()


def test_large_objects_are_seen_whole() -> None:
    large = disc(300, 320, 240, (600, 640))
    image = np.where(large, 900.0, 200.0)[None] + np.random.default_rng(0).normal(0, 40, (1, 600, 640))
    tool, store = ClickTool(), empty(image)
    click(tool, store, at(300, 320), how(image))
    assert overlap(proposed(tool, image.shape)[0] > 0, large) > 0.9


def test_a_click_far_away_widens_the_view_and_one_much_too_far_changes_nothing() -> None:
    image = np.full((1, 80, 2000), 200.0) + np.random.default_rng(0).normal(0, 20, (1, 80, 2000))
    image[0, 20:60, 20:60] = image[0, 20:60, 300:340] = 900
    tool, store = ClickTool(), empty(image)
    click(tool, store, at(40, 40), how(image))
    click(tool, store, at(40, 320), how(image))
    found = proposed(tool, image.shape)[0]
    assert found[40, [40, 320]].all()
    assert not found[40, 180]
    click(tool, store, at(40, 1900), how(image))
    np.testing.assert_array_equal(proposed(tool, image.shape)[0], found)


def test_flat_and_broken_images_and_clicks_outside_are_harmless() -> None:
    flat = np.full((1, 40, 40), 7.0)
    broken = flat.copy()
    broken[0, :, 20:] = np.nan
    for image in (flat, broken, flat[:, :1, :1], flat.astype(np.uint8)):
        tool, store = ClickTool(), empty(image)
        click(tool, store, at(0, 0), how(image))
        click(tool, store, at(-3, 0), how(image))
        click(tool, store, at(0, 0), how(image), erase=True)
        tool.finish(store, how(image))
        tool.cancel(store)
    click(tool, store, at(0, 0), how(), grey=None)
    assert tool.proposal is None


def test_taking_away_comes_second() -> None:
    tool, store = ClickTool(), empty()
    click(tool, store, at(60, 50), how(), erase=True)
    assert not tool.is_open
    assert tool.proposal is None


def test_the_proposal_lies_within_the_image() -> None:
    tool, store = ClickTool(), empty()
    click(tool, store, at(60, 2), how())
    assert tool.proposal is not None
    assert Region.whole(GREY.shape).intersect(tool.proposal.region) == tool.proposal.region


def test_a_click_that_takes_away_takes_at_least_what_it_is_in_the_middle_of() -> None:
    grey = np.full((1, 120, 120), 200.0, np.float32)
    grey[:, 40:80, 20:100] = 80  # nothing shows where the thing ends on the right
    store, tool = empty(grey), ClickTool()
    click(tool, store, at(60, 40), how(grey))
    assert np.count_nonzero(proposed(tool, grey.shape)) > 2500
    click(tool, store, at(60, 85), how(grey), erase=True)
    left = proposed(tool, grey.shape)[0]
    assert not left[disc(60, 85, 10, (120, 120))].any()
    assert left[60, 40]


def test_a_click_beside_the_outline_moves_all_of_it() -> None:
    away = np.hypot(*(n - 60 for n in np.mgrid[:120, :120]))
    blurred = np.clip(900 - 60 * np.maximum(away - 14, 0), 200, 900)[None]  # ends at 26, half way at 20
    store, tool = empty(blurred), ClickTool()
    click(tool, store, at(60, 60), how(blurred))
    before = proposed(tool, blurred.shape)[0] > 0
    outside = int(np.flatnonzero(~before[60, 60:])[0]) + 60 + 1
    click(tool, store, at(60, outside), how(blurred))
    after = proposed(tool, blurred.shape)[0] > 0
    assert after[60, 119 - outside + 1] or after[outside, 60], "on the other sides, too"
    assert (after & ~before).sum() > before.sum() // 20
