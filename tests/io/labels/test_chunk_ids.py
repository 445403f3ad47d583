from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.imaging import Region
from desktop_app.core.labelling import ArrayLabelStore, LabelStore
from desktop_app.io.labels.chunk_ids import ChunkIds
from desktop_app.io.labels.chunks import ChunkFolder
from desktop_app.io.labels.label_file import LabelFile

SHAPE = (20, 150, 140)


def regions_of(store: LabelStore, *ids: int) -> np.ndarray:
    """Where pieces say that they hold some ids."""
    found = np.zeros(store.shape, bool)
    for piece in store.pieces():
        if store.holds(piece, np.array(sorted(ids), np.uint32)):
            found[piece.slices] = True
    return found


@pytest.fixture(params=["file", "array"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LabelStore:
    if request.param == "array":
        return ArrayLabelStore(np.zeros(SHAPE, np.uint32))
    return LabelFile.create(tmp_path / "a.ome.zarr", SHAPE)


def test_pieces_that_hold_an_object_hold_all_of_it(store: LabelStore) -> None:
    rng = np.random.default_rng(0)
    expected = np.zeros(SHAPE, np.uint32)
    for number in range(1, 40):
        z, y, x = (int(rng.integers(0, n - 9)) for n in SHAPE)
        box = Region((z, y, x), (z + 8, y + 8, x + 8))
        store.write(box, np.full(box.shape, number, np.uint32))
        expected[box.slices] = number
        assert not (expected == number)[~regions_of(store, number)].any()
    for ids in ((5,), (7, 300), (1, 2, 39)):
        assert not np.isin(expected, ids)[~regions_of(store, *ids)].any()
    assert not regions_of(store, 400).any()
    assert not regions_of(store).any()


def test_what_changes_is_looked_at_again(tmp_path: Path) -> None:
    store = LabelFile.create(tmp_path / "a.ome.zarr", SHAPE)
    box = Region((0, 0, 0), (2, 4, 4))
    store.write(box, np.full(box.shape, 3, np.uint32))
    assert regions_of(store, 3).sum() == 8 * 128 * 128
    store.flush()
    store.write(box, np.full(box.shape, 4, np.uint32))
    assert not regions_of(store, 3).any()
    assert regions_of(store, 4).any()
    store.close()
    again = LabelFile.open(tmp_path / "a.ome.zarr")
    assert regions_of(again, 4).sum() == 8 * 128 * 128


@given(held=st.sets(st.integers(0, 30)), asked=st.sets(st.integers(0, 30)))
@settings(max_examples=60, deadline=None)
def test_a_chunk_holds_what_it_shares(held: set[int], asked: set[int]) -> None:
    ids = ChunkIds()
    ids.learn((0, 0, 0), np.array(sorted(held), np.uint32).reshape(1, 1, -1) if held else None)
    assert ids.any_of((0, 0, 0), np.array(sorted(asked), np.uint32)) == bool(held & asked)
    assert ids.known((0, 0, 0))
    ids.forget((0, 0, 0))
    assert not ids.known((0, 0, 0))


def test_ids_are_learned_ahead_without_filling_the_memory(tmp_path: Path) -> None:
    labels = LabelFile.create(tmp_path / "a.ome.zarr", (16, 140, 20))
    labels.write(Region((3, 4, 5), (12, 130, 9)), np.full((9, 126, 4), 7, np.uint32))
    labels.close()
    labels = LabelFile(tmp_path / "a.ome.zarr", cache_bytes=1)
    labels.learn_ids()
    assert labels._bytes == 0, "chunks that are only looked at are not kept"
    assert all(labels._ids.known(place) for place in labels._filled_places())
    labels.write(Region((3, 4, 5), (4, 5, 6)), np.full((1, 1, 1), 9, np.uint32))
    held = [labels.holds(piece, np.array([9], np.uint32)) for piece in labels.pieces()]
    assert held.count(True) == 1, "what is changed after that is seen"
    labels.close()
    fresh = LabelFile.open(tmp_path / "a.ome.zarr")
    fresh.close()
    fresh.learn_ids()
    assert not any(fresh._ids.known(place) for place in fresh._filled_places()), "closed labels are left alone"


def test_labels_that_are_opened_again_know_where_objects_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ome.zarr"
    labels = LabelFile.create(path, (16, 140, 20))
    labels.write(Region((3, 4, 5), (12, 130, 9)), np.full((9, 126, 4), 7, np.uint32))
    labels.flush()
    for chunk in (path / "0").rglob("*"):
        os.utime(chunk, (1e9, 1e9))
    labels.learn_ids()
    labels.close()

    read: list[object] = []
    honest = ChunkFolder.read
    monkeypatch.setattr(ChunkFolder, "read", lambda self, place: read.append(place) or honest(self, place))
    again = LabelFile.open(path)
    assert regions_of(again, 7).sum() == 16 * 140 * 20
    assert not regions_of(again, 8).any()
    assert not read, "nothing had to be read"
    again.write(Region((0, 0, 0), (1, 1, 1)), np.full((1, 1, 1), 8, np.uint32))
    assert regions_of(again, 8).sum() == 8 * 128 * 20, "what was painted since is found"
    again.close()
    assert regions_of(LabelFile.open(path), 8).sum() == 8 * 128 * 20, "what has changed just now is looked at anew"


@given(cut=st.integers(0, 400), flipped=st.integers(0, 400))
@settings(max_examples=30, deadline=None)
def test_damaged_kept_ids_are_no_matter(cut: int, flipped: int) -> None:
    with TemporaryDirectory() as folder:
        kept, stamp = Path(folder) / "ids", (1, 2)
        ids = ChunkIds(kept, lambda _: stamp)
        for place in range(3):
            ids.learn((place, 0, 0), np.array([[[0, place, 9]]], np.uint32))
        ids.keep()
        data = bytearray(kept.read_bytes())
        data[flipped % len(data)] ^= 255
        kept.write_bytes(data[: len(data) - cut] if cut < len(data) else b"")
        assert not ChunkIds(kept, lambda _: stamp).known((1, 0, 0))
