from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.io.disk_state import disk_state


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with two levels of chunks."""
    root = tmp_path / "em.ome.zarr"
    for level in range(2):
        for chunk in range(3):
            path = root / str(level) / "c" / str(chunk)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"voxels")
    return root


def rewritten(root: Path) -> None:
    """Other voxels of the same size, a second later."""
    path = root / "0" / "c" / "1"
    seconds = path.stat().st_mtime_ns + 10**9
    path.write_bytes(b"VOXELS")
    os.utime(path, ns=(seconds, seconds))


def restored(root: Path) -> None:
    """A chunk as old as an earlier one, as a copy that keeps the times makes it."""
    os.utime(root / "1" / "c" / "2", ns=(10**18, 10**18))


CHANGES: dict[str, Callable[[Path], object]] = {
    "rewritten": rewritten,
    "restored": restored,
    "longer": lambda root: (root / "1" / "c" / "0").write_bytes(b"more voxels"),
    "gone": lambda root: (root / "0" / "c" / "2").unlink(),
    "new": lambda root: (root / "0" / "c" / "3").touch(),
    "renamed": lambda root: (root / "0" / "c" / "0").rename(root / "0" / "c" / "9"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_any_change_of_a_chunk_is_noticed(image: Path, name: str):
    before = disk_state(image)
    assert disk_state(image) == before
    CHANGES[name](image)
    assert disk_state(image) != before


def test_a_copy_with_its_times_is_the_same(image: Path, tmp_path: Path):
    copy = shutil.copytree(image, tmp_path / "copy.ome.zarr")
    assert disk_state(copy) == disk_state(image)


def test_links_are_the_files_that_they_lead_to(image: Path, tmp_path: Path):
    chunk = tmp_path / "chunk"
    chunk.write_bytes(b"abc")
    link = image / "0" / "c" / "linked"
    try:
        link.symlink_to(chunk)
    except OSError:
        pytest.skip("no links here")
    before = disk_state(image)
    chunk.write_bytes(b"abcd")
    after = disk_state(image)
    chunk.unlink()
    assert len({before, after, disk_state(image)}) == 3


def test_a_file_changes_with_its_size_and_time(tmp_path: Path):
    path = tmp_path / "em.tif"
    path.write_bytes(b"abc")
    states = {disk_state(path)}
    path.write_bytes(b"abcd")
    states.add(disk_state(path))
    os.utime(path, ns=(0, 0))
    states.add(disk_state(path))
    assert len(states) == 3


def test_what_is_gone_cannot_be_told(tmp_path: Path):
    with pytest.raises(OSError, match=r"em\.tif"):
        disk_state(tmp_path / "em.tif")
