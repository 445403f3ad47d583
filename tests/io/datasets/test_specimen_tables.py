from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.io.datasets.specimen_tables import specimens_beside


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "train" / "images"
    folder.mkdir(parents=True)
    return [folder / f"{name}.tif" for name in ("a", "b", "c")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("groups.csv", "image,mouse\na.tif,m1\nb.tif,m1\nc.tif,m2\n"),
        ("meta.tsv", "file\tage\tAnimal ID\na\t3\tm1\nb\t3\tm1\nc\t4\tm2\n"),
        ("table.csv", "\ufeffAnimal;Bild\nm1;a\nm1;b\nm2;c\n"),
    ],
)
def test_a_table_names_the_specimens(images: list[Path], tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(specimens_beside(images).values()) == ["m1", "m1", "m2"]


def test_the_table_that_is_nearer_counts(images: list[Path], tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("image,mouse\na,far\nb,far\n")
    (images[0].parent / "near.csv").write_text("image,mouse\na,near\n")
    assert specimens_beside(images) == {images[0]: "near", images[1]: "far"}


@pytest.mark.parametrize(
    "text", ["", "image,area\na,3\n", "image,mouse\n", "image,mouse\na,\n", "no table at all", "mouse\nm1\n"]
)
def test_other_tables_say_nothing(images: list[Path], tmp_path: Path, text: str) -> None:
    (tmp_path / "results.csv").write_text(text)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\xff")
    assert specimens_beside(images) == {}


def test_a_value_of_several_specimens_names_none(images: list[Path], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,stain,mouse\na,b,m1\nc,b,m2\n")
    assert specimens_beside(images) == {images[0]: "m1", images[2]: "m2"}
