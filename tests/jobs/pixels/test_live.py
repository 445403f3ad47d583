from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.config.pixels import PixelClasses, PixelSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.jobs.pixels import live
from desktop_app.jobs.pixels.live import LivePixels, LiveRequest

SQUARE = np.zeros((3, 80, 90), bool)
SQUARE[:, 20:60, 30:70] = True
VOLUME = Volume.from_array(np.where(SQUARE, 180, 60) + np.random.default_rng(0).integers(0, 20, SQUARE.shape))
CLASSES = PixelClasses(
    class_values=(4,), class_names=("Cell",), background=9, settings=PixelSettings(largest_px=4)
)  # fmt: skip
WHOLE = Region((1, 0, 0), (2, 80, 90))


def strokes() -> ArrayLabelStore:
    store = ArrayLabelStore(np.zeros(SQUARE.shape, np.uint32))
    store.array[1, 40, 35:65] = 4
    store.array[1, 10, 5:80] = 9
    return store


def ask(pixels: LivePixels, store: ArrayLabelStore, region: Region = WHOLE, classes: PixelClasses = CLASSES):
    return pixels.propose(LiveRequest(VOLUME, store, region, classes), RecordingContext())


def fits(labels: np.ndarray, region: Region) -> float:
    wanted = SQUARE[region.slices]
    return float((labels.astype(bool) & wanted).sum() / (labels.astype(bool) | wanted).sum())


@pytest.mark.parametrize("most", [10**6, 700])
def test_a_proposal_has_the_values_of_the_classes(monkeypatch, most: int) -> None:
    monkeypatch.setattr(live, "_LIVE_PIXELS", most)
    answer = ask(LivePixels(), strokes())
    assert answer.pixels == 105
    assert set(np.unique(answer.labels)) == {0, 4}
    assert fits(answer.labels, WHOLE) > 0.85


def test_strokes_outside_of_what_is_seen_and_on_other_slices_count() -> None:
    pixels, store = LivePixels(), strokes()
    part = Region((1, 30, 20), (2, 50, 50))
    assert ask(pixels, store, part).pixels == 105
    other = Region((2, 0, 0), (3, 80, 90))
    answer = ask(pixels, store, other)
    assert answer.pixels == 105
    assert fits(answer.labels, other) > 0.8
    store.array[2, 5, :40] = 9
    assert ask(pixels, store, other).pixels == 145
    assert ask(pixels, store).pixels == 145


@pytest.mark.parametrize("plane", list(Plane))
def test_each_plane_has_its_proposal_from_strokes_of_any(plane: Plane) -> None:
    rng, ball = np.random.default_rng(0), np.zeros((30, 60, 50), bool)
    z, y, x = np.ogrid[:30, :60, :50]
    ball |= ((z - 15) / 12) ** 2 + ((y - 30) / 22) ** 2 + ((x - 25) / 20) ** 2 < 1
    volume = Volume.from_array(np.where(ball, 180, 60) + rng.integers(0, 20, ball.shape))
    store = ArrayLabelStore(np.zeros(ball.shape, np.uint32))
    store.array[15, 30, 10:40] = 4  # in xy; the other planes cross it
    store.array[15, 4, 5:45] = 9
    store.array[2:28, 5, 3] = 9  # in yz
    depth = ball.shape[plane.depth_axis] // 2
    pixels, region = LivePixels(), plane.slab(ball.shape, depth)
    answer = pixels.propose(LiveRequest(volume, store, region, CLASSES, plane), RecordingContext())
    assert answer.labels.shape == region.shape
    found, wanted = answer.labels == 4, ball[region.slices]
    assert (found & wanted).sum() / (found | wanted).sum() > 0.8


def test_objects_are_one_class_and_other_meanings_begin_anew() -> None:
    pixels, store = LivePixels(), strokes()
    ask(pixels, store)
    store.array[1, 45, 35:65] = 5
    objects = PixelClasses(kind="objects", background=9, settings=PixelSettings(largest_px=4))
    answer = ask(pixels, store, classes=objects)
    assert answer.pixels == 135
    assert set(np.unique(answer.labels)) == {0, 1}


def test_one_class_alone_and_too_much_at_once_are_told(monkeypatch) -> None:
    with pytest.raises(UserError, match="Only Cell has strokes"):
        ask(LivePixels(), strokes(), classes=CLASSES.model_copy(update={"background": None}))
    monkeypatch.setattr(live, "MOST_PIXELS", 100)
    with pytest.raises(UserError, match="Too much"):
        ask(LivePixels(), strokes())
