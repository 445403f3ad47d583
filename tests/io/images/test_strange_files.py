"""Files that are no files, that promise too much, or that have names of another world: one sentence, and no waiting."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
import zarr

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Volume
from desktop_app.io.images.registry import is_image_file, list_images, open_volume, write_volume

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
NO_TEXT = os.fsdecode(b"bad\xff\xfe.tif")


def _image(path: Path) -> Path:
    volume = Volume.from_array(np.arange(4 * 8 * 8, dtype=np.uint16).reshape(4, 8, 8))
    write_volume(path, volume.source, volume)
    return path


@pipes
@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.ome.tif"])
def test_a_pipe_is_no_image(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert list_images(tmp_path) == []
    with pytest.raises(UnreadableFileError, match="a pipe or a device"):
        open_volume(tmp_path / name)


@pipes
@pytest.mark.parametrize("file", [".zattrs", ".zgroup", "0/.zarray", "0/0/0/0"])
def test_a_pipe_inside_a_zarr_is_not_waited_for(tmp_path: Path, file: str) -> None:
    path = _image(tmp_path / "a.ome.zarr")
    (path / file).unlink()
    os.mkfifo(path / file)
    with pytest.raises(UnreadableFileError):
        open_volume(path).read()


def test_a_device_is_no_image(tmp_path: Path) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("this system has no devices as files")
    (tmp_path / "a.tif").symlink_to("/dev/zero")
    assert list_images(tmp_path) == []
    with pytest.raises(UnreadableFileError, match="a pipe or a device"):
        open_volume(tmp_path / "a.tif")


def test_a_circle_of_links_is_told_and_the_others_are_listed(tmp_path: Path) -> None:
    _image(tmp_path / "good.tif")
    (tmp_path / "a.tif").symlink_to(tmp_path / "b.tif")
    (tmp_path / "b.tif").symlink_to(tmp_path / "a.tif")
    assert list_images(tmp_path) == [tmp_path / "good.tif"]
    assert not is_image_file(tmp_path / "a.tif")
    with pytest.raises(UnreadableFileError, match="leads in a circle"):
        open_volume(tmp_path / "a.tif")


def test_names_that_are_no_text_are_read_written_and_shown_escaped(tmp_path: Path) -> None:
    try:
        path = _image(tmp_path / NO_TEXT)
    except (OSError, UnicodeError):
        pytest.skip("this disk takes only names that are text")
    assert list_images(tmp_path) == [path]
    assert open_volume(path).shape == (4, 8, 8)
    path.write_bytes(b"")
    with pytest.raises(UnreadableFileError) as caught:
        open_volume(path)
    assert caught.value.message == r"Cannot open bad\xff\xfe.tif: the file is empty (zero bytes)."
    caught.value.details.encode()


def test_no_image_has_so_many_channels(tmp_path: Path) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), shape=(10**9, 2, 8, 8), chunks=(1, 1, 8, 8), dtype="uint8")
    with pytest.raises(UnreadableFileError, match="promises 1,000,000,000 channels"):
        open_volume(tmp_path / "a.zarr")


def test_a_slice_larger_than_memory_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), shape=(1, 10**6, 10**6), chunks=(1, 512, 512), dtype="uint16")
    volume = open_volume(tmp_path / "a.zarr")
    with pytest.raises(UnreadableFileError, match=r"needs 2,000\.0 GB of memory"):
        volume.read()
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20_000, 20_000), np.uint8), compression="zlib", rowsperstrip=20_000)
    small = psutil.virtual_memory()._replace(available=100 * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: small)
    with pytest.raises(UnreadableFileError, match=r"needs 0\.4 GB of memory, and 0\.1 GB are free"):
        open_volume(tmp_path / "a.tif").read()
