"""Names of the user become names of files that every system takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.io.atomic import atomic_path
from desktop_app.io.file_names import file_name, shortened


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Nuclei 2 (day_4)", "Nuclei 2 (day_4)"),
        ("a/b\\c:d*e", "a_b_c_d_e"),
        (" Zellkerne, ä. ", "Zellkerne_ ä"),
        ("..", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_what_systems_refuse_is_replaced(name: str, file: str) -> None:
    assert file_name(name) == file


def test_what_stands_for_an_empty_name_may_be_chosen() -> None:
    assert file_name(" . ", "model") == "model"


@pytest.mark.parametrize("letter", ["n", "ö", "語", "🔬"])
def test_a_long_name_leaves_room_for_ending_and_mark(letter: str) -> None:
    kept = shortened(letter * 300)
    assert set(kept) == {letter}
    assert 50 <= len(kept) <= 80
    assert len(os.fsencode(f".{kept}.0123456789.tmp.ome.zarr")) <= 255


def test_a_long_name_of_many_bytes_is_written(tmp_path: Path) -> None:
    target = tmp_path / f"{file_name('語' * 200)}.ome.tif"
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"
