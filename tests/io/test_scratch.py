from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Region
from desktop_app.io import scratch
from desktop_app.io.scratch import ScratchArray, remove_scratch, scratch_file, scratch_folder


@pytest.mark.parametrize("size", [0, 12_345])
def test_the_file_has_its_size_from_the_start(tmp_path, size):
    path = scratch_file(size, ".maps", tmp_path)
    assert path.parent == tmp_path
    assert path.suffix == ".maps"
    assert path.stat().st_size == size


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is taken in another way on this system")
def test_a_full_disk_is_said_at_once_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(UnwritableFileError, match=r"no room for 2\.0 GB"):
        scratch_file(2**31, ".maps", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_is_said(tmp_path):
    with pytest.raises(UnwritableFileError, match="gone"):
        scratch_file(10, ".maps", tmp_path / "gone")


@given(data=st.data())
def test_boxes_come_back_as_they_were_written(data, tmp_path_factory):
    shape = data.draw(st.tuples(*[st.integers(1, 6)] * 3))
    array = ScratchArray(shape, np.float16, ".maps", tmp_path_factory.mktemp("scratch"))
    wanted = np.zeros(shape, np.float16)
    for _ in range(3):
        start = [data.draw(st.integers(0, n - 1)) for n in shape]
        stop = [data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True)]
        region = Region(tuple(start), tuple(stop))
        values = np.random.default_rng(sum(start)).random(region.shape).astype(np.float32)
        array.write(region, values)
        wanted[region.slices] = values
        assert (array.read(region) == values.astype(np.float16)).all()
    assert (array.read(Region.whole(shape)) == wanted).all()
    array.close()
    assert not array.path.exists()


KILLED = """
import os
import sys
import tempfile
from pathlib import Path

from desktop_app.io.scratch import ScratchArray, scratch_file, scratch_folder

tempfile.tempdir = sys.argv[1]
scratch_file(5, ".raw")
array = ScratchArray((2, 3, 4), "uint8", ".labels", Path(sys.argv[1]))
with scratch_folder("samples") as folder:
    (folder / "0.npy").write_bytes(b"x")
    os._exit(9)
"""


def test_what_a_killed_program_left_goes_when_the_next_one_needs_room(tmp_path, monkeypatch):
    """And nothing else: files of programs that run, of other computers, and of whoever uses the name."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, check=False)
    assert ended.returncode == 9, ended.stderr.decode()
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == 3
    elsewhere = f"voxelwright-{'0' * 8}-{'0' * 8}-1-1-x.maps"
    for name in (elsewhere, "voxelwright-notes.txt", "voxelwright-1.maps"):
        (tmp_path / name).write_text("keep")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_looked_through", set())
    own = scratch_file(7, ".maps", tmp_path)
    with scratch_folder("samples") as folder:
        assert {path.name for path in tmp_path.iterdir()} == {
            own.name, folder.name, elsewhere, "voxelwright-notes.txt", "voxelwright-1.maps",
        }  # fmt: skip
        monkeypatch.setattr(scratch, "_looked_through", set())
        remove_scratch(tmp_path)
        assert own.exists()
        assert folder.exists()
    assert not folder.exists()
    assert left.isdisjoint({path.name for path in tmp_path.iterdir()})
