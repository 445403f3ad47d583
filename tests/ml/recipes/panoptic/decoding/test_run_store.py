"""Runs in memory and in a file."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Plane
from desktop_app.ml.recipes.panoptic.decoding.run_store import Lookups, RunStore, slabs
from desktop_app.objects.panoptic.runs import SliceRuns


def labels() -> NDArray[np.uint32]:
    rng = np.random.default_rng(3)
    return np.repeat(rng.integers(0, 4, (7, 9, 4)), 3, axis=2).astype(np.uint32)


def filled(plane: Plane, most_bytes: int, folder: Path) -> RunStore:
    store = RunStore(plane, most_bytes, folder)
    for one in np.moveaxis(labels(), plane.depth_axis, 0):
        store.append(SliceRuns.encode(np.ascontiguousarray(one)))
    return store


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("most", [0, 900, 10**9])
def test_slabs_are_what_was_stored_in_memory_and_on_disk(plane: Plane, most: int, tmp_path: Path) -> None:
    store = filled(plane, most, tmp_path)
    numbers = Lookups(np.array([0, 5, 6, 7], np.uint32))
    for low, high in ((0, 7), (2, 3), (4, 7)):
        wanted = np.where(labels() > 0, labels() + 4, 0)[low:high]
        assert np.array_equal(store.slab(low, high, numbers), wanted)
    assert len(list(tmp_path.iterdir())) == (0 if most > 10_000 else 1)
    assert len(store) == labels().shape[plane.depth_axis]
    store.close()
    assert not list(tmp_path.iterdir())


def test_a_slab_is_there_once(tmp_path: Path) -> None:
    store = RunStore(Plane.XY, 10**9, tmp_path)
    for _ in range(8):
        store.append(SliceRuns.encode(np.ones((256, 256), np.uint32)))
    tracemalloc.start()
    try:
        slab = store.slab(0, 8, Lookups(np.arange(2, dtype=np.uint32)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * slab.nbytes


def test_each_slice_has_its_own_numbers(tmp_path: Path) -> None:
    store = filled(Plane.XY, 10**9, tmp_path)
    luts = tuple(np.array([0, z, z, z], np.uint32) for z in range(7))
    assert np.array_equal(store.slab(3, 5, Lookups(luts)).max(axis=(1, 2)), [3, 4])


def test_empty_slices_leave_no_trace(tmp_path: Path) -> None:
    store = RunStore(Plane.XY, 0, tmp_path)
    for filling in (0, 1, 0):
        store.append(SliceRuns.encode(np.full((3, 4), filling, np.uint32)))
    assert store.slab(0, 3, Lookups(np.arange(2, dtype=np.uint32))).sum() == 12
    store.close()


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(UnwritableFileError, match="disk is full"):
        filled(Plane.XY, 0, tmp_path)


def test_slabs_share_out_the_slices() -> None:
    found = list(slabs((10, 4, 5), 3 * 4 * 4 * 5))
    assert [(r.start[0], r.stop[0]) for r in found] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert len(list(slabs((3, 1000, 1000), 1))) == 3
