"""What is known of objects is the same whether it was followed through edits or worked out anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Region
from desktop_app.objects.measure import measure
from desktop_app.objects.proofreading.index import ObjectIndex
from desktop_app.objects.proofreading.piece_counts import UNKNOWN, piece_counts
from desktop_app.objects.proofreading.rows import Rows

SHAPE, TILE = (5, 15, 14), (2, 4, 5)


def _labels(seed: int, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Boxes of a few numbers, here and there, some over others."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint32)
    for number in rng.integers(1, 9, 12).tolist():
        start = [int(rng.integers(0, n)) for n in shape]
        stop = [a + int(rng.integers(1, 7)) for a in start]
        labels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))] = number
    return labels


def _same(one: Rows, other: Rows) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Rows.__slots__)


@given(
    seed=st.integers(0, 2**31),
    edits=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 14), st.integers(0, 13), st.integers(1, 8), st.integers(0, 9)),
        max_size=4,
    ),
)
@settings(max_examples=60, deadline=None)
def test_following_edits_gives_what_working_out_anew_gives(seed: int, edits: list[tuple[int, ...]]) -> None:
    labels = _labels(seed)
    grey = np.random.default_rng(seed + 1).integers(0, 255, SHAPE).astype(np.uint8)

    def read(region: Region) -> np.ndarray:
        return labels[region.slices].copy()

    def picture(region: Region) -> np.ndarray:
        return grey[region.slices]

    index = ObjectIndex.of(SHAPE, read, picture, tile=TILE)
    for z, y, x, edge, number in edits:
        region = Region((z, y, x), (z + 3, y + edge, x + edge)).intersect(Region.whole(SHAPE))
        before = ObjectIndex.of(SHAPE, read, picture, tile=TILE).rows
        labels[region.slices] = number
        changed = index.update(region, read, picture)
        after = ObjectIndex.of(SHAPE, read, picture, tile=TILE).rows
        assert _same(index.rows, after)
        kept = np.setdiff1d(np.union1d(before.ids, after.ids), changed)
        assert _same(before.chosen(before.places(kept)), after.chosen(after.places(kept)))


@pytest.mark.parametrize("shape", [(9, 30, 280), (1, 60, 530)])
def test_rows_agree_with_the_measurements_of_a_batch(shape: tuple[int, int, int]) -> None:
    labels = _labels(3, shape)
    grey = np.random.default_rng(4).normal(size=shape).astype(np.float32)
    grey[0, :5, :5] = np.nan
    rows = ObjectIndex.of(shape, lambda r: labels[r.slices], lambda r: grey[r.slices]).rows
    measured = measure(labels, grey)
    assert rows.ids.tolist() == [m.id for m in measured]
    assert rows.voxels.tolist() == [m.voxels for m in measured]
    assert [rows.box(place) for place in range(rows.ids.size)] == [m.box for m in measured]
    np.testing.assert_allclose(rows.sums / rows.voxels[:, None], [m.centroid for m in measured])
    np.testing.assert_allclose(rows.means, [m.grey[0].mean for m in measured], rtol=1e-6)
    assert rows.touches_border(shape).tolist() == [m.touches_border for m in measured]


@given(st.integers(0, 2**31))
def test_only_boxes_that_hold_labels_are_read(seed: int) -> None:
    labels = _labels(seed)
    labels[:, 8:] = 0
    read = []

    def look(region: Region) -> np.ndarray:
        read.append(region)
        return labels[region.slices]

    filled = [Region((0, 0, 0), (3, 8, 14)), Region((2, 3, 1), (5, 8, 20))]
    labels[3:, :, 0] = 0
    labels[3:, :3] = 0
    index = ObjectIndex.of(SHAPE, look, tile=TILE, filled=filled)
    assert _same(index.rows, ObjectIndex.of(SHAPE, lambda region: labels[region.slices], tile=TILE).rows)
    assert len(read) == len(set(read)) == 3 * 2 * 3
    assert all(region.stop[1] <= 8 for region in read)


def test_an_empty_image_has_no_rows_and_takes_its_first_object() -> None:
    labels = np.zeros((2, 5, 5), np.uint32)
    index = ObjectIndex.of(labels.shape, lambda r: labels[r.slices])
    assert index.rows.ids.size == 0
    assert index.update(Region.whole((2, 5, 5)), lambda r: labels[r.slices]).size == 0
    labels[1, 2, 3] = 7
    assert index.update(Region((1, 2, 3), (2, 3, 4)), lambda r: labels[r.slices]).tolist() == [7]
    assert index.rows.ids.tolist() == [7]
    assert index.rows.box(0) == Region((1, 2, 3), (2, 3, 4))


def test_pieces_are_counted_over_faces_edges_and_corners_but_not_over_other_objects() -> None:
    labels = np.zeros((3, 40, 600), np.uint32)
    labels[0, 0, 0] = labels[1, 1, 1] = 1  # by a corner: one piece
    labels[0, 10, 10:20] = 2
    labels[0, 10, 14] = 3  # parts object 2
    labels[2, 30, 5] = labels[2, 30, 590] = 4  # far apart
    rows = ObjectIndex.of(labels.shape, lambda r: labels[r.slices]).rows
    counts = piece_counts(lambda r: labels[r.slices], rows, labels.shape)
    assert dict(zip(rows.ids.tolist(), counts.tolist(), strict=True)) == {1: 1, 2: 2, 3: 1, 4: 2}


def test_objects_whose_box_is_too_large_are_left_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.objects.proofreading.piece_counts._MOST_VOXELS", 10)
    labels = np.zeros((1, 4, 4), np.uint32)
    labels[0, 0, 0] = labels[0, 3, 3] = 1
    rows = ObjectIndex.of(labels.shape, lambda r: labels[r.slices]).rows
    assert piece_counts(lambda r: labels[r.slices], rows, labels.shape).tolist() == [UNKNOWN]
