from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings, grey

DISC_MIDDLE, DISC_RADIUS = 50, 30


def disc_image(depth: int = 3) -> np.ndarray:
    """A bright noisy disc (radius 30) in every slice but the last."""
    rows, columns = np.ogrid[:100, :100]
    picture = np.where((rows - DISC_MIDDLE) ** 2 + (columns - DISC_MIDDLE) ** 2 <= DISC_RADIUS**2, 1000.0, 100.0)
    image = np.stack([picture] * depth) + np.random.default_rng(0).normal(0, 20, (depth, 100, 100))
    image[-1] = 100
    return image


DISC = disc_image()[0] > 500


def how(name: str, image: np.ndarray | None, value: int = 4, **options: Any) -> ToolSettings[Any]:
    grey_values = None if image is None else lambda region: image[region.slices]
    return ToolSettings(value, TOOLS[name].options(**options), grey=grey_values)


def at(row: float, column: float, depth: int = 0) -> ToolPoint:
    return ToolPoint(Plane.XY, depth, row + 0.5, column + 0.5)


def empty(image: np.ndarray) -> ArrayLabelStore:
    return ArrayLabelStore(np.zeros(image.shape, np.uint32))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_the_grey_brush_paints_only_what_looks_like_its_first_pixel() -> None:
    image = disc_image()
    store, settings = empty(image), how("grey-brush", image, size_px=40)
    tool = TOOLS["grey-brush"].factory()
    tool.press(store, at(50, 70), settings)
    tool.move(store, at(50, 85), settings)
    assert tool.release(store, at(50, 85), settings) is not None
    assert store.array.any()
    assert not (store.array[0] > 0)[~DISC].any()
    assert (store.array[0] > 0)[50, 60:79].all()


def test_the_grey_brush_erases_whatever_there_is() -> None:
    image = disc_image()
    store = ArrayLabelStore(np.full(image.shape, 9, np.uint32))
    settings = ToolSettings(4, TOOLS["grey-brush"].options(size_px=20), erase=True, grey=lambda r: image[r.slices])
    tool = TOOLS["grey-brush"].factory()
    tool.press(store, at(50, 80), settings)
    tool.release(store, at(50, 80), settings)
    assert abs((store.array == 0).sum() - np.pi * 100) < 20


def test_the_wand_takes_the_disc_and_a_drag_takes_more() -> None:
    image = disc_image()
    store, settings = empty(image), how("wand", image, wand_fits=False, tolerance=20)
    tool = TOOLS["wand"].factory()
    tool.press(store, at(50, 50), settings)
    assert overlap(store.array[0] > 0, DISC) > 0.98
    tool.move(store, at(50, 199), settings)
    assert (store.array[0] > 0).mean() > 0.95
    tool.move(store, at(50, 50), settings)
    edit = tool.release(store, at(50, 50), settings)
    assert edit is not None
    assert overlap(store.array[0] > 0, DISC) > 0.98
    assert not store.array[1:].any()
    edit.revert(store)
    assert not store.array.any()


def test_the_wand_reaches_through_slices_and_stops_where_nothing_is() -> None:
    image = disc_image()
    store, settings = empty(image), how("wand", image, wand_fits=False, tolerance=20, wand_3d=True)
    tool = TOOLS["wand"].factory()
    tool.press(store, at(50, 50), settings)
    tool.release(store, at(50, 50), settings)
    assert overlap(store.array[1] > 0, DISC) > 0.98
    assert not store.array[2].any()


def test_the_wand_says_where_it_cannot_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grey, "MOST_VOXELS", 1000)
    image = disc_image()
    store = empty(image)
    with pytest.raises(UserError, match="further than the wand"):
        TOOLS["wand"].factory().press(
            store, at(50, 50), how("wand", image, wand_fits=False, tolerance=20, wand_3d=True)
        )
    assert not store.array.any()


def test_a_wand_that_is_not_smooth_takes_single_pixels() -> None:
    image = np.full((1, 19, 19), 900.0)
    image[0, 5:14, 5:14] = 5
    image[0, 9, 9] = 50
    for smooth, left in ((False, 80), (True, 77)):
        store = empty(image)
        TOOLS["wand"].factory().press(store, at(6, 6), how("wand", image, wand_fits=False, tolerance=1, smooth=smooth))
        assert np.count_nonzero(store.array) == left


def test_the_wand_on_the_background_leaves_the_things_in_it() -> None:
    image = disc_image()
    store = empty(image)
    TOOLS["wand"].factory().press(store, at(3, 3), how("wand", image, wand_fits=False, tolerance=20))
    assert overlap(store.array[0] > 0, ~DISC) > 0.98


def test_a_smooth_wand_looks_past_noise() -> None:
    image = disc_image() + np.random.default_rng(1).normal(0, 150, (3, 100, 100))
    found = {}
    for smooth in (False, True):
        store = empty(image)
        TOOLS["wand"].factory().press(
            store, at(50, 50), how("wand", image, wand_fits=False, tolerance=15, smooth=smooth)
        )
        found[smooth] = overlap(store.array[0] > 0, DISC)
    assert found[True] > 0.9 > found[False]


def textured_disc() -> np.ndarray:
    """A disc that is darker than its surroundings, with a coarse texture and much noise: EM, about."""
    from scipy import ndimage

    rng = np.random.default_rng(2)
    coarse = ndimage.gaussian_filter(rng.normal(0, 1, (1, 100, 100)), (0, 2, 2))
    return np.where(DISC, 100.0, 160.0)[None] + 15 * coarse / coarse.std() + rng.normal(0, 30, (1, 100, 100))


def test_a_wand_finds_its_tolerance_where_none_of_the_plain_ones_serves() -> None:
    image = textured_disc()
    found = []
    for options in ({"wand_fits": True}, *({"wand_fits": False, "tolerance": t} for t in (5, 10, 20, 30, 40))):
        store = empty(image)
        TOOLS["wand"].factory().press(store, at(50, 50), how("wand", image, **options))
        found.append(overlap(store.array[0] > 0, DISC))
    assert found[0] > 0.8 > max(found[1:])


def test_a_drag_takes_more_than_the_wand_found() -> None:
    image = disc_image()
    store, settings = empty(image), how("wand", image)
    tool = TOOLS["wand"].factory()
    tool.press(store, at(50, 50), settings)
    assert overlap(store.array[0] > 0, DISC) > 0.97
    tool.move(store, at(50, 350), settings)
    assert (store.array[0] > 0).mean() > 0.95


def test_where_nothing_stands_out_the_tolerance_that_was_set_holds() -> None:
    image = np.full((1, 40, 40), 7.0)
    store = empty(image)
    TOOLS["wand"].factory().press(store, at(20, 20), how("wand", image))
    assert (store.array == 4).all()


def test_a_wand_fits_in_every_plane_and_with_values_that_are_none() -> None:
    image = np.moveaxis(np.stack([textured_disc()[0]] * 3), 0, 1).copy()
    image[0, :, 0] = np.nan
    store = empty(image)
    TOOLS["wand"].factory().press(store, ToolPoint(Plane.XZ, 1, 50.5, 50.5), how("wand", image))
    assert overlap(store.array[:, 1] > 0, DISC) > 0.8
    assert not store.array[:, [0, 2]].any()


@pytest.mark.parametrize("name", ["wand", "grey-brush"])
def test_without_an_image_nothing_breaks(name: str) -> None:
    store = ArrayLabelStore(np.zeros((1, 9, 9), np.uint32))
    tool, settings = TOOLS[name].factory(), how(name, None)
    tool.press(store, at(4, 4), settings)
    tool.release(store, at(4, 4), settings)
    assert bool(store.array.any()) == (name == "grey-brush")


def drawn(name: str, *places: tuple[float, float]) -> np.ndarray:
    store = ArrayLabelStore(np.zeros((1, 40, 60), np.uint32))
    tool, settings = TOOLS[name].factory(), how(name, None)
    path = [ToolPoint(Plane.XY, 0, row, column) for row, column in places]
    tool.press(store, path[0], settings)
    for point in path[1:]:
        tool.move(store, point, settings)
    assert len(tool.collected) > len(path)
    assert not store.array.any()
    tool.release(store, path[-1], settings)
    return store.array[0] == 4


def test_a_rectangle_reaches_from_corner_to_corner() -> None:
    mask = drawn("box", (30, 40), (5, 10), (10, 20))
    expected = np.zeros((40, 60), bool)
    expected[10:30, 20:40] = True
    np.testing.assert_array_equal(mask, expected)


def test_an_ellipse_fits_between_its_corners() -> None:
    mask = drawn("ellipse", (5, 10), (35, 50))
    assert abs(mask.sum() / (np.pi * 15 * 20) - 1) < 0.02
    assert (np.flatnonzero(mask.any(1))[[0, -1]].tolist(), np.flatnonzero(mask.any(0))[[0, -1]].tolist()) == (
        [5, 34], [10, 49],
    )  # fmt: skip


def test_a_lasso_closes_itself_and_stays_inside_the_image() -> None:
    mask = drawn("lasso", (10, 10), (10, 30), (30, 30))
    assert abs(mask.sum() - 200) < 25
    assert drawn("lasso", (-20, -20), (-20, 90), (60, 90), (60, -20)).all()


def test_a_livewire_with_five_clicks_follows_the_disc() -> None:
    image = disc_image()
    store, settings = empty(image), how("livewire", image)
    tool = TOOLS["livewire"].factory()
    for turn in np.arange(5) * 2 * np.pi / 5:
        point = at(DISC_MIDDLE + 31 * np.sin(turn), DISC_MIDDLE + 31 * np.cos(turn))
        tool.hover(store, point, settings)
        tool.press(store, point, settings)
        tool.release(store, point, settings)
    assert tool.finish(store, settings) is not None
    straight = 5 / 2 * 31**2 * np.sin(2 * np.pi / 5) / (np.pi * 30**2)
    assert overlap(store.array[0] > 0, DISC) > 0.95 > straight


def drawn_round(tool: Any, store: ArrayLabelStore, settings: ToolSettings[Any], share: float = 1.0) -> Any:
    """A drag that wobbles by 3 px around the edge of the disc, as far round as ``share``; what letting go gives."""
    turns = np.linspace(0, 2 * np.pi * share, 60)
    radii = DISC_RADIUS + 3 * np.sin(7 * turns)
    path = [at(DISC_MIDDLE + r * np.sin(t), DISC_MIDDLE + r * np.cos(t)) for r, t in zip(radii, turns, strict=True)]
    tool.press(store, path[0], settings)
    for point in path[1:]:
        tool.move(store, point, settings)
    return tool.release(store, path[-1], settings)


def test_a_livewire_drawn_round_a_thing_clings_to_its_edge_and_labels_it() -> None:
    image = disc_image()
    found = {}
    for name in ("lasso", "livewire"):
        store = empty(image)
        assert drawn_round(TOOLS[name].factory(), store, how(name, image)) is not None
        found[name] = overlap(store.array[0] > 0, DISC)
        assert not store.array[1:].any()
    assert found["livewire"] > 0.97 > found["lasso"]


def test_a_small_thing_is_drawn_round_without_a_short_cut() -> None:
    rows, columns = np.ogrid[:100, :100]
    small = (rows - DISC_MIDDLE) ** 2 + (columns - DISC_MIDDLE) ** 2 <= 7**2
    image = np.where(small, 1000.0, 100.0)[None]
    store, settings = empty(image), how("livewire", image)
    tool = TOOLS["livewire"].factory()
    turns = np.linspace(0, 2 * np.pi, 30)
    path = [at(DISC_MIDDLE + 7 * np.sin(t), DISC_MIDDLE + 7 * np.cos(t)) for t in turns]
    tool.press(store, path[0], settings)
    for point in path[1:]:
        tool.move(store, point, settings)
    assert tool.release(store, path[-1], settings) is not None
    assert overlap(store.array[0] > 0, small) > 0.8


def test_a_livewire_drag_that_ends_elsewhere_goes_on_with_clicks() -> None:
    image = disc_image()
    store, settings = empty(image), how("livewire", image)
    tool = TOOLS["livewire"].factory()
    assert drawn_round(tool, store, settings, share=0.7) is None
    assert not store.array.any()
    corner = at(DISC_MIDDLE - 22, DISC_MIDDLE + 22)
    tool.press(store, corner, settings)
    assert tool.release(store, corner, settings) is None
    assert tool.finish(store, settings) is not None
    assert overlap(store.array[0] > 0, DISC) > 0.95
    tool.press(store, at(50, 80), settings)
    tool.move(store, at(60, 80), settings)
    tool.cancel(store)
    assert tool.collected == ()


def test_a_livewire_drag_keeps_inside_the_image_and_does_without_one() -> None:
    image = disc_image()
    for seen in (image, None):
        store, settings = empty(image), how("livewire", seen)
        tool = TOOLS["livewire"].factory()
        path = [at(-9, -9), at(-9, 120), at(120, 120), at(120, -9), at(-9, -9)]
        tool.press(store, path[0], settings)
        for point in path[1:]:
            tool.move(store, point, settings)
        assert tool.release(store, path[-1], settings) is not None
        assert (store.array[0] > 0).mean() > 0.9


def test_a_livewire_shows_its_way_and_takes_corners_back() -> None:
    image = disc_image()
    store, settings = empty(image), how("livewire", image)
    tool = TOOLS["livewire"].factory()
    assert not tool.hover(store, at(50, 80), settings)
    tool.press(store, at(50, 80), settings)
    assert tool.hover(store, at(20, 50), settings)
    shown = tool.collected
    assert len(shown) > 20
    assert shown[-1] == at(20, 50)
    tool.press(store, at(20, 50), settings)
    tool.step_back()
    assert tool.collected == (at(50, 80),)
    assert tool.hover(store, at(20, 50), settings)
    assert tool.collected == shown
    tool.step_back()
    assert tool.collected == ()
    tool.step_back()
    assert tool.finish(store, settings) is None


def test_a_livewire_on_another_slice_begins_anew_and_without_an_image_is_straight() -> None:
    store, settings = ArrayLabelStore(np.zeros((2, 30, 30), np.uint32)), how("livewire", None)
    tool = TOOLS["livewire"].factory()
    tool.press(store, at(5, 5), settings)
    for row, column in ((5, 5), (5, 20), (20, 20)):
        tool.press(store, at(row, column, 1), settings)
    assert not tool.hover(store, at(9, 9, 0), settings)
    assert tool.finish(store, settings) is not None
    assert np.count_nonzero(store.array[1]) == 16 * 17 // 2
    assert not store.array[0].any()


def test_the_way_out_of_reach_is_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    from desktop_app.core.labelling.tools import edge_ways

    monkeypatch.setattr(edge_ways, "_WINDOWS", ((10, 1), (20, 2)))
    image = disc_image()
    store, settings = empty(image), how("livewire", image)
    tool = TOOLS["livewire"].factory()
    tool.press(store, at(50, 80), settings)
    tool.hover(store, at(20, 50), settings)
    assert tool.collected == (at(50, 80), at(20, 50))


@pytest.mark.parametrize("factor", [2, 3])
def test_a_long_way_follows_the_edge_as_closely_as_a_short_one(monkeypatch: pytest.MonkeyPatch, factor: int) -> None:
    from desktop_app.core.labelling.tools import edge_ways

    def way() -> np.ndarray:
        image = disc_image()
        store, settings = empty(image), how("livewire", image)
        tool = TOOLS["livewire"].factory()
        tool.press(store, at(50, 80), settings)
        tool.hover(store, at(20, 50), settings)
        return np.array([(point.row, point.column) for point in tool.collected])

    near = way()
    monkeypatch.setattr(edge_ways, "_WINDOWS", ((10, 1), (256, factor)))
    far = way()
    assert len(far) > 30
    away = np.abs(np.hypot(*(far[1:-1] - DISC_MIDDLE - 0.5).T) - 30)
    assert away.max() < 3
    assert np.median(np.abs(far[:, None] - near).max(-1).min(1)) <= 1


def test_grey_values_are_read_where_they_are_needed() -> None:
    image, seen = disc_image(), list[Region]()

    def values(region: Region) -> np.ndarray:
        seen.append(region)
        return image[region.slices]

    settings = ToolSettings(4, TOOLS["grey-brush"].options(size_px=6), grey=values)
    tool, store = TOOLS["grey-brush"].factory(), empty(image)
    tool.press(store, at(50, 50), settings)
    tool.move(store, at(50, 55), settings)
    assert all(region.size < 200 for region in seen[2:])


def test_a_wand_that_was_written_down_takes_back_what_it_gives_up() -> None:
    image = np.tile(np.arange(60, dtype=np.uint8) * 4, (1, 60, 1))
    store, tool, settings = (
        empty(image),
        TOOLS["wand"].factory(),
        how("wand", image, wand_fits=False, tolerance=20, smooth=False),
    )
    replayed = empty(image)
    tool.press(store, ToolPoint(Plane.XY, 0, 30, 30), settings)
    for column in (60, 5, 80, 31):
        edit = tool.newest(store)
        if edit is not None:
            edit.apply(replayed)
        np.testing.assert_array_equal(replayed.array, store.array)
        tool.move(store, ToolPoint(Plane.XY, 0, 30, column), settings)
    whole = tool.release(store, ToolPoint(Plane.XY, 0, 30, 31), settings)
    whole.revert(store)
    assert not store.array.any()


def test_a_wand_that_was_written_down_and_then_takes_less_is_done_again_as_it_ended() -> None:
    image = np.tile(np.arange(60, dtype=np.uint8) * 4, (1, 60, 1))
    store, tool, settings = (
        empty(image),
        TOOLS["wand"].factory(),
        how("wand", image, wand_fits=False, tolerance=20, smooth=False),
    )
    replayed = empty(image)
    tool.press(store, ToolPoint(Plane.XY, 0, 30, 30), settings)
    tool.newest(store).apply(replayed)
    tool.move(store, ToolPoint(Plane.XY, 0, 30, 5), settings)  # to the left: less; killed before it is told again
    tool.release(store, ToolPoint(Plane.XY, 0, 30, 5), settings).apply(replayed)
    assert store.array.any()
    np.testing.assert_array_equal(replayed.array, store.array)


def test_the_grey_brush_keeps_within_a_range_wherever_it_begins() -> None:
    image = np.tile(np.arange(60, dtype=np.float32) * 10, (1, 60, 1))
    for ends in ((200, 300), (300, 200)):
        options = {"size_px": 20, "takes": "range", "darkest": ends[0], "brightest": ends[1]}
        store, settings = empty(image), how("grey-brush", image, **options)
        tool = TOOLS["grey-brush"].factory()
        tool.press(store, at(30, 2), settings)  # on what is darker than the range
        tool.move(store, at(30, 57), settings)
        tool.release(store, at(30, 57), settings)
        assert np.flatnonzero(store.array.any(axis=(0, 1))).tolist() == list(range(20, 31))


def test_a_way_stays_as_it_is_when_the_pointer_has_been_further_away() -> None:
    image = disc_image()
    store, settings = empty(image), how("livewire", image)
    ways = []
    for places in ([(27, 70)], [(20, 50), (27, 70)]):
        tool = TOOLS["livewire"].factory()
        tool.press(store, at(50, 80), settings)
        for place in places:
            tool.hover(store, at(*place), settings)
        ways.append(np.array([(point.row, point.column) for point in tool.collected]))
    assert len(ways[0]) > 15
    assert np.abs(ways[0][:, None] - ways[1]).max(-1).min(1).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("count", [1, 2, 7, 400, 60_001])
def test_the_range_of_grey_values_is_that_of_their_percentiles(dtype: type, count: int) -> None:
    values = np.random.default_rng(count).integers(0, 250, count).astype(dtype)
    step = max(1, count // 50_000)
    low, high = np.percentile(values[::step], (0.5, 99.5))
    assert grey._span(values) == pytest.approx(high - low)
    assert grey._span(values.astype(np.float64)) == pytest.approx(high - low, rel=1e-6)
