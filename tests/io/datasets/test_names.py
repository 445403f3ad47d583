"""Which label file belongs to which image."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from desktop_app.io.datasets import match
from desktop_app.io.datasets.names import names_labels


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("a.tif", "a_cp_masks.tif"),
        ("day.1.tif", "day.1_cp_masks.png"),
        ("img_1.tif", "mask_001.tif"),
        ("img1.tif", "mask001.tif"),
        ("z0.tif", "z000.tif"),
        ("cells_2.tif", "Cells_02.TIF"),
        (unicodedata.normalize("NFC", "Größe.tif"), unicodedata.normalize("NFD", "Größe.tif")),
        (unicodedata.normalize("NFD", "ÉTÉ.tif"), unicodedata.normalize("NFC", "été_mask.tif")),
    ],
)
def test_names_that_belong_together(image: str, labels: str) -> None:
    result = match([Path("i") / image, Path("i/other.tif")], [Path("l") / labels])
    assert result.pairs == ((Path("i") / image, Path("l") / labels),)
    assert result.unmatched_images == (Path("i/other.tif"),)


def test_padded_numbers_are_matched_one_by_one() -> None:
    images = [Path(f"img_{i}.tif") for i in (1, 2, 10)]
    labels = [Path(f"mask_{i:03}.tif") for i in (10, 1, 2)]
    assert [labels.name for _, labels in match(images, labels).pairs] == [
        "mask_001.tif",
        "mask_002.tif",
        "mask_010.tif",
    ]


def test_an_equal_name_is_better_than_an_equal_number() -> None:
    result = match([Path("a_1.tif"), Path("a_01.tif")], [Path("a_01.png"), Path("a_1.png")])
    assert {(i.stem, m.stem) for i, m in result.pairs} == {("a_1", "a_1"), ("a_01", "a_01")}


@pytest.mark.parametrize(
    ("image", "labels"), [("a_1.tif", "a_10.tif"), ("a1b2.tif", "a12.tif"), ("scp_1.tif", "s_1.tif")]
)
def test_names_that_do_not(image: str, labels: str) -> None:
    assert match([Path(image)], [Path(labels)]).pairs == ()


def test_a_name_that_fits_two_files_fits_none() -> None:
    assert match([Path("img_1.tif")], [Path("mask_01.tif"), Path("mask_001.tif")]).pairs == ()


def test_masks_of_cellpose_are_labels() -> None:
    assert names_labels(Path("a_cp_masks.tif"))
    assert not names_labels(Path("a_cp.tif"))
