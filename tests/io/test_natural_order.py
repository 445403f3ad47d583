"""The order in which a person counts."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.io.natural_order import by_name, natural_key


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_numbers_in_names_sort_as_numbers(numbers: list[int]) -> None:
    names = sorted((f"slice_{n}.tif" for n in numbers), key=natural_key)
    assert names == [f"slice_{n}.tif" for n in sorted(numbers)]


@given(st.lists(st.text(max_size=8), max_size=20))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


def test_capitals_make_no_difference() -> None:
    assert sorted(["b2", "A10", "a9", "B1"], key=natural_key) == ["a9", "A10", "B1", "b2"]


def test_files_of_several_folders_are_ordered_by_name() -> None:
    paths = [Path("a/z10.tif"), Path("b/z2.tif"), Path("c/Z1.tif")]
    assert by_name(paths) == [Path("c/Z1.tif"), Path("b/z2.tif"), Path("a/z10.tif")]
