"""Predicted labels find the true ones, however deep these lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.io.datasets import find_label_pairs
from desktop_app.io.datasets.contents import look_into
from desktop_app.jobs.batch.inputs import unique_stems

DAYS = ("m1/d1", "m1/d2", "m2/d1", "m2/d2")


def make(folder: Path, names: list[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


@pytest.mark.parametrize("name", [lambda day: "cell", lambda day: f"cell_{day[1]}{day[4]}"])
def test_results_of_a_batch_belong_to_the_labels_of_their_images(name, tmp_path: Path) -> None:
    """Whether all images have one name or each its own."""
    make(tmp_path / "all", [f"{day}/{kind}/{name(day)}.tif" for day in DAYS for kind in ("images", "labels")])
    images = look_into(tmp_path / "all").images
    stems = unique_stems(list(images))
    make(tmp_path / "out", [f"{stem}.tif" for stem in stems])
    found = find_label_pairs(tmp_path / "out", tmp_path / "all")
    assert {(one.stem, other) for one, other in found.pairs} == {
        (stem, image.parents[1] / "labels" / image.name) for stem, image in zip(stems, images, strict=True)
    }
    assert (found.unmatched_images, found.unmatched_labels) == ((), ())


def test_a_folder_of_label_files_is_taken_as_it_is(tmp_path: Path) -> None:
    make(tmp_path, ["out/a.tif", "out/b.tif", "truth/a.tif", "truth/c.tif", "truth/old/images/b.tif"])
    found = find_label_pairs(tmp_path / "out", tmp_path / "truth")
    assert found.pairs == ((tmp_path / "out/a.tif", tmp_path / "truth/a.tif"),)
    assert found.unmatched_images == (tmp_path / "out/b.tif",)
    assert found.unmatched_labels == (tmp_path / "truth/c.tif",)
