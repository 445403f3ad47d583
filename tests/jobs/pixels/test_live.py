from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.config.pixels import PixelClasses, PixelSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.jobs.pixels import live
from desktop_app.jobs.pixels.live import LivePixels, LiveRequest
from desktop_app.jobs.pixels.samples import Looking

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


def test_what_is_ready_gives_the_same_proposal_and_looks_at_nothing_again(monkeypatch) -> None:
    pixels, store = LivePixels(), strokes()
    request = LiveRequest(VOLUME, store, WHOLE, CLASSES)
    pixels.get_ready(request, RecordingContext())
    looked = []
    monkeypatch.setattr(Looking, "slice_numbers", lambda *_args: looked.append(1))
    answer = pixels.propose(request, RecordingContext())
    assert not looked
    monkeypatch.undo()
    np.testing.assert_array_equal(answer.labels, ask(LivePixels(), strokes()).labels)


def test_strokes_painted_since_elsewhere_count_once_they_are_told() -> None:
    pixels, store = LivePixels(), strokes()
    pixels.get_ready(LiveRequest(VOLUME, store, WHOLE, CLASSES), RecordingContext())
    store.array[2, 5, :40] = 9
    pixels.on_edit(Region((2, 5, 0), (3, 6, 40)))
    assert ask(pixels, store).pixels == 145
    store.array[2, 5, :30] = 0
    pixels.on_edit(Region((2, 5, 0), (3, 6, 40)))
    assert ask(pixels, store).pixels == 115


def test_the_slices_on_both_sides_have_a_say_in_what_is_refined() -> None:
    noisy = VOLUME.read(Region.whole(SQUARE.shape)).astype(np.float32)
    noisy[1] += np.random.default_rng(1).normal(0, 150, SQUARE.shape[1:])
    volume, pixels, store = Volume.from_array(noisy), LivePixels(), strokes()
    store.array[2] = store.array[1]
    request = LiveRequest(volume, store, WHOLE, CLASSES)
    first = pixels.propose(request, RecordingContext())
    refined = pixels.refine(request, RecordingContext())
    assert first.refinable
    assert not refined.refinable
    assert fits(first.labels, WHOLE) < fits(refined.labels, WHOLE)
    assert pixels.refine(LiveRequest(volume, store, WHOLE, CLASSES), RecordingContext()) is None


@pytest.mark.parametrize(("depth", "spacing", "refinable"), [(1, 1.0, False), (3, 1.0, True), (3, 9.0, False)])
def test_slices_far_apart_or_missing_refine_nothing(depth: int, spacing: float, refinable: bool) -> None:
    volume = Volume.from_array(
        VOLUME.read(Region.whole(SQUARE.shape))[:depth], voxel_size=VoxelSize(z=spacing, y=1, x=1, unit="µm")
    )
    place = min(1, depth - 1)
    store = ArrayLabelStore(np.roll(strokes().array, place - 1, axis=0)[:depth])
    request = LiveRequest(volume, store, Region((place, 0, 0), (place + 1, 80, 90)), CLASSES)
    assert LivePixels().propose(request, RecordingContext()).refinable == refinable


def test_a_part_of_a_slice_too_large_for_memory_is_looked_at_by_itself(monkeypatch) -> None:
    part = Region((1, 10, 10), (2, 70, 80))
    whole = ask(LivePixels(), strokes(), part)
    monkeypatch.setattr(live, "MOST_PIXELS", part.size)
    alone = ask(LivePixels(), strokes(), part)
    assert alone.pixels == whole.pixels
    assert (alone.labels == whole.labels).mean() > 0.99


class _Watched(ArrayLabelStore):
    """Labels that are empty but for one piece, and remember what was read of them."""

    def pieces(self) -> list[Region]:
        return [Region((1, 0, 0), (2, 40, 90)), Region((1, 40, 0), (2, 80, 90))]

    def read(self, region: Region) -> np.ndarray:
        self.read_boxes.append(region)
        return super().read(region)


def test_strokes_are_looked_for_where_there_are_labels_alone() -> None:
    store = _Watched(strokes().array)
    store.read_boxes = []
    pixels = LivePixels()
    pixels.get_ready(LiveRequest(VOLUME, store, Region((0, 0, 0), (1, 80, 90)), CLASSES), RecordingContext())
    assert store.read_boxes == store.pieces()
    assert ask(pixels, store, Region((0, 0, 0), (1, 80, 90))).pixels == 105
