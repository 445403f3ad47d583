from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from desktop_app.jobs.train.folder_pairs import FolderPairs, pairs_in_folders


def write(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        tifffile.imwrite(folder / name, np.zeros((8, 8), np.uint8))
    return folder


def test_a_known_layout_is_found_by_itself(tmp_path: Path) -> None:
    write(tmp_path / "images", "a.tif", "b.tif")
    write(tmp_path / "labels", "a.tif")
    found = pairs_in_folders(tmp_path, None)
    assert [p.name for p in found.pairs] == ["a"]
    assert "b.tif" in found.describe_alone()


def test_a_folder_without_labels_gives_nothing(tmp_path: Path) -> None:
    assert pairs_in_folders(write(tmp_path / "x", "a.tif"), None) == FolderPairs()


def test_two_folders_are_paired_by_name_then_by_order(tmp_path: Path) -> None:
    images, labels = write(tmp_path / "one", "a.tif", "q2.tif"), write(tmp_path / "two", "a.tif", "z9.tif")
    found = pairs_in_folders(images, labels)
    assert ([p.name for p in found.pairs], found.by_order_possible) == (["a"], True)
    agreed = pairs_in_folders(images, labels, by_order=True)
    assert sorted((Path(p.image).name, Path(p.labels).name) for p in agreed.pairs) == [
        ("a.tif", "a.tif"), ("q2.tif", "z9.tif"),
    ]  # fmt: skip
    assert agreed.describe_alone() == ""


def test_many_lonely_files_are_counted() -> None:
    found = FolderPairs((), tuple(Path(f"{i}.tif") for i in range(5)))
    assert found.describe_alone().endswith("0.tif, 1.tif, 2.tif and 2 more.")


def test_a_part_of_nnunet_without_labels_is_told() -> None:
    found = FolderPairs(unlabelled=(Path("imagesTs/a_0000.tif"),))
    assert "no folder labelsTs): 1 image in imagesTs." in found.describe_alone()
