"""nnU-Net's folders: channels go together, and cases are found whatever their numbers look like."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.io.datasets import (
    find_label_pairs,
    find_pairs,
    images_in_folder,
    pairs_in_folder,
    recognise,
    unlabelled_words,
)
from desktop_app.io.images.registry import open_volume
from tests.image_files import saved

SHAPE = (2, 4, 4)


def files(folder: Path, *names: str) -> None:
    for name in names:
        saved(folder / f"{name}.nii.gz", np.ones(SHAPE, np.uint8))


def test_each_case_has_all_its_channels(tmp_path: Path) -> None:
    files(tmp_path / "imagesTr", *(f"a_{case:03d}_{n:04d}" for case in range(3) for n in range(2)))
    files(tmp_path / "labelsTr", *(f"a_{case:03d}" for case in range(3)))
    pairs = pairs_in_folder(tmp_path)
    assert [pair.name for pair in pairs] == ["a_000", "a_001", "a_002"]
    assert all(open_volume(Path(pair.image)).channels == 2 for pair in pairs)


def test_cases_with_numbers_of_four_digits_are_cases(tmp_path: Path) -> None:
    for folder in ("imagesTr", "labelsTr"):
        files(tmp_path / folder, "amos_0000", "amos_0001", "amos_0004")
    assert [pair.name for pair in pairs_in_folder(tmp_path)] == ["amos_0000", "amos_0001", "amos_0004"]


def test_images_and_results_find_the_labels_of_their_case(tmp_path: Path) -> None:
    files(tmp_path / "imagesTs", "a_1_0000", "a_2_0000")
    files(tmp_path / "labelsTs", "a_1", "a_2")
    assert not find_pairs(tmp_path / "imagesTs", tmp_path / "labelsTs").unmatched_images
    files(tmp_path / "results", "a_1", "a_2")
    assert len(find_label_pairs(tmp_path / "results", tmp_path / "labelsTs").pairs) == 2


def test_a_part_without_a_folder_of_labels_is_told_and_its_images_serve_where_none_are_needed(tmp_path: Path) -> None:
    files(tmp_path / "imagesTr", "a_0000")
    files(tmp_path / "labelsTr", "a")
    files(tmp_path / "imagesTs", "b_0000", "c_0000")
    found = recognise(tmp_path)
    assert found is not None
    assert [path.name for path in found.unlabelled] == ["b_0000.nii.gz", "c_0000.nii.gz"]
    assert found.unmatched == ()
    assert "2 images in imagesTs" in unlabelled_words(found.unlabelled)
    assert unlabelled_words(()) == ""
    assert [(pair.name, pair.labels is None) for pair in images_in_folder(tmp_path)] == [
        ("a", False), ("b", True), ("c", True)
    ]  # fmt: skip
