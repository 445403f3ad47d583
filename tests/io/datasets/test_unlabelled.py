from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.datasets import images_in_folder


def _write(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(file, np.zeros((4, 4), np.uint8))


def _found(folder: Path) -> list[tuple[str, str, bool]]:
    return [(pair.name, pair.role, pair.labels is not None) for pair in images_in_folder(folder)]


def test_images_of_a_plain_folder_are_taken_and_label_files_are_not(tmp_path: Path) -> None:
    _write(tmp_path / "a.tif", tmp_path / "b.tif", tmp_path / "c_mask.tif")
    assert _found(tmp_path) == [("a", "auto", False), ("b", "auto", False)]


def test_labels_are_kept_where_there_are_some(tmp_path: Path) -> None:
    _write(*(tmp_path / "images" / f"{name}.tif" for name in "abc"), tmp_path / "labels" / "b.tif")
    assert _found(tmp_path) == [("b", "auto", True), ("a", "auto", False), ("c", "auto", False)]


def test_folders_for_the_parts_tell_them(tmp_path: Path) -> None:
    _write(tmp_path / "train" / "images" / "a.tif", tmp_path / "val" / "b.tif", tmp_path / "other" / "c.tif")
    assert _found(tmp_path) == [("a", "train", False), ("b", "validation", False)]


def test_nothing_is_found_in_an_empty_folder_and_a_missing_one_is_told(tmp_path: Path) -> None:
    assert images_in_folder(tmp_path) == ()
    with pytest.raises(UnreadableFileError, match="there is no such folder"):
        images_in_folder(tmp_path / "gone")
