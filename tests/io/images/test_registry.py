"""Finding images, and what is said about files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.imaging import Volume
from desktop_app.io.images.registry import (
    image_stem,
    is_image_file,
    list_images,
    open_volume,
    write_volume,
)


def _write(path: Path) -> None:
    volume = Volume.from_array(np.zeros((2, 3, 4), np.uint8))
    write_volume(path, volume.source, volume)


def test_images_of_a_folder_in_counting_order(tmp_path: Path) -> None:
    for name in ("z10.tif", "z2.tif", "Z1.TIF", "a.ome.zarr"):
        _write(tmp_path / name)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.tif").write_bytes(b"x")
    (tmp_path / "folder.tif").mkdir()
    assert [p.name for p in list_images(tmp_path)] == ["a.ome.zarr", "Z1.TIF", "z2.tif", "z10.tif"]


def test_folder_without_images_is_an_empty_list_and_a_missing_one_an_error(tmp_path: Path) -> None:
    assert list_images(tmp_path) == []
    with pytest.raises(UnreadableFileError, match="gone"):
        list_images(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("a.tif", None, "no such file"),
        ("a.oir", b"x", "no image format known here"),
        ("noending", b"x", "no image format known here"),
        ("a.zarr", b"x", "it is a file"),
        ("b.zarr", None, "no such folder"),
    ],
)
def test_what_cannot_be_opened(tmp_path: Path, name: str, make: bytes | None, words: str) -> None:
    if make is not None:
        (tmp_path / name).write_bytes(make)
    with pytest.raises(UnreadableFileError, match=words) as caught:
        open_volume(tmp_path / name)
    assert name in caught.value.message


def test_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.tif").mkdir()
    (tmp_path / "stack").mkdir()
    with pytest.raises(UnreadableFileError, match=r"x\.tif: it is a folder"):
        open_volume(tmp_path / "x.tif")
    with pytest.raises(UnreadableFileError, match="stack: it is a folder"):
        open_volume(tmp_path / "stack")


def test_unknown_endings_are_not_written(tmp_path: Path) -> None:
    volume = Volume.from_array(np.zeros((2, 3, 4), np.uint8))
    with pytest.raises(UnwritableFileError, match=r"saved as \.tif"):
        write_volume(tmp_path / "a.jpg", volume.source, volume)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "stem"), [("a.b.tif", "a.b"), ("a.ome.tiff", "a"), ("a.OME.TIF", "a"), ("a.ome.zarr", "a"), ("a.txt", "a")]
)
def test_stems(name: str, stem: str) -> None:
    assert image_stem(Path(name)) == stem


def test_only_existing_files_count_as_images(tmp_path: Path) -> None:
    assert not is_image_file(tmp_path / "a.tif")
