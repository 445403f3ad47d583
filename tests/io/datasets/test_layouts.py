"""Folders of images with labels are recognised by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.datasets import find_pairs, match, pairs_in_folder, recognise

Make = Callable[[str], None]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def files(names: str) -> None:
        for name in names.split():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")

    return files


def _found(folder: Path) -> list[tuple[str, str, str, str]]:
    return [
        (p.name, Path(p.image).relative_to(folder).as_posix(), Path(p.labels).relative_to(folder).as_posix(), p.role)
        for p in pairs_in_folder(folder)
    ]


@pytest.mark.parametrize("labels", ["labels", "Masks", "mask"])
def test_two_folders(make: Make, tmp_path: Path, labels: str) -> None:
    make(f"images/a10.tif images/a2.tif images/extra.tif {labels}/a2.tif {labels}/a10.png {labels}/notes.txt")
    layout = recognise(tmp_path)
    assert layout is not None
    assert (layout.layout.name, [p.name for p in layout.unmatched]) == ("two folders", ["extra.tif"])
    assert _found(tmp_path) == [
        ("a2", "images/a2.tif", f"{labels}/a2.tif", "auto"), ("a10", "images/a10.tif", f"{labels}/a10.png", "auto"),
    ]  # fmt: skip


def test_parts(make: Make, tmp_path: Path) -> None:
    make("train/images/a.tif train/labels/a.tif val/images/a.tif val/masks/a.tif test/images/b.tif test/labels/b.tif")
    assert [(name, role) for name, _, _, role in _found(tmp_path)] == [
        ("b", "test"), ("train/a", "train"), ("validation/a", "validation"),
    ]  # fmt: skip


def test_one_folder_per_volume(make: Make, tmp_path: Path) -> None:
    make("v1/images/z00.tiff v1/masks/z00.tiff v2/images/z00.tiff v2/masks/z00.tiff other/readme.txt")
    assert [name for name, *_ in _found(tmp_path)] == ["v1/z00", "v2/z00"]


def test_labels_beside_images(make: Make, tmp_path: Path) -> None:
    make("c1.tif c1_mask.tif c2.tif c2-labels.tif alone.tif")
    assert [(name, labels) for name, _, labels, _ in _found(tmp_path)] == [
        ("c1", "c1_mask.tif"),
        ("c2", "c2-labels.tif"),
    ]


def test_one_image_called_image(make: Make, tmp_path: Path) -> None:
    make("cells/image.tif cells/labels.tif")
    assert _found(tmp_path / "cells") == [("cells", "image.tif", "labels.tif", "auto")]


def test_names_with_words_for_labels(make: Make, tmp_path: Path) -> None:
    make("images/img_07.tif images/img_08.tif labels/lbl_07.tif labels/lbl_08.tif")
    assert [name for name, *_ in _found(tmp_path)] == ["img_07", "img_08"]


@pytest.mark.parametrize("files", ["", "a.tif b.tif", "notes.txt", "images/a.tif", "images/a.tif labels/b.tif"])
def test_nothing_to_learn_from(make: Make, tmp_path: Path, files: str) -> None:
    make(files)
    assert recognise(tmp_path) is None
    assert pairs_in_folder(tmp_path) == ()


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="gone"):
        pairs_in_folder(tmp_path / "gone")


def test_by_order_only_when_asked(make: Make, tmp_path: Path) -> None:
    make("a/x1.tif a/x2.tif a/x10.tif b/q1.tif b/q2.tif b/q10.tif")
    result = find_pairs(tmp_path / "a", tmp_path / "b")
    assert result.pairs == ()
    assert result.by_order_possible
    agreed = result.paired_by_order()
    assert [(i.name, m.name) for i, m in agreed.pairs] == [
        ("x1.tif", "q1.tif"),
        ("x2.tif", "q2.tif"),
        ("x10.tif", "q10.tif"),
    ]
    assert not agreed.by_order_possible


def test_no_order_where_numbers_differ() -> None:
    result = match([Path("a.tif"), Path("b.tif")], [Path("c.tif")])
    assert not result.by_order_possible
    assert result.paired_by_order() == result


NAMES = st.lists(st.text("ab12_", min_size=1, max_size=5), unique=True, max_size=8)


@given(images=NAMES, labels=NAMES)
def test_nothing_is_lost_or_used_twice(images: list[str], labels: list[str]) -> None:
    left = [Path("i") / f"{n}.tif" for n in images]
    right = [Path("l") / f"{n}.tif" for n in labels]
    result = match(left, right)
    assert sorted([*(i for i, _ in result.pairs), *result.unmatched_images]) == sorted(left)
    assert sorted([*(m for _, m in result.pairs), *result.unmatched_labels]) == sorted(right)
    together = {(i.stem, m.stem) for i, m in result.pairs}
    assert {(n, n) for n in set(images) & set(labels)} <= together


def test_real_folders(sample_data: Path) -> None:
    assert len(pairs_in_folder(sample_data / "nuclei3d_embryo")) == 26
    assert len(pairs_in_folder(sample_data / "em_vnc" / "panoptic")) == 14


def test_pairs_know_the_folder_they_come_from(make: Make, tmp_path: Path) -> None:
    make("mouse/images/a.tif mouse/masks/a.tif fly/images/b.tif fly/masks/b.tif fly/images/c.tif fly/masks/c.tif")
    assert {pair.name: pair.group for pair in pairs_in_folder(tmp_path)} == {
        "mouse/a": "mouse",
        "fly/b": "fly",
        "fly/c": "fly",
    }


def test_folders_in_folders_are_told_apart_and_the_outermost_is_not_split(make: Make, tmp_path: Path) -> None:
    days = ("m1/d1", "m1/d2", "m2/d1", "m3")
    make(" ".join(f"{day}/{kind}/1.tif" for day in days for kind in ("images", "labels")))
    make("m2/cells.vwproj/x/images/1.tif m2/cells.vwproj/x/labels/1.tif m2/d1/notes.txt")
    (tmp_path / "m2" / "round").symlink_to(tmp_path, target_is_directory=True)
    found = pairs_in_folder(tmp_path)
    assert [(pair.name, pair.group) for pair in found] == [
        ("m1/d1/1", "m1"), ("m1/d2/1", "m1"), ("m2/d1/1", "m2"), ("m3/1", "m3"),
    ]  # fmt: skip
    assert [Path(pair.labels).relative_to(tmp_path).as_posix() for pair in found if pair.labels] == [
        f"{day}/labels/1.tif" for day in days
    ]


def test_a_single_outermost_folder_parts_nothing(make: Make, tmp_path: Path) -> None:
    make(" ".join(f"all/{mouse}/d1/{kind}/1.tif" for mouse in ("m1", "m2") for kind in ("images", "labels")))
    assert [(pair.name, pair.group) for pair in pairs_in_folder(tmp_path)] == [
        ("all/m1/d1/1", "all/m1"), ("all/m2/d1/1", "all/m2"),
    ]  # fmt: skip


def test_folders_in_folders_of_a_part_belong_to_it(make: Make, tmp_path: Path) -> None:
    make(" ".join(f"{part}/m1/d1/{kind}/1.tif" for part in ("train", "val") for kind in ("images", "labels")))
    assert [(name, role) for name, _, _, role in _found(tmp_path)] == [
        ("train/m1/d1/1", "train"), ("validation/m1/d1/1", "validation"),
    ]  # fmt: skip


def test_labels_beside_images_come_before_what_lies_deeper(make: Make, tmp_path: Path) -> None:
    make("c1.tif c1_mask.tif old/d1/images/a.tif old/d1/labels/a.tif")
    assert [name for name, *_ in _found(tmp_path)] == ["c1"]
